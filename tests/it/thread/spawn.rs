//! `spawn`, `Builder`, `JoinHandle`.

use jostle::scenario::Options;
use jostle::thread;
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::{Series, explore};

conformance! {
    join_gives_the_value() -> (u32, bool) {
        let handle = thread::spawn(|| 7);
        let other = handle.thread().id() != thread::current().id();
        (handle.join().unwrap(), other)
    } gives [(7, true)];

    builders_name_threads() -> (Option<String>, Option<String>, Option<String>) {
        let named = thread::Builder::new()
            .name("worker".to_owned())
            .stack_size(1 << 16)
            .spawn(|| thread::current().name().map(str::to_owned))
            .unwrap();
        let name = named.thread().name().unwrap();
        assert_eq!(name, "worker");
        let unnamed = thread::spawn(|| thread::current().name().map(str::to_owned));
        let outside = unnamed.thread().name().map(str::to_owned);
        (named.join().unwrap(), unnamed.join().unwrap(), outside)
    } gives [(Some("worker".to_owned()), None, None)];

    is_finished_tells_before_join() -> bool {
        let handle = thread::spawn(thread::yield_now);
        let finished = handle.is_finished();
        handle.join().unwrap();
        finished
    } gives [true, false];

    a_finished_thread_is_seen_to_be_finished() -> u32 {
        let handle = thread::spawn(|| 3);
        while !handle.is_finished() {
            thread::yield_now();
        }
        handle.join().unwrap()
    } gives [3];

    the_value_of_a_thread_that_nobody_joins_is_dropped() -> usize {
        let value = sync::Arc::new(());
        let theirs = sync::Arc::clone(&value);
        let (tx, rx) = sync::mpsc::channel::<()>();
        let handle = thread::spawn(move || {
            let _tx = tx;
            theirs
        });
        drop(handle);
        assert!(rx.recv().is_err());
        while sync::Arc::strong_count(&value) > 1 {
            thread::yield_now();
        }
        sync::Arc::strong_count(&value)
    } gives [1];

    threads_spawn_threads() -> u32 {
        thread::spawn(|| thread::spawn(|| 1).join().unwrap() + 1).join().unwrap() + 1
    } gives [3];
}

#[test]
fn the_body_of_the_scenario_is_called_main() {
    let explored = explore(5, || thread::current().name().map(str::to_owned));
    explored.gives([Some("main")]);
}

#[test]
fn a_panic_is_a_finding_with_the_place_and_the_task() {
    let explored = explore(20, || {
        let handle = thread::spawn(|| panic!("on purpose"));
        let _ = handle.join();
    });
    let finding = explored.always_finds(Kind::Panic, "on purpose");
    let place = finding.place.as_ref().expect("a panic has a place");
    assert_eq!(place.file, file!(), "{place}");
    assert_eq!(finding.task.map(|t| t.index()), Some(2));
}

#[test]
fn a_panic_that_is_allowed_comes_out_of_join() {
    let options = Options {
        allowed_panics: &["on purpose"],
        ..Options::DEFAULT
    };
    let explored = Series::of(50).options(options).explore(|| {
        let handle = thread::spawn(|| -> u32 { panic!("on purpose") });
        let payload = handle.join().unwrap_err();
        payload.downcast_ref::<&str>().copied()
    });
    explored.gives([Some("on purpose")]);
}

#[test]
fn joining_each_other_is_a_deadlock() {
    let explored = explore(50, || {
        use jostle::sync::{Arc, Mutex};
        let slot = Arc::new(Mutex::new(None::<thread::JoinHandle<()>>));
        let theirs = Arc::clone(&slot);
        let first = thread::spawn(move || {
            thread::sleep(std::time::Duration::from_secs(1));
            let other = theirs.lock().unwrap().take();
            if let Some(o) = other {
                o.join().unwrap()
            }
        });
        let second = thread::spawn(move || first.join().unwrap());
        *slot.lock().unwrap() = Some(second);
    });
    let finding = explored.always_finds(Kind::Deadlock, "2 tasks wait for each other");
    assert_eq!(finding.cycle.len(), 2);
}

#[test]
fn a_thread_that_is_left_waiting_is_a_leak() {
    let explored = explore(20, || {
        thread::spawn(thread::park);
    });
    explored.finds(Kind::Leak, "[park (leaked)]");
}

#[test]
fn outside_a_scenario_it_says_what_to_do() {
    let caught = std::panic::catch_unwind(|| thread::spawn(|| ())).unwrap_err();
    let text = caught.downcast_ref::<String>().expect("a text");
    assert!(text.contains("outside a scenario"), "{text}");
    let caught = std::panic::catch_unwind(jostle::sync::mpsc::channel::<u32>).unwrap_err();
    let text = caught.downcast_ref::<String>().expect("a text");
    assert!(text.contains("channel was used outside"), "{text}");
}
