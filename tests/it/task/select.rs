//! `select!`: the arms as choices, and why not tokio's.

use std::collections::BTreeSet;
use std::future::ready;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use jostle::scenario::Options;
use jostle::{FiberBackend, task};
use jostle_core::backend::Backend;
use jostle_core::decision::ChoiceKind;
use jostle_core::strategy::Kind as Strategy;

use crate::support::execute::execute;
use crate::support::explore::{explore_async, trace};

/// What an async body returns in `runs` executions with the same seed, and the
/// fingerprints of these executions.
fn repeat<F>(runs: u32, body: fn() -> F) -> (BTreeSet<String>, BTreeSet<u64>)
where
    F: Future<Output = String> + 'static,
{
    let mut backend = FiberBackend::new();
    let said = Arc::new(Mutex::new(BTreeSet::new()));
    let mut fingerprints = BTreeSet::new();
    for _ in 0..runs {
        let said = Arc::clone(&said);
        let body = move || {
            let text = task::block_on(body());
            said.lock().unwrap().insert(text);
        };
        let options = &Options::DEFAULT;
        let outcome = execute(&mut backend, Strategy::Random, 1, options, body);
        assert_eq!(outcome.finding, None);
        fingerprints.insert(backend.recording().fingerprint());
    }
    let said = said.lock().unwrap().clone();
    (said, fingerprints)
}

#[test]
fn every_ready_arm_is_taken_by_some_execution() {
    explore_async(210, || async {
        task::select! {
            _ = ready(()) => "a",
            _ = ready(()) => "b",
            () = std::future::pending() => "never",
            _ = ready(()) => "c",
            _ = ready(()), if false => "disabled",
        }
        .to_owned()
    })
    .gives(["a", "b", "c"]);
}

#[test]
fn it_is_a_scheduling_point_even_if_no_arm_waits() {
    explore_async(210, || async {
        let flag = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&flag);
        let task = task::spawn(async move { theirs.store(true, SeqCst) });
        let seen = task::select! {
            biased;
            _ = ready(()) => flag.load(SeqCst),
        };
        task.await.unwrap();
        seen.to_string()
    })
    .gives(["false", "true"]);
}

#[test]
fn biased_begins_at_the_first_arm() {
    explore_async(210, || async {
        task::select! {
            biased;
            () = std::future::pending() => "never",
            _ = ready(()) => "b",
            _ = ready(()) => "c",
        }
        .to_owned()
    })
    .gives(["b"]);
}

#[test]
fn a_seed_decides_which_arm() {
    let (said, fingerprints) = repeat(64, || async {
        task::select! { _ = ready(()) => "a", _ = ready(()) => "b" }.to_owned()
    });
    assert_eq!((said.len(), fingerprints.len()), (1, 1));
}

/// The reason why `jostle::task::select!` exists.
#[test]
fn a_seed_does_not_decide_which_arm_of_tokios_select() {
    let (said, _) = repeat(64, || async {
        tokio::select! { _ = ready(()) => "a", _ = ready(()) => "b" }.to_owned()
    });
    assert_eq!(said.len(), 2);
    let (said, _) = repeat(64, || async {
        tokio::select! { biased; _ = ready(()) => "a", _ = ready(()) => "b" }.to_owned()
    });
    assert_eq!(said.len(), 1);
}

#[test]
fn a_seed_does_not_decide_which_arm_of_futures_select() {
    let (said, _) = repeat(64, || async {
        futures::select! { _ = futures::future::ready(()) => "a", _ = futures::future::ready(()) => "b" }.to_owned()
    });
    assert_eq!(said.len(), 2);
    let (said, _) = repeat(64, || async {
        futures::select_biased! { _ = futures::future::ready(()) => "a", _ = futures::future::ready(()) => "b" }.to_owned()
    });
    assert_eq!(said.len(), 1);
}

#[test]
fn one_arm_is_no_choice() {
    let trace = trace(|| {
        task::block_on(async {
            task::select! { _ = ready(()) => (), _ = ready(()), if false => () }
            task::select! { biased; _ = ready(()) => (), _ = ready(()) => () }
            task::select! { _ = ready(()) => (), _ = ready(()) => () }
        });
    });
    let arms = trace.choices.iter().filter(|c| c.kind == ChoiceKind::Arm);
    assert_eq!(arms.map(|c| c.arity).collect::<Vec<_>>(), [2]);
}

#[test]
fn sixteen_arms() {
    let explored = explore_async(700, || async {
        let n = task::select! {
            _ = ready(()) => 0, _ = ready(()) => 1, _ = ready(()) => 2, _ = ready(()) => 3,
            _ = ready(()) => 4, _ = ready(()) => 5, _ = ready(()) => 6, _ = ready(()) => 7,
            _ = ready(()) => 8, _ = ready(()) => 9, _ = ready(()) => 10, _ = ready(()) => 11,
            _ = ready(()) => 12, _ = ready(()) => 13, _ = ready(()) => 14, _ = ready(()) => 15,
        };
        format!("{n:x}")
    });
    let all: Vec<String> = (0..16).map(|n| format!("{n:x}")).collect();
    explored.gives(all);
}
