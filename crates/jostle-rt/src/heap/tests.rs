//! Tests of the heap.

#![allow(unsafe_code)]

use proptest::prelude::*;

use super::*;

fn heap() -> Heap {
    Heap::new(0, 1 << 30).expect("mapped")
}

fn fill(pointer: *mut u8, size: usize, value: u8) {
    // SAFETY: the tests fill live blocks, within their size.
    unsafe { pointer.write_bytes(value, size) };
}

fn bytes<'a>(pointer: *mut u8, size: usize) -> &'a [u8] {
    // SAFETY: the tests look at live blocks, within their size.
    unsafe { core::slice::from_raw_parts(pointer, size) }
}

#[test]
fn blocks_are_aligned_and_apart() {
    let mut heap = heap();
    let mut end = 0;
    for (size, align) in [
        (1, 1),
        (0, 16),
        (17, 8),
        (4096, 4096),
        (100, 64),
        (1 << 20, 1 << 16),
    ] {
        let at = heap.allocate(size, align, false) as usize;
        assert!(
            at > end && at.is_multiple_of(align.max(16)),
            "{size} {align}"
        );
        assert_eq!(heap.usable_size(at as *mut u8), size);
        fill(at as *mut u8, size, 0xff);
        end = at + size;
    }
    for number in 0..6 {
        assert!(heap.table.get(number).is_some_and(|entry| entry.freed == 0));
    }
}

#[test]
fn too_large_is_null_and_costs_nothing() {
    let mut heap = heap();
    for size in [1 << 31, 1 << 45, usize::MAX, usize::MAX - 32] {
        assert!(heap.allocate(size, 16, true).is_null());
    }
    assert!(heap.allocate(16, usize::MAX / 2 + 1, false).is_null());
    assert_eq!(heap.used().len(), 0);
    assert!(
        !heap.allocate(1 << 29, 16, true).is_null(),
        "fresh pages are not touched"
    );
}

#[test]
fn wrong_frees_are_told() {
    let mut heap = heap();
    let a = heap.allocate(40, 16, false);
    let b = heap.allocate(40, 16, false);
    fill(a, 40, 1);
    let inside = a.wrapping_add(16);
    let first = Block {
        base: a as usize,
        size: 40,
        ordinal: 1,
        freed: false,
    };
    assert_eq!(heap.free(inside), Freed::NotOurs(Some(first)));
    assert_eq!(heap.free(a.wrapping_add(1)), Freed::NotOurs(Some(first)));
    let mut local = [0_usize; 4];
    assert_eq!(heap.free((&raw mut local[2]).cast()), Freed::NotOurs(None));
    assert_eq!(heap.free(8 as *mut u8), Freed::NotOurs(None));
    assert_eq!(heap.free(a), Freed::Done { size: 40 });
    assert_eq!(
        heap.free(a),
        Freed::Double(Block {
            freed: true,
            ..first
        })
    );
    assert_eq!(
        heap.reallocate(a, 80),
        Reallocated::Bad(Freed::Double(Block {
            freed: true,
            ..first
        }))
    );
    assert_eq!(heap.free(b), Freed::Done { size: 40 });
}

#[test]
fn a_header_that_the_program_overwrote_is_not_believed() {
    let mut heap = heap();
    let a = heap.allocate(16, 16, false);
    let b = heap.allocate(24, 16, false);
    // The first block's bytes and the second one's header.
    fill(a, 32, 0);
    assert_eq!(heap.free(b), Freed::Done { size: 24 });
    assert_eq!(heap.free(a), Freed::Done { size: 16 });
}

#[test]
fn addresses_have_names() {
    let mut heap = heap();
    let blocks: Vec<usize> = (0..1000)
        .map(|n| heap.allocate(n, 16, false) as usize)
        .collect();
    for (n, &at) in blocks.iter().enumerate() {
        for offset in [0, n / 2, n.saturating_sub(1)] {
            let block = heap.block_of(at + offset).expect("inside");
            assert_eq!(
                (block.base, block.size, block.ordinal),
                (at, n, n as u64 + 1)
            );
        }
        assert_eq!(heap.block_of(at - 1), None, "the header of {n}");
    }
    assert_eq!(heap.block_of(heap.used().end), None);
}

#[test]
fn freed_blocks_come_back_by_policy_only() {
    let mut heap = heap();
    let a = heap.allocate(100, 16, false);
    let b = heap.allocate(100, 16, false);
    heap.free(a);
    heap.free(b);
    let c = heap.allocate(100, 16, false);
    assert!(c != a && c != b);
    heap.set_reuse(Reuse::AtOnce);
    assert_eq!(heap.allocate(97, 16, false), b, "last in, first out");
    assert_eq!(heap.block_of(b as usize).expect("live").ordinal, 4);
    assert_ne!(heap.allocate(200, 16, false), a, "another class");
    assert_eq!(heap.allocate(112, 16, false), a);
    heap.free(a);
    assert_eq!(
        heap.free(a),
        Freed::Double(heap.block_of(a as usize).expect("freed"))
    );
    fill(a, 100, 7);
    let again = heap.allocate(100, 16, true);
    assert_eq!(again, a);
    assert_eq!(bytes(again, 100), [0; 100]);
}

#[test]
fn a_full_arena_falls_back_to_freed_blocks() {
    let mut heap = Heap::new(0, 1 << 20).expect("mapped");
    for _ in 0..10_000 {
        let at = heap.allocate(1000, 16, true);
        assert!(!at.is_null());
        assert_eq!(bytes(at, 1000), [0; 1000]);
        fill(at, 1000, 3);
        heap.free(at);
    }
    let kept: Vec<*mut u8> = std::iter::repeat_with(|| heap.allocate(1000, 16, false))
        .take_while(|at| !at.is_null())
        .collect();
    assert!(kept.len() > 900);
}

#[test]
fn realloc_keeps_contents() {
    let mut heap = heap();
    let a = heap.allocate(10, 16, false);
    fill(a, 10, 9);
    assert_eq!(
        heap.reallocate(a, 16),
        Reallocated::Done {
            pointer: a,
            old_size: 10,
            moved: false
        }
    );
    let Reallocated::Done {
        pointer,
        old_size: 16,
        moved: true,
    } = heap.reallocate(a, 5000)
    else {
        panic!("moved");
    };
    assert_eq!(bytes(pointer, 10), [9; 10]);
    assert!(matches!(heap.free(a), Freed::Double(_)));
    assert_eq!(heap.reallocate(pointer, 1 << 50), Reallocated::NoMemory);
    assert_eq!(heap.usable_size(pointer), 5000);
    assert!(matches!(
        heap.reallocate(pointer, 3),
        Reallocated::Done {
            moved: false,
            old_size: 5000,
            ..
        }
    ));
}

#[test]
fn zeroed_memory_is_zero_after_any_rollback() {
    let mut heap = heap();
    heap.mark();
    for round in 0..50 {
        let size = 1 + (round * 77_777) % 3_000_000;
        let at = heap.allocate(size, 16, true);
        assert!(bytes(at, size).iter().all(|&byte| byte == 0), "{round}");
        fill(at, size, 0xee);
        let other = heap.allocate(size, 16, false);
        fill(other, size, 0xee);
        if round % 2 == 0 {
            heap.free(at);
            heap.set_reuse(Reuse::AtOnce);
            let again = heap.allocate(size, 16, true);
            assert_eq!(again, at);
            assert!(bytes(again, size).iter().all(|&byte| byte == 0), "{round}");
            fill(again, size, 0xee);
        }
        heap.rollback();
    }
}

#[test]
fn what_was_allocated_and_freed_since_the_mark() {
    let mut heap = heap();
    let a = heap.allocate(32, 16, false);
    let b = heap.allocate(32, 16, false);
    let c = heap.allocate(32, 16, false);
    heap.free(c);
    heap.mark();
    for reuse in [Reuse::Never, Reuse::AtOnce] {
        heap.set_reuse(reuse);
        heap.free(a);
        let d = heap.allocate(32, 16, false);
        let e = heap.allocate(48, 16, false);
        heap.free(e);
        assert_eq!(d == a, reuse == Reuse::AtOnce);
        let before: Vec<Block> = heap.freed_from_before().collect();
        assert_eq!(
            before,
            [Block {
                base: a as usize,
                size: 32,
                ordinal: 1,
                freed: false
            }]
        );
        let live: Vec<Block> = heap.live_since_mark().collect();
        assert_eq!(
            live,
            [Block {
                base: d as usize,
                size: 32,
                ordinal: 4,
                freed: false
            }]
        );
        heap.rollback();
        assert_eq!(heap.usable_size(a), 32);
        assert_eq!(heap.usable_size(b), 32);
        assert!(matches!(heap.free(c), Freed::Double(_)));
        assert_eq!(
            heap.live_since_mark().count() + heap.freed_from_before().count(),
            0
        );
    }
}

#[test]
fn unreachable_blocks() {
    let mut heap = heap();
    let old = heap.allocate(64, 16, true).cast::<usize>();
    heap.mark();
    let mut chain: Vec<*mut usize> = Vec::new();
    for _ in 0..5 {
        chain.push(heap.allocate(64, 16, true).cast());
    }
    // SAFETY: live blocks of 64 bytes.
    unsafe {
        chain[0].add(3).write(chain[1] as usize + 17);
        chain[1].add(7).write(chain[2] as usize);
        // A circle that nobody refers to.
        chain[3].write(chain[4] as usize);
        chain[4].write(chain[3] as usize);
    }
    let lost = |heap: &Heap, root: usize| -> Vec<u64> {
        let roots = [root];
        let start = roots.as_ptr() as usize;
        // SAFETY: an array of one word.
        let blocks = unsafe { heap.unreachable(&[(start, start + 8)]) };
        blocks.iter().map(|block| block.ordinal).collect()
    };
    assert_eq!(lost(&heap, chain[0] as usize), [5, 6]);
    assert_eq!(lost(&heap, 0), [2, 3, 4, 5, 6]);
    assert_eq!(lost(&heap, chain[3] as usize), [2, 3, 4]);
    // SAFETY: a live block of 64 bytes.
    unsafe { old.write(chain[1] as usize) };
    assert_eq!(
        lost(&heap, old as usize),
        [2, 5, 6],
        "through a block from before the mark"
    );
    heap.free(chain[1].cast());
    assert_eq!(
        lost(&heap, old as usize),
        [2, 4, 5, 6],
        "freed blocks keep nothing"
    );
}

#[derive(Clone, Debug)]
enum Call {
    Allocate {
        size: usize,
        align: usize,
        zeroed: bool,
    },
    Free(usize),
    Reallocate(usize, usize),
    Reuse(Reuse),
}

fn call() -> impl Strategy<Value = Call> {
    let size = prop_oneof![8 => 0..200_usize, 2 => 0..20_000_usize, 1 => 0..800_000_usize];
    let other = size.clone();
    prop_oneof![
        4 => (size, 0..8_u32, any::<bool>())
            .prop_map(|(size, align, zeroed)| Call::Allocate { size, align: 1 << align, zeroed }),
        3 => (0..40_usize).prop_map(Call::Free),
        2 => (0..40_usize, other).prop_map(|(at, size)| Call::Reallocate(at, size)),
        1 => prop_oneof![Just(Reuse::Never), Just(Reuse::AtOnce)].prop_map(Call::Reuse),
    ]
}

/// Makes the calls; the answers, for comparison. Live blocks keep what is written into them.
fn run(heap: &mut Heap, calls: &[Call], live: &mut Vec<(usize, usize, u8)>) -> Vec<usize> {
    let mut answers = Vec::new();
    for (step, call) in calls.iter().enumerate() {
        let value = step as u8 | 1;
        match *call {
            Call::Allocate {
                size,
                align,
                zeroed,
            } => {
                let at = heap.allocate(size, align, zeroed);
                assert!(!zeroed || bytes(at, size).iter().all(|&byte| byte == 0));
                fill(at, size, value);
                live.push((at as usize, size, value));
                answers.push(at as usize);
            }
            Call::Free(which) if !live.is_empty() => {
                let (at, size, _) = live.swap_remove(which % live.len());
                assert_eq!(heap.free(at as *mut u8), Freed::Done { size });
            }
            Call::Reallocate(which, size) if !live.is_empty() => {
                let which = which % live.len();
                let (at, old, value) = live[which];
                let Reallocated::Done {
                    pointer, old_size, ..
                } = heap.reallocate(at as *mut u8, size)
                else {
                    panic!("there is room");
                };
                assert_eq!(old_size, old);
                assert!(
                    bytes(pointer, old.min(size))
                        .iter()
                        .all(|&byte| byte == value)
                );
                fill(pointer, size, value);
                live[which] = (pointer as usize, size, value);
                answers.push(pointer as usize);
            }
            Call::Reuse(reuse) => heap.set_reuse(reuse),
            _ => {}
        }
        let mut ranges: Vec<(usize, usize)> =
            live.iter().map(|&(at, size, _)| (at, at + size)).collect();
        ranges.sort_unstable();
        assert!(
            ranges.windows(2).all(|pair| pair[0].1 <= pair[1].0),
            "blocks overlap"
        );
    }
    for &(at, size, value) in live.iter() {
        assert!(bytes(at as *mut u8, size).iter().all(|&byte| byte == value));
        let block = heap.block_of(at).expect("live");
        assert_eq!((block.base, block.size, block.freed), (at, size, false));
    }
    answers
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn executions_after_a_rollback_are_the_same(
        before in proptest::collection::vec(call(), 0..40),
        calls in proptest::collection::vec(call(), 1..60),
        between in proptest::collection::vec(call(), 0..40),
    ) {
        let mut heap = heap();
        let mut live = Vec::new();
        run(&mut heap, &before, &mut live);
        heap.mark();
        let image = bytes(heap.used().start as *mut u8, heap.used().len()).to_vec();
        let mut answers: Vec<Vec<usize>> = Vec::new();
        for calls in [&calls, &between, &calls] {
            // The same policy at each start, as the caller sets it.
            heap.set_reuse(Reuse::Never);
            answers.push(run(&mut heap, calls, &mut live.clone()));
            heap.rollback();
            // SAFETY: the used part of the arena, which nothing else refers to.
            unsafe {
                (heap.used().start as *mut u8)
                    .copy_from_nonoverlapping(image.as_ptr(), image.len());
            }
        }
        prop_assert_eq!(&answers[0], &answers[2]);
    }
}

#[test]
fn live_blocks_are_counted() {
    let mut heap = heap();
    let first = heap.allocate(10, 16, false);
    heap.mark();
    let second = heap.allocate(100, 16, false);
    assert_eq!(heap.live(), (2, 110));
    heap.reallocate(second, 90);
    heap.reallocate(first, 4000);
    assert_eq!(heap.live(), (2, 4090));
    heap.free(second);
    assert_eq!(heap.live(), (1, 4000));
    heap.rollback();
    assert_eq!(heap.live(), (1, 10));
}
