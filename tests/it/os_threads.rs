//! Scenarios that start OS threads.

use std::sync::{Arc, mpsc};

use jostle::FiberBackend;
use jostle::scenario::Options;
use jostle_core::finding::{Finding, Kind};
use jostle_core::strategy::Kind as Strategy;

use crate::support::execute::execute;

/// What is found in an execution of `body`.
fn find(backend: &mut FiberBackend, seed: u64, body: fn()) -> Option<Finding> {
    execute(backend, Strategy::Random, seed, &Options::DEFAULT, body).finding
}

#[test]
fn an_os_thread_that_is_left_running_is_a_finding() {
    fn body() {
        std::thread::Builder::new()
            .name("stray".into())
            .spawn(std::thread::park)
            .expect("an OS thread");
    }
    let finding = find(&mut FiberBackend::new(), 1, body).expect("a finding");
    assert_eq!(finding.kind, Kind::Nondeterminism);
    assert!(
        finding.message.contains("OS thread named \"stray\""),
        "{finding}"
    );
}

#[test]
fn an_os_thread_that_is_alive_at_a_scheduling_point_is_a_finding() {
    fn body() {
        let (quit, wait) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || assert!(wait.recv().is_err()));
        drop(jostle::sync::Mutex::new(()).lock());
        drop(quit);
        thread.join().expect("it does not panic");
    }
    let finding = find(&mut FiberBackend::new(), 1, body).expect("a finding");
    assert!(finding.message.contains("without a name"), "{finding}");
}

#[test]
fn os_threads_that_others_start_and_leave_meanwhile_are_no_finding() {
    fn body() {
        let lock = Arc::new(jostle::sync::Mutex::new(()));
        for _ in 0..4 {
            let lock = Arc::clone(&lock);
            jostle::thread::spawn(move || drop(lock.lock()));
        }
        // Started and joined between two scheduling points: nobody can tell.
        std::thread::spawn(|| ()).join().expect("it does not panic");
    }
    let (quit, stop) = mpsc::channel::<()>();
    let others = std::thread::spawn(move || {
        while stop.try_recv() == Err(mpsc::TryRecvError::Empty) {
            std::thread::scope(|s| {
                for _ in 0..4 {
                    s.spawn(std::thread::yield_now);
                }
            });
        }
    });
    for seed in 0..100 {
        // A new backend watches its first executions closely.
        let mut backend = FiberBackend::new();
        for _ in 0..3 {
            assert_eq!(find(&mut backend, seed, body), None);
        }
    }
    drop(quit);
    others.join().expect("it does not panic");
}

#[test]
fn a_primitive_on_a_foreign_os_thread_is_a_finding() {
    fn body() {
        let lock = jostle::sync::Mutex::new(());
        drop(lock.lock());
        std::thread::scope(|s| {
            let used = s.spawn(|| drop(lock.lock())).join();
            assert!(used.is_err(), "it panics with the reason");
        });
    }
    let finding = find(&mut FiberBackend::new(), 1, body).expect("a finding");
    assert_eq!(finding.kind, Kind::Nondeterminism);
    assert!(finding.message.contains("used a primitive"), "{finding}");
}
