//! `Barrier`.

use jostle::sync::Barrier;
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    nobody_passes_before_all_have_arrived_and_one_leads() -> usize {
        use sync::atomic::{AtomicU32, Ordering};
        let shared = sync::Arc::new((sync::Barrier::new(3), AtomicU32::new(0)));
        let arrive = |shared: &(sync::Barrier, AtomicU32)| {
            shared.1.fetch_add(1, Ordering::SeqCst);
            let leads = shared.0.wait().is_leader();
            assert_eq!(shared.1.load(Ordering::SeqCst), 3);
            leads
        };
        let others: Vec<_> = (0..2)
            .map(|_| {
                let shared = sync::Arc::clone(&shared);
                thread::spawn(move || arrive(&shared))
            })
            .collect();
        let mut leads = vec![arrive(&shared)];
        leads.extend(others.into_iter().map(|o| o.join().unwrap()));
        assert_eq!(leads.iter().filter(|&&l| l).count(), 1);
        leads.iter().position(|&l| l).unwrap()
    } gives [0, 1, 2];

    a_barrier_can_be_used_again() -> u32 {
        let barrier = sync::Arc::new(sync::Barrier::new(2));
        let theirs = sync::Arc::clone(&barrier);
        let rounds = |barrier: &sync::Barrier| {
            (0..3).filter(|_| barrier.wait().is_leader()).count() as u32
        };
        let other = thread::spawn(move || rounds(&theirs));
        let mine = rounds(&barrier);
        mine + other.join().unwrap()
    } gives [3];

    a_barrier_for_none_or_one_lets_everybody_lead() -> (bool, bool) {
        (sync::Barrier::new(0).wait().is_leader(), sync::Barrier::new(1).wait().is_leader())
    } gives [(true, true)];
}

#[test]
fn too_few_is_a_deadlock() {
    let explored = explore(30, || {
        Barrier::new(2).wait();
    });
    explored.always_finds(Kind::Deadlock, "all tasks are asleep");
}

/// std promises that one leads, and real programs rely on its being the last one.
#[test]
fn the_last_one_to_arrive_need_not_lead() {
    let explored = explore(300, || {
        use jostle::sync::Arc;
        use jostle::sync::atomic::{AtomicU32, Ordering};
        let shared = Arc::new((Barrier::new(2), AtomicU32::new(0)));
        let theirs = Arc::clone(&shared);
        let arrive = |shared: &(Barrier, AtomicU32)| {
            let nth = shared.1.fetch_add(1, Ordering::SeqCst);
            shared.0.wait().is_leader().then_some(nth)
        };
        let other = jostle::thread::spawn(move || arrive(&theirs));
        let mine = arrive(&shared);
        mine.or(other.join().unwrap())
    });
    explored.gives([Some(0), Some(1)]);
}
