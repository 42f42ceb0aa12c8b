//! Each rule: a program with a race, and its twin without one.

use super::super::{Act, Kind, Order};
use super::{X, begin, kind, with};
use Order::{AcqRel, Acquire, Relaxed, Release, SeqCst};

/// An atomic flag; `X` is what it guards.
const FLAG: usize = X + 64;

#[test]
fn writes_and_reads_of_two_threads() {
    let mut d = with(2);
    d.read(1, X, 8, 1);
    d.read(2, X, 8, 2);
    assert_eq!(kind(&mut d), None, "reads do not conflict");
    d.write(2, X, 8, 3);
    let report = d.take_report().expect("a race");
    assert_eq!(report.kind, Kind::ReadWrite);
    assert_eq!((report.address, report.size), (X, 8));
    assert_eq!(
        (report.earlier.slot, report.earlier.pc, report.earlier.act),
        (1, 1, Act::Read)
    );
    assert_eq!(
        (report.later.slot, report.later.pc, report.later.act),
        (2, 3, Act::Write)
    );
    d.write(1, X + 8, 8, 1);
    d.write(2, X + 8, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteWrite));
    d.write(1, X + 16, 8, 1);
    d.read(2, X + 16, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
}

#[test]
fn only_the_first_report_is_kept() {
    let mut d = with(2);
    d.write(1, X, 8, 1);
    d.write(1, X + 8, 8, 1);
    d.write(2, X + 8, 8, 1);
    d.write(2, X, 8, 1);
    assert_eq!(d.take_report().expect("a race").address, X + 8);
    assert!(!d.has_report());
}

#[test]
fn bytes_are_told_apart() {
    let mut d = with(2);
    d.write(1, X, 4, 1);
    d.write(2, X + 4, 4, 1);
    d.write(1, X + 9, 1, 1);
    d.write(2, X + 10, 2, 1);
    d.write(2, X + 8, 1, 1);
    assert_eq!(kind(&mut d), None);
    d.read(2, X + 3, 1, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
    d.read(1, X + 8, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
}

#[test]
fn unaligned_and_wide_accesses() {
    let mut d = with(2);
    d.write(1, X + 6, 4, 1);
    d.read(2, X + 10, 4, 1);
    d.read(2, X + 2, 4, 1);
    assert_eq!(kind(&mut d), None);
    d.read(2, X + 8, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
    begin(&mut d, 2);
    d.write(1, X, 16, 1);
    d.read(2, X + 15, 1, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
    begin(&mut d, 2);
    d.write(1, X + 3, 16, 1);
    d.read(2, X, 2, 1);
    d.read(2, X + 19, 4, 1);
    assert_eq!(kind(&mut d), None);
    d.read(2, X + 18, 1, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
}

#[test]
fn each_byte_keeps_the_place_of_its_write() {
    let mut d = with(2);
    d.write(1, X, 4, 11);
    d.write(1, X + 4, 4, 22);
    d.read(2, X + 4, 4, 3);
    assert_eq!(d.take_report().expect("a race").earlier.pc, 22);
    d.read(2, X, 1, 3);
    assert_eq!(d.take_report().expect("a race").earlier.pc, 11);
}

#[test]
fn start_and_join() {
    let mut d = with(0);
    d.write(0, X, 8, 1);
    d.thread_start(Some(0), 1);
    d.read(1, X, 8, 1);
    assert_eq!(kind(&mut d), None);
    d.write(1, X, 8, 1);
    d.thread_end(1);
    d.thread_join(0, 1);
    d.write(0, X, 8, 1);
    assert_eq!(kind(&mut d), None);

    begin(&mut d, 1);
    d.write(0, X, 8, 1);
    d.read(1, X, 8, 1);
    assert_eq!(
        kind(&mut d),
        Some(Kind::WriteRead),
        "written after the start"
    );
    d.write(1, X + 8, 8, 1);
    d.thread_end(1);
    d.write(0, X + 8, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteWrite), "ended, not joined");
}

#[test]
fn keys() {
    let mut d = with(3);
    d.write(1, X, 8, 1);
    d.release(1, 5);
    d.acquire(2, 5);
    d.write(2, X, 8, 1);
    assert_eq!(kind(&mut d), None);
    d.acquire(3, 6);
    d.read(3, X, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead), "another key");

    begin(&mut d, 3);
    d.write(1, X, 8, 1);
    d.release(1, 5);
    d.write(1, X, 8, 1);
    d.acquire(2, 5);
    d.read(2, X, 8, 1);
    assert_eq!(
        kind(&mut d),
        Some(Kind::WriteRead),
        "written again after the release"
    );

    begin(&mut d, 3);
    d.write(1, X, 8, 1);
    d.release(1, 5);
    d.forget(5);
    d.acquire(2, 5);
    d.read(2, X, 8, 1);
    assert_eq!(
        kind(&mut d),
        Some(Kind::WriteRead),
        "another object with this key"
    );
}

#[test]
fn releases_to_a_key_add_up() {
    let mut d = with(3);
    d.read(1, X, 8, 1);
    d.release(1, 5);
    d.read(2, X, 8, 1);
    d.release(2, 5);
    d.acquire(3, 5);
    d.write(3, X, 8, 1);
    assert_eq!(kind(&mut d), None);
}

#[test]
fn a_key_is_no_address() {
    let mut d = with(2);
    d.write(1, X, 8, 1);
    d.store(1, FLAG, 8, Release, 1);
    d.acquire(2, FLAG as u64);
    d.acquire(2, FLAG as u64 >> 3);
    d.read(2, X, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
}

/// Thread 1 writes and stores the flag; thread 2 loads the flag and reads.
fn message(store: Order, load: Order) -> Option<Kind> {
    let mut d = with(2);
    d.write(1, X, 8, 1);
    d.store(1, FLAG, 8, store, 1);
    d.load(2, FLAG, 8, load, 1);
    d.read(2, X, 8, 1);
    kind(&mut d)
}

#[test]
fn release_and_acquire() {
    for (store, load) in [(Release, Acquire), (SeqCst, SeqCst), (SeqCst, Acquire)] {
        assert_eq!(message(store, load), None, "{store:?} {load:?}");
    }
    for (store, load) in [(Relaxed, Acquire), (Release, Relaxed), (Relaxed, Relaxed)] {
        assert_eq!(
            message(store, load),
            Some(Kind::WriteRead),
            "{store:?} {load:?}"
        );
    }
}

#[test]
fn orders_as_compilers_number_them() {
    let orders: Vec<Order> = (0..6).map(Order::from_tsan).collect();
    assert_eq!(orders, [Relaxed, Acquire, Acquire, Release, AcqRel, SeqCst]);
}

#[test]
fn a_release_sequence_goes_on_through_read_modify_writes() {
    for rmw in [Relaxed, Acquire, Release, AcqRel] {
        let mut d = with(3);
        d.write(1, X, 8, 1);
        d.store(1, FLAG, 8, Release, 1);
        d.rmw(2, FLAG, 8, rmw, 1);
        d.load(3, FLAG, 8, Acquire, 1);
        d.read(3, X, 8, 1);
        assert_eq!(kind(&mut d), None, "{rmw:?}");
    }
}

#[test]
fn a_relaxed_store_of_the_same_thread_goes_on_with_its_sequence_and_another_ends_it() {
    for (other, expected) in [(1, None), (2, Some(Kind::WriteRead))] {
        let mut d = with(3);
        d.write(1, X, 8, 1);
        d.store(1, FLAG, 8, Release, 1);
        d.store(other, FLAG, 8, Relaxed, 1);
        d.load(3, FLAG, 8, Acquire, 1);
        d.read(3, X, 8, 1);
        assert_eq!(kind(&mut d), expected);
    }
}

#[test]
fn a_relaxed_store_keeps_its_own_of_several_releases() {
    for (address, expected) in [(X, None), (X + 8, Some(Kind::WriteRead))] {
        let mut d = with(3);
        d.write(1, X, 8, 1);
        d.store(1, FLAG, 8, Release, 1);
        d.write(2, X + 8, 8, 1);
        d.rmw(2, FLAG, 8, Release, 1);
        d.store(1, FLAG, 8, Relaxed, 1);
        d.load(3, FLAG, 8, Acquire, 1);
        d.read(3, address, 8, 1);
        assert_eq!(kind(&mut d), expected);
    }
}

#[test]
fn a_release_fence_and_a_relaxed_store() {
    for (fence, expected) in [
        (Release, None),
        (SeqCst, None),
        (Acquire, Some(Kind::WriteRead)),
    ] {
        let mut d = with(2);
        d.write(1, X, 8, 1);
        d.fence(1, fence);
        d.store(1, FLAG, 4, Relaxed, 1);
        d.load(2, FLAG, 4, Acquire, 1);
        d.read(2, X, 8, 1);
        assert_eq!(kind(&mut d), expected, "{fence:?}");
    }
    let mut d = with(2);
    d.fence(1, Release);
    d.write(1, X, 8, 1);
    d.store(1, FLAG, 4, Relaxed, 1);
    d.load(2, FLAG, 4, Acquire, 1);
    d.read(2, X, 8, 1);
    assert_eq!(
        kind(&mut d),
        Some(Kind::WriteRead),
        "written after the fence"
    );
}

#[test]
fn a_relaxed_load_and_an_acquire_fence() {
    for (fence, expected) in [
        (Acquire, None),
        (SeqCst, None),
        (Release, Some(Kind::WriteRead)),
    ] {
        let mut d = with(2);
        d.write(1, X, 8, 1);
        d.store(1, FLAG, 4, Release, 1);
        d.load(2, FLAG, 4, Relaxed, 1);
        d.fence(2, fence);
        d.read(2, X, 8, 1);
        assert_eq!(kind(&mut d), expected, "{fence:?}");
    }
    let mut d = with(2);
    d.write(1, X, 8, 1);
    d.store(1, FLAG, 4, Release, 1);
    d.fence(2, Acquire);
    d.load(2, FLAG, 4, Relaxed, 1);
    d.read(2, X, 8, 1);
    assert_eq!(
        kind(&mut d),
        Some(Kind::WriteRead),
        "the fence came before the load"
    );
}

#[test]
fn fences_give_no_order_by_themselves() {
    let mut d = with(2);
    d.write(1, X, 8, 1);
    d.fence(1, SeqCst);
    d.fence(2, SeqCst);
    d.read(2, X, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
}

#[test]
fn atomics_among_themselves_never_race() {
    let mut d = with(2);
    d.store(1, X, 8, Relaxed, 1);
    d.rmw(2, X, 8, Relaxed, 1);
    d.load(1, X, 4, Relaxed, 1);
    d.store(2, X + 4, 4, Relaxed, 1);
    assert_eq!(kind(&mut d), None);
}

#[test]
fn atomics_race_with_plain_accesses_to_the_same_bytes() {
    let mut d = with(2);
    d.store(1, X, 4, Relaxed, 1);
    d.write(2, X + 4, 4, 1);
    assert_eq!(kind(&mut d), None, "no byte in common");
    d.read(2, X + 3, 1, 2);
    let report = d.take_report().expect("a race");
    assert_eq!(report.kind, Kind::AtomicPlain);
    assert_eq!(report.earlier.act, Act::AtomicStore);

    begin(&mut d, 2);
    d.load(1, X, 8, SeqCst, 1);
    d.read(2, X, 8, 1);
    assert_eq!(kind(&mut d), None, "neither writes");
    d.write(2, X, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::AtomicPlain));

    begin(&mut d, 2);
    d.write(1, X, 8, 1);
    d.load(2, X, 8, Acquire, 1);
    assert_eq!(kind(&mut d), Some(Kind::PlainAtomic));

    begin(&mut d, 2);
    d.read(1, X, 8, 1);
    d.load(2, X, 8, Acquire, 1);
    assert_eq!(kind(&mut d), None);
    d.rmw(2, X, 8, AcqRel, 1);
    assert_eq!(kind(&mut d), Some(Kind::PlainAtomic));
}

#[test]
fn a_plain_access_ordered_after_atomics_is_no_race() {
    let mut d = with(2);
    d.rmw(1, X, 8, AcqRel, 1);
    d.rmw(2, X, 8, AcqRel, 1);
    d.load(2, X, 8, Acquire, 1);
    d.write(2, X, 8, 1);
    assert_eq!(kind(&mut d), None, "the last owner of a reference count");
}

#[test]
fn atomics_of_sixteen_bytes() {
    let mut d = with(2);
    d.write(1, X, 8, 1);
    d.store(1, FLAG, 16, Release, 1);
    d.load(2, FLAG, 16, Acquire, 1);
    d.read(2, X, 8, 1);
    assert_eq!(kind(&mut d), None);
    d.read(2, FLAG + 8, 8, 1);
    assert_eq!(kind(&mut d), None, "ordered by the load");
    d.release(2, 3);
    d.acquire(1, 3);
    d.store(1, FLAG, 16, Relaxed, 1);
    d.read(2, FLAG + 12, 4, 1);
    assert_eq!(kind(&mut d), Some(Kind::AtomicPlain), "the upper half");

    begin(&mut d, 2);
    d.write(1, X, 8, 1);
    d.store(1, FLAG, 16, Release, 1);
    d.load(2, FLAG + 8, 8, Acquire, 1);
    d.read(2, X, 8, 1);
    assert_eq!(kind(&mut d), None, "half of it read");
}

#[test]
fn a_block_belongs_to_who_allocates_it() {
    let mut d = with(2);
    d.allocated(1, X, 40, 7);
    d.store(1, FLAG, 8, Release, 1);
    d.load(2, FLAG, 8, Acquire, 1);
    d.write(2, X + 8, 8, 1);
    assert_eq!(kind(&mut d), None);

    begin(&mut d, 2);
    d.allocated(1, X, 40, 7);
    d.store(1, FLAG, 8, Relaxed, 1);
    d.load(2, FLAG, 8, Relaxed, 1);
    d.read(2, X + 8, 8, 1);
    let report = d.take_report().expect("a race");
    assert_eq!(report.kind, Kind::AllocatedUse);
    assert_eq!((report.earlier.pc, report.earlier.act), (7, Act::Allocate));

    begin(&mut d, 2);
    d.allocated(1, X, 40, 7);
    d.write(1, X + 8, 8, 8);
    d.read(2, X + 8, 8, 1);
    let report = d.take_report().expect("a race");
    assert_eq!(
        (report.kind, report.earlier.pc),
        (Kind::WriteRead, 8),
        "the later write"
    );
}

#[test]
fn allocation_forgets_former_owners() {
    let mut d = with(2);
    d.write(1, X, 8, 1);
    d.store(1, X + 8, 8, Release, 1);
    d.allocated(2, X, 16, 1);
    d.write(2, X, 16, 1);
    assert_eq!(kind(&mut d), None);
    d.write(1, X + 24, 8, 1);
    d.store(1, X + 32, 8, Release, 1);
    d.allocated(2, X + 32, 8, 1);
    d.load(2, X + 32, 8, Acquire, 1);
    d.read(2, X + 24, 8, 1);
    assert_eq!(
        kind(&mut d),
        Some(Kind::WriteRead),
        "the old atomic is gone"
    );
}

#[test]
fn deallocation_is_a_write() {
    let mut d = with(2);
    d.read(1, X + 16, 8, 1);
    d.freed(2, X, 24, 9);
    let report = d.take_report().expect("a race");
    assert_eq!(report.kind, Kind::AccessFree);
    assert_eq!((report.earlier.slot, report.later.act), (1, Act::Free));

    begin(&mut d, 2);
    d.rmw(1, X + 8, 8, Relaxed, 1);
    d.freed(2, X, 24, 9);
    assert_eq!(kind(&mut d), Some(Kind::AccessFree), "an atomic operation");

    begin(&mut d, 2);
    d.read(1, X + 16, 8, 1);
    d.release(1, 3);
    d.acquire(2, 3);
    d.freed(2, X, 24, 9);
    assert_eq!(kind(&mut d), None);
}

#[test]
fn use_after_free() {
    for slot in [1, 2] {
        for act in 0..4 {
            let mut d = with(2);
            d.allocated(1, X, 20, 1);
            d.freed(1, X, 20, 9);
            d.release(1, 3);
            d.acquire(2, 3);
            match act {
                0 => d.read(slot, X + 16, 4, 1),
                1 => d.write(slot, X, 1, 1),
                2 => d.load(slot, X + 8, 8, SeqCst, 1),
                _ => d.write_range(slot, X, 20, 1),
            }
            let report = d.take_report().expect("ordered or not");
            assert_eq!(report.kind, Kind::UseAfterFree);
            assert_eq!((report.earlier.pc, report.earlier.act), (9, Act::Free));
        }
    }
    let mut d = with(2);
    d.allocated(1, X, 24, 1);
    d.freed(1, X, 24, 9);
    d.allocated(1, X, 24, 1);
    d.write(1, X, 8, 1);
    assert_eq!(kind(&mut d), None, "allocated again");
    d.freed(1, X, 24, 9);
    d.unmapped(X, 4096);
    d.write(2, X, 8, 1);
    assert_eq!(kind(&mut d), None, "a new mapping");
}

#[test]
fn large_blocks() {
    const LARGE: usize = 200 << 20;
    let mut d = with(2);
    d.allocated(1, X + 8, LARGE, 1);
    for n in 0..1000 {
        d.write(1, X + 8 + n * 8192, 8, 1);
    }
    d.release(1, 3);
    d.acquire(2, 3);
    d.read(2, X + LARGE - 64, 8, 1);
    d.write(2, X + (100 << 20), 4, 1);
    assert_eq!(kind(&mut d), None);
    d.write_range(1, X + 8, LARGE, 4);
    let report = d.take_report().expect("not ordered after thread 2");
    assert_eq!(report.kind, Kind::WriteWrite);
    assert!(report.address <= X + (100 << 20));
    assert!(report.address + report.size > X + (100 << 20));

    begin(&mut d, 2);
    d.allocated(1, X + 8, LARGE, 1);
    d.read(2, X + (150 << 20), 1, 5);
    assert_eq!(kind(&mut d), Some(Kind::AllocatedUse));
    d.release(1, 3);
    d.acquire(2, 3);
    d.read(2, X + (150 << 20), 1, 5);
    d.freed(1, X + 8, LARGE, 6);
    assert_eq!(kind(&mut d), Some(Kind::AccessFree));
    d.read(1, X + (20 << 20), 2, 7);
    assert_eq!(kind(&mut d), Some(Kind::UseAfterFree));
}

#[test]
fn private_bytes() {
    let mut d = with(2);
    assert!(!d.is_private(1, X, 8), "not known");
    d.allocated(1, X, 64, 1);
    assert!(d.is_private(1, X, 8));
    assert!(d.is_private(1, X + 16, 16));
    assert!(!d.is_private(1, X + 56, 16), "half of it lies beyond");
    assert!(!d.is_private(2, X, 8));
    d.rmw(1, X, 8, AcqRel, 1);
    assert!(
        d.is_private(1, X, 8),
        "its own release cannot have been seen"
    );
    d.release(1, 3);
    assert!(!d.is_private(1, X, 8));
    d.write(1, X, 4, 1);
    assert!(d.is_private(1, X, 4));
    assert!(!d.is_private(1, X, 8), "only half of it was written");
    d.freed(1, X, 64, 1);
    assert!(!d.is_private(1, X, 8), "freed");
    d.allocated(2, X, 1 << 20, 1);
    assert!(d.is_private(2, X + (1 << 19), 8), "inside a large range");
    for step in 0..4 {
        d.allocated(2, X, 8, 1);
        assert!(d.is_private(2, X, 8));
        match step {
            0 => d.fence(2, SeqCst),
            1 => d.store(2, FLAG, 8, Release, 1),
            2 => d.thread_start(Some(2), 3),
            _ => d.thread_end(2),
        }
        assert!(!d.is_private(2, X, 8), "{step}");
    }
    assert_eq!(kind(&mut d), None);
}

#[test]
fn a_release_to_private_bytes_hides_no_race() {
    let mut d = with(2);
    d.allocated(1, FLAG, 8, 1);
    d.store(1, FLAG, 8, Release, 1);
    d.write(1, X, 8, 1);
    // Thread 2 has the address of FLAG by accident only.
    d.load(2, FLAG, 8, Acquire, 1);
    assert_eq!(kind(&mut d), Some(Kind::AllocatedUse));

    begin(&mut d, 2);
    d.allocated(1, FLAG, 8, 1);
    d.store(1, FLAG, 8, Release, 1);
    d.write(1, X, 8, 1);
    d.release(1, 3);
    d.write(1, X, 8, 2);
    d.acquire(2, 3);
    d.load(2, FLAG, 8, Acquire, 1);
    assert_eq!(kind(&mut d), None);
    d.read(2, X, 8, 1);
    assert_eq!(
        d.take_report()
            .expect("written after the release")
            .earlier
            .pc,
        2
    );
}

#[test]
fn the_earlier_access_is_found_again() {
    let mut d = with(2);
    let execute = |d: &mut super::Detector| {
        begin(d, 2);
        let mut steps = Vec::new();
        for n in 0..10 {
            d.write(1, X + 8 * (n % 2), 8, 40 + n);
            if d.watched() {
                steps.push(n);
            }
            d.release(1, 3);
        }
        d.write(2, X, 8, 50);
        steps
    };
    assert!(execute(&mut d).is_empty());
    let report = d.take_report().expect("a race");
    assert_eq!(report.earlier.pc, 48);
    d.watch(&report);
    assert_eq!(execute(&mut d), [8]);
    d.unwatch();
    assert!(execute(&mut d).is_empty());
}

#[test]
fn writes_that_a_large_fresh_block_did_not_record_are_found_again() {
    let mut d = with(2);
    let execute = |d: &mut super::Detector| {
        begin(d, 2);
        let mut steps = Vec::new();
        d.allocated(1, X, 1 << 20, 1);
        for n in 0..10 {
            d.write(1, X + 0x3_0000 + 8 * n, 8, 40);
            if d.watched() {
                steps.push(n);
            }
        }
        d.read(2, X + 0x3_0000 + 24, 8, 50);
        steps
    };
    execute(&mut d);
    let report = d.take_report().expect("a race");
    assert_eq!(report.kind, Kind::AllocatedUse);
    d.watch(&report);
    assert_eq!(execute(&mut d), [0, 3], "the allocation, then the write");
}
