//! The search: what it does twice is the same, what it finds replays, and it
//! finds what it was made for.
//!
//! The programs here are for keeping it so. None of its constants was chosen by them.

use std::sync::Arc;

use jostle::scenario::Scenario;
use jostle::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use jostle::sync::{Condvar, Mutex, mpsc};
use jostle::{Fibers, go, thread};
use jostle_core::campaign::{Campaign, Progress, Runner, Summary};
use jostle_core::coverage::FeatureKinds;
use jostle_core::finding::Kind as Found;
use jostle_core::input::Input;
use jostle_core::strategy::{Kind, Profile};

use crate::support::scenario::scenario;

fn leaked(name: &'static str, body: fn()) -> &'static Scenario {
    Box::leak(Box::new(scenario(name, body)))
}

fn explore(scenario: &'static Scenario, seed: u64, jobs: usize, runs: u64) -> Summary {
    let campaign = Campaign {
        strategies: Vec::new(),
        runs,
        time: None,
        seed,
        jobs,
        stop_at_first: true,
        features: FeatureKinds::SEARCH,
    };
    campaign.explore(&Fibers, scenario, &Progress::default())
}

/// The bug is found with each of a few seeds, in the median within `median`
/// executions and always within `most`.
#[track_caller]
fn finds(body: fn(), median: u64, most: u64) {
    let scenario = leaked("searched", body);
    let mut executions: Vec<u64> = (0..9)
        .map(|seed| {
            let summary = explore(scenario, seed, 1, most);
            let found = summary.findings.first();
            let found = found.unwrap_or_else(|| panic!("seed {seed}: not in {most}"));
            assert_ne!(
                found.finding.kind,
                Found::Nondeterminism,
                "{}",
                found.finding
            );
            found.execution
        })
        .collect();
    executions.sort_unstable();
    assert!(executions[4] <= median, "{executions:?}");
}

/// Two tasks that pass a number to and fro and give up if it is not their turn: only
/// one interleaving of many steps gets to the end.
fn handshake(trips: u32) {
    let turn = Arc::new(AtomicU32::new(0));
    let others = Arc::clone(&turn);
    let other = thread::spawn(move || {
        for n in 0..trips {
            if others.load(SeqCst) != 2 * n + 1 {
                return;
            }
            others.store(2 * n + 2, SeqCst);
        }
        panic!("all the way");
    });
    for n in 0..trips {
        if turn.load(SeqCst) != 2 * n {
            break;
        }
        turn.store(2 * n + 1, SeqCst);
    }
    other.join().unwrap();
}

fn data_of_each_execution(seed: u64, jobs: usize) -> (u64, u64, u64, u64, Vec<u8>) {
    let summary = explore(leaked("handshake", || handshake(5)), seed, jobs, 20_000);
    let found = summary.findings.first().expect("five trips");
    let tape = &found.input.steering.prefix.picks;
    let bytes = tape.iter().map(|p| p.picked as u8).collect();
    (
        summary.executions,
        summary.steps,
        summary.distinct,
        found.trace.fingerprint(),
        bytes,
    )
}

#[test]
fn a_search_is_the_same_twice() {
    for jobs in [1, 2, 3] {
        let once = data_of_each_execution(3, jobs);
        assert_eq!(once, data_of_each_execution(3, jobs), "{jobs} jobs");
    }
    assert_ne!(data_of_each_execution(3, 1), data_of_each_execution(4, 1));
}

#[test]
fn the_input_of_a_finding_gives_it_again_whatever_the_profile() {
    let scenario = leaked("handshake", || handshake(4));
    let summary = explore(scenario, 1, 1, 20_000);
    let found = summary.findings.first().expect("four trips");
    let bytes = found.input.encode(0);
    let (_, input) = Input::decode(&bytes);
    let mut runner = Runner::of(&Fibers);
    let run = runner.run(scenario, &Profile::default(), &input);
    let finding = run.outcome.finding.expect("the same finding");
    assert_eq!(finding.signature(), found.finding.signature());
    assert_eq!(runner.fingerprint(), found.trace.fingerprint());
}

#[test]
fn what_takes_many_steps_in_a_row_is_approached_in_steps() {
    // A random walk gets there with probability 2⁻²³, four times in 33 million.
    finds(|| handshake(6), 2_000, 20_000);
}

#[test]
fn the_number_of_equal_tasks_does_not_matter() {
    /// Writers set both; a reader sees one set and not the other.
    fn torn(writers: usize) {
        let pair = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
        let mut tasks = Vec::new();
        for _ in 0..writers {
            let pair = Arc::clone(&pair);
            tasks.push(thread::spawn(move || {
                pair.0.store(true, SeqCst);
                pair.1.store(true, SeqCst);
            }));
        }
        let reader = thread::spawn(move || {
            let seen = (pair.0.load(SeqCst), pair.1.load(SeqCst));
            assert!(seen != (true, false), "torn");
        });
        tasks.into_iter().for_each(|task| task.join().unwrap());
        reader.join().unwrap();
    }
    finds(|| torn(2), 8, 100);
    finds(|| torn(60), 8, 100);
}

#[test]
fn a_check_that_is_acted_on_too_late() {
    finds(
        || {
            let (open, users) = (AtomicBool::new(true), AtomicU32::new(0));
            let shared = Arc::new((open, users));
            let user = Arc::clone(&shared);
            let task = thread::spawn(move || {
                if user.0.load(SeqCst) {
                    user.1.fetch_add(1, SeqCst);
                    assert!(user.0.load(SeqCst), "used when closed");
                    user.1.fetch_sub(1, SeqCst);
                }
            });
            shared.0.store(false, SeqCst);
            task.join().unwrap();
        },
        8,
        100,
    );
}

#[test]
fn an_update_that_is_lost_twice() {
    finds(
        || {
            let counter = Arc::new(AtomicU32::new(0));
            let add = |counter: Arc<AtomicU32>| {
                move || {
                    for _ in 0..3 {
                        let seen = counter.load(SeqCst);
                        counter.store(seen + 1, SeqCst);
                    }
                }
            };
            let tasks = [0, 1].map(|_| thread::spawn(add(Arc::clone(&counter))));
            tasks.into_iter().for_each(|task| task.join().unwrap());
            assert!(counter.load(SeqCst) > 2, "four updates lost");
        },
        600,
        10_000,
    );
}

#[test]
fn a_notification_before_the_wait() {
    finds(
        || {
            let shared = Arc::new((Mutex::new(false), Condvar::new(), AtomicBool::new(false)));
            let waiting = Arc::clone(&shared);
            let task = thread::spawn(move || {
                if !waiting.2.load(SeqCst) {
                    let ready = waiting.0.lock().unwrap();
                    let _ready = waiting.1.wait(ready).unwrap();
                }
            });
            shared.2.store(true, SeqCst);
            shared.1.notify_one();
            task.join().unwrap();
        },
        8,
        100,
    );
}

#[test]
fn locks_in_a_circle_of_five() {
    finds(
        || {
            let forks: Arc<Vec<Mutex<()>>> = Arc::new((0..5).map(|_| Mutex::new(())).collect());
            let tasks: Vec<_> = (0..5)
                .map(|i| {
                    let forks = Arc::clone(&forks);
                    thread::spawn(move || {
                        let _left = forks[i].lock().unwrap();
                        let _right = forks[(i + 1) % 5].lock().unwrap();
                    })
                })
                .collect();
            tasks.into_iter().for_each(|task| task.join().unwrap());
        },
        8,
        200,
    );
}

#[test]
fn a_message_that_nobody_waits_for_any_more() {
    finds(
        || {
            let (send, receive) = mpsc::sync_channel::<u32>(1);
            let done = Arc::new(AtomicBool::new(false));
            let stop = Arc::clone(&done);
            let task = thread::spawn(move || {
                while !stop.load(SeqCst) {
                    if receive.recv().is_err() {
                        return;
                    }
                }
                assert!(receive.try_recv().is_err(), "a message is lost");
            });
            send.send(1).unwrap();
            done.store(true, SeqCst);
            let _ = send.send(2);
            drop(send);
            task.join().unwrap();
        },
        20,
        400,
    );
}

#[test]
fn the_arm_that_is_taken_when_both_are_ready() {
    finds(
        || {
            let (work, quit) = (go::chan::<u32>(1), go::chan::<u32>(1));
            let (sender, stopper) = (work.0.clone(), quit.0.clone());
            go::spawn(move || sender.send(7));
            go::spawn(move || stopper.send(0));
            let mut got = 0;
            for _ in 0..2 {
                go::select! {
                    recv(work.1) -> job => { got += job.unwrap_or(0); }
                    recv(quit.1) -> _ => { break; }
                }
            }
            assert_eq!(got, 7, "the job is lost");
        },
        8,
        100,
    );
}

#[test]
fn a_strategy_that_is_asked_for_is_not_a_search() {
    let summary = Campaign {
        strategies: vec![Kind::NonPreemptive],
        runs: 300,
        time: None,
        seed: 0,
        jobs: 1,
        stop_at_first: true,
        features: FeatureKinds::SEARCH,
    }
    .explore(
        &Fibers,
        leaked("handshake", || handshake(3)),
        &Progress::default(),
    );
    assert_eq!(summary.findings.len(), 0);
    assert_eq!(summary.distinct, 1);
}
