//! Many threads, many executions, many locations, slots that are used again.

use super::super::{Detector, Kind, Order, SLOTS, Slot};
use super::{X, begin, kind, with};

#[test]
fn a_thousand_threads() {
    let last = SLOTS as Slot - 1;
    let mut d = with(last);
    for slot in 1..=last {
        d.read(slot, X, 8, usize::from(slot));
        d.rmw(slot, X + 8, 8, Order::AcqRel, 1);
    }
    assert_eq!(kind(&mut d), None);
    d.load(0, X + 8, 8, Order::Acquire, 1);
    d.write(0, X, 8, 2);
    assert_eq!(
        kind(&mut d),
        None,
        "ordered after all of them by the counter"
    );
    d.read(last, X, 8, 3);
    let report = d.take_report().expect("not ordered after the write of 0");
    assert_eq!(
        (report.earlier.slot, report.earlier.pc, report.later.slot),
        (0, 2, last)
    );
    assert!(!d.is_blind());
}

#[test]
fn each_of_a_thousand_readers_is_remembered() {
    let mut d = with(999);
    for forgotten in [1, 500, 999] {
        begin(&mut d, 999);
        for slot in 1..=999 {
            d.read(slot, X, 4, usize::from(slot));
            d.thread_end(slot);
            if slot != forgotten {
                d.thread_join(0, slot);
            }
        }
        d.write(0, X, 4, 7);
        assert_eq!(
            d.take_report().expect("one is not joined").earlier.slot,
            forgotten
        );
    }
}

#[test]
fn a_slot_that_is_used_again_does_not_confuse_owners() {
    let mut d = with(1);
    for round in 0..5000 {
        d.write(1, X, 8, 1);
        d.thread_end(1);
        d.thread_join(0, 1);
        assert!(d.reusable(0, 1));
        d.write(0, X, 8, 2);
        d.thread_start(Some(0), 1);
        assert_eq!(kind(&mut d), None, "{round}");
    }
    // The new owner's first epoch is none that the parent has learnt of.
    d.write(1, X, 8, 3);
    d.read(0, X, 8, 4);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
}

#[test]
fn an_owner_that_nobody_joined_races_with_others_after_its_slot_is_used_again() {
    let mut d = with(2);
    d.write(1, X, 8, 1);
    d.thread_end(1);
    assert!(!d.reusable(0, 1));
    assert!(d.reusable(0, 3));
    d.thread_start(Some(0), 1);
    d.read(2, X, 8, 2);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
}

#[test]
fn nothing_is_left_of_earlier_executions() {
    let mut d = with(2);
    for round in 0..200_000 {
        // Also across the wrap of the tags of a chunk (65,535), of a whole and a split cell.
        d.write(1, X, 8, 1);
        d.write(1, X + 8, 4, 1);
        d.write(1, X + 14, 2, 1);
        d.store(1, X + 24, 8, Order::Release, 1);
        begin(&mut d, 2);
        if round % 3 == 0 {
            d.write(2, X, 8, 1);
            d.read(2, X + 12, 4, 1);
            d.write(2, X + 8, 8, 1);
            d.write(2, X + 24, 8, 1);
            assert_eq!(kind(&mut d), None, "{round}");
            begin(&mut d, 2);
        }
    }
}

#[test]
fn tags_of_a_chunk_wrap_within_an_execution() {
    let mut d = with(2);
    d.write(1, X + 0x100, 8, 1);
    for _ in 0..2 {
        d.shadow.use_up_tags(X);
        d.unmapped(X, 1 << 16);
        d.read(2, X + 0x100, 8, 1);
        assert_eq!(kind(&mut d), None);
        d.write(2, X + 0x200, 8, 1);
        d.read(1, X + 0x200, 8, 1);
        assert_eq!(kind(&mut d), Some(Kind::WriteRead));
        d.unmapped(X, 1 << 16);
        d.write(1, X + 0x100, 8, 1);
    }
}

#[test]
fn a_hundred_thousand_atomic_locations_keep_their_clocks() {
    let mut d = with(2);
    for _ in 0..2 {
        begin(&mut d, 2);
        for n in 0..100_000 {
            d.write(1, X + n * 16, 8, 1);
            d.store(1, X + n * 16 + 8, 8, Order::Release, 1);
        }
        for n in (0..100_000).rev() {
            d.load(2, X + n * 16 + 8, 8, Order::Acquire, 1);
            d.read(2, X + n * 16, 8, 1);
        }
        assert_eq!(kind(&mut d), None);
        assert!(!d.is_blind());
    }
    d.write(2, X + 16 * 55_555, 8, 1);
    d.read(1, X + 16 * 55_555, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead));
}

#[test]
fn the_sets_of_a_loop_of_readers_and_a_writer_are_used_again() {
    let mut d = with(3);
    for round in 0..100_000 {
        for slot in 1..=3 {
            d.acquire(slot, 1);
            d.read(slot, X + (round & 3), 4, 1);
            d.release(slot, 2);
        }
        d.acquire(0, 2);
        d.write(0, X, 8, 1);
        d.release(0, 1);
    }
    assert_eq!(kind(&mut d), None);
    assert!(d.sets.in_use() < 1000);
    assert!(!d.is_blind());
}

#[test]
fn a_detector_is_made_again_and_again() {
    for _ in 0..50 {
        let mut d: Detector = with(1);
        d.write(1, X, 8, 1);
        d.write(0, X, 8, 1);
        assert_eq!(kind(&mut d), Some(Kind::WriteWrite));
    }
}

#[test]
fn what_was_never_touched_is_unmapped_for_nothing() {
    let mut d = with(2);
    d.write(1, X, 8, 1);
    d.unmapped(X - (1 << 30), 64 << 30);
    d.write(2, X, 8, 1);
    assert_eq!(kind(&mut d), None);
    assert!(!d.is_blind(), "no chunks are made for it");
}

#[test]
fn large_ranges_are_told_apart_by_the_latest_around_an_address() {
    let size = 8 << 20;
    for at in [X, X + 8, X + size / 2, X + size - 8] {
        let mut d = with(3);
        d.allocated(1, X, size, 1);
        d.read(2, at, 8, 2);
        assert_eq!(kind(&mut d), Some(Kind::AllocatedUse));

        let mut d = with(3);
        d.allocated(1, X, size, 1);
        d.write(1, at, 8, 1);
        d.freed(1, X, size, 1);
        d.read(1, at, 8, 2);
        assert_eq!(kind(&mut d), Some(Kind::UseAfterFree), "touched before");

        let mut d = with(3);
        d.allocated(1, X, size, 1);
        d.freed(1, X, size, 1);
        d.allocated(2, X, size, 1);
        assert!(
            d.is_private(2, at, 8),
            "nothing is left of its former owner"
        );
        d.write(2, at, 8, 2);
        d.unmapped(X, size);
        d.read(3, at, 8, 2);
        assert_eq!(kind(&mut d), None, "unmapped");
    }
}

#[test]
fn more_large_ranges_than_are_noted_are_as_good() {
    let size = 2 << 20;
    let mut d = with(2);
    for number in 0..200 {
        d.allocated(1, X + number * size, size, 1);
    }
    for number in 0..200 {
        assert!(d.is_private(1, X + number * size + size / 2, 8));
    }
    d.read(2, X + 150 * size + 8, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::AllocatedUse));
}

#[test]
fn an_execution_that_is_too_large_is_not_judged() {
    let mut d = with(2);
    d.write_range(1, X, 64 << 30, 1);
    assert!(d.is_blind());
    d.read(2, X, 8, 1);
    assert_eq!(kind(&mut d), None);
    begin(&mut d, 2);
    assert!(!d.is_blind());
    d.write(1, X, 8, 1);
    d.read(2, X, 8, 1);
    assert_eq!(kind(&mut d), Some(Kind::WriteRead), "the next one is");
}
