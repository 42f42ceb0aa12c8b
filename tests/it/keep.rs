//! Failures kept as tests: they fail as long as the bug is there, whatever else is
//! edited.

use jostle::Fibers;
use jostle::scenario::Scenario;
use jostle_core::campaign::Replayer;
use jostle_core::regression::Row;

use crate::support::failures::{failing, minimized};
use crate::support::kept::retest;
use crate::support::scenario::scenario;

/// The story of the README's first screen, and what may become of it.
mod original {
    use jostle::go;

    pub(super) fn story() {
        let (jobs, inbox) = go::chan::<u32>(1);
        let worker = jobs.clone();
        go::spawn(move || {
            for n in 0..2 {
                worker.send(n);
            }
        });
        inbox.recv();
        jobs.close();
    }
}

mod unrelated_lines {
    use jostle::go;
    use jostle::sync::atomic::{AtomicU32, Ordering};

    // A comment, and lines that do something else.
    pub(super) fn story() {
        let count = AtomicU32::new(0);
        let (jobs, inbox) = go::chan::<u32>(1);

        let worker = jobs.clone();
        go::spawn(move || {
            let mut sum = 0;
            for n in 0..2 {
                sum += n;
                worker.send(n);
            }
            assert_eq!(sum, 1);
        });

        count.fetch_add(1, Ordering::SeqCst);
        inbox.recv();
        count.fetch_add(1, Ordering::SeqCst);
        jobs.close();
    }
}

mod unrelated_task {
    use jostle::sync::{Arc, Mutex};
    use jostle::{go, thread};

    pub(super) fn story() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let theirs = Arc::clone(&log);
        let logger = thread::spawn(move || {
            for n in 0..3 {
                theirs.lock().unwrap().push(n);
            }
        });
        let (jobs, inbox) = go::chan::<u32>(1);
        let worker = jobs.clone();
        go::spawn(move || {
            for n in 0..2 {
                worker.send(n);
            }
        });
        inbox.recv();
        jobs.close();
        logger.join().unwrap();
    }
}

mod renamed {
    use jostle::go as golang;

    fn produce(out: &golang::Sender<u64>, item: u64) {
        out.send(item);
    }

    pub(super) fn story() {
        let (queue, results) = golang::chan(1);
        let producer = queue.clone();
        golang::spawn(move || (0..2).for_each(|item: u64| producer.send(item)));
        let _ = results.recv();
        queue.close();
        let _ = produce;
    }
}

/// The bug is still there, but the schedule says nothing about where it is now.
mod rewritten {
    use jostle::go;

    fn work(jobs: &go::Sender<u32>) {
        for n in 0..2 {
            jobs.send(n);
        }
    }

    fn shut(jobs: &go::Sender<u32>) {
        jobs.close();
    }

    pub(super) fn story() {
        let (jobs, inbox) = go::chan::<u32>(1);
        let worker = jobs.clone();
        go::spawn(move || work(&worker));
        inbox.recv();
        shut(&jobs);
    }
}

mod fixed {
    use jostle::go;

    pub(super) fn story() {
        let (jobs, inbox) = go::chan::<u32>(1);
        go::spawn(move || {
            for n in 0..2 {
                jobs.send(n);
            }
            jobs.close();
        });
        for _ in inbox.range() {}
    }
}

static ORIGINAL: Scenario = scenario("story", original::story);
static UNRELATED_LINES: Scenario = scenario("story", unrelated_lines::story);
static UNRELATED_TASK: Scenario = scenario("story", unrelated_task::story);
static RENAMED: Scenario = scenario("story", renamed::story);
static REWRITTEN: Scenario = scenario("story", rewritten::story);
static FIXED: Scenario = scenario("story", fixed::story);

fn rows_of_the_original() -> Vec<Row> {
    let input = failing(&ORIGINAL, 1_000).next().unwrap();
    let (small, _) = minimized(&ORIGINAL, &input);
    Replayer::new(&Fibers, &ORIGINAL)
        .rows(&small.schedule)
        .unwrap()
        .unwrap()
}

#[test]
fn rows_name_functions_and_operations() {
    let rows = rows_of_the_original();
    let text: Vec<String> = rows.iter().map(Row::to_string).collect();
    assert_eq!(text, ["(send in story) before send in story #2 -> main"]);
}

#[test]
fn a_kept_failure_survives_unrelated_edits() {
    let rows = rows_of_the_original();
    for edited in [&ORIGINAL, &UNRELATED_LINES, &UNRELATED_TASK, &RENAMED] {
        let again = retest(edited, &rows, &[]);
        assert_eq!(again.missed, None);
        assert!(!again.nearby);
        let finding = again.failure.unwrap().finding.unwrap();
        assert_eq!(finding.message, "send on closed channel");
    }
}

#[test]
fn what_cannot_be_followed_is_named_and_looked_for_nearby() {
    let rows = rows_of_the_original();
    let again = retest(&REWRITTEN, &rows, &[]);
    assert!(again.nearby);
    assert!(again.failure.unwrap().finding.is_some());
    let missed = again.missed.unwrap().to_string();
    assert!(
        missed.contains("never came to send in story #2"),
        "{missed}"
    );
}

#[test]
fn a_kept_failure_passes_when_the_bug_is_gone() {
    let again = retest(&FIXED, &rows_of_the_original(), &[]);
    assert!(again.failure.is_none() && again.nearby);
}
