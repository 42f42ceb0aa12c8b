//! Two stories of Go programs, told in Rust: what went wrong, and the fix.

use std::sync::Arc;
use std::sync::Mutex as Cell;

use jostle::go;
use jostle::go::{Once, Receiver, Sender, WaitGroup, context};
use jostle_core::finding::Place;
use jostle_core::op::OpKind;

use crate::support::explore::explore;

/// A worker pool whose shutdown closes the channel of jobs through a `Once`. That
/// keeps two closes apart, and not a close and a send: a worker that hands a
/// failed job back may come too late.
mod pool {
    use super::*;

    const JOBS: u32 = 3;

    struct Pool {
        jobs: Sender<u32>,
        todo: Receiver<u32>,
        shutdown: Once,
    }

    impl Pool {
        fn work(&self) {
            for job in self.todo.range() {
                if job == 0 {
                    // Once more, then all is done.
                    self.jobs.send(JOBS);
                }
                if job >= JOBS - 1 {
                    self.stop();
                }
            }
        }

        fn stop(&self) {
            self.shutdown.do_once(|| self.jobs.close());
        }
    }

    fn shutdown_by_the_receivers() {
        let (jobs, todo) = go::chan(JOBS as usize + 1);
        for job in 0..JOBS {
            jobs.send(job);
        }
        let pool = Arc::new(Pool {
            jobs,
            todo,
            shutdown: Once::new(),
        });
        let workers = Arc::new(WaitGroup::new());
        for _ in 0..2 {
            let pool = pool.clone();
            workers.go(move || pool.work());
        }
        workers.wait();
    }

    /// The pattern of the fix: the senders end with their context, and the channel
    /// is closed once all of them have ended.
    fn closed_after_the_last_sender() {
        let (context, cancel) = context::with_cancel(&context::background());
        let (tx, rx) = go::chan(0);
        let senders = Arc::new(WaitGroup::new());
        for _ in 0..2 {
            let (context, tx) = (context.clone(), tx.clone());
            senders.go(move || {
                let mut produced = 0;
                loop {
                    go::select! {
                        recv(context.done()) => return,
                        send(tx, produced) => produced += 1,
                    }
                }
            });
        }
        go! {
            senders.wait();
            tx.close();
        }
        for (handled, _work) in rx.range().enumerate() {
            if handled == 4 {
                cancel.call();
            }
        }
    }

    #[test]
    fn a_worker_sends_on_the_channel_that_another_has_closed() {
        let seen = explore(1200, shutdown_by_the_receivers);
        let text = "misuse: send on closed channel";
        assert_eq!(seen.all(), [text, "ok"]);
        let finding = seen.finding(text);
        assert_eq!(
            finding.place,
            Some(place_of("self.jobs.send(JOBS);", "send")),
            "the place is that of the send"
        );
        assert!(finding.task.is_some());
    }

    #[test]
    fn closing_after_the_last_sender_is_right() {
        assert_eq!(explore(1200, closed_after_the_last_sender).all(), ["ok"]);
    }
}

/// A cron scheduler whose collector ranges over a channel that nobody closes.
mod cron {
    use super::*;

    #[derive(Debug)]
    struct Outcome {
        job: &'static str,
    }

    fn tick(due: &[&'static str], closes: bool) -> Vec<Outcome> {
        let (results, outcomes) = go::chan(0);
        let reported = Arc::new(WaitGroup::new());
        for &job in due {
            reported.add(1);
            let results = results.clone();
            go! { results.send(Outcome { job }) }
        }
        let log = Arc::new(Cell::new(Vec::new()));
        let (entries, done) = (log.clone(), reported.clone());
        go! {
            for outcome in outcomes.range() {
                entries.lock().unwrap().push(outcome);
                done.done();
            }
        }
        reported.wait();
        if closes {
            results.close();
        }
        std::mem::take(&mut *log.lock().unwrap())
    }

    fn body(closes: bool) {
        let log = tick(&["backup", "rotate", "report"], closes);
        let mut jobs: Vec<_> = log.iter().map(|outcome| outcome.job).collect();
        jobs.sort_unstable();
        assert_eq!(jobs, ["backup", "report", "rotate"]);
    }

    #[test]
    fn the_ranging_collector_leaks() {
        let seen = explore(1200, || body(false));
        let text = "leak: 1 task leaked: [receive (leaked)]";
        assert_eq!(seen.all(), [text], "in every schedule");
        let finding = seen.finding(text);
        let head = place_of("for outcome in outcomes.range()", "range");
        assert_eq!(finding.place.as_ref(), Some(&head), "the head of the loop");
        assert_eq!(finding.waits.len(), 1);
        assert_eq!(finding.waits[0].op, OpKind::Recv);
        assert_eq!(finding.waits[0].place, head);
        assert_eq!(finding.waits[0].task, finding.task.unwrap());
    }

    #[test]
    fn closing_once_every_job_has_reported_ends_the_collector() {
        assert_eq!(explore(1200, || body(true)).all(), ["ok"]);
    }
}

/// Where `word` stands in the only line of this file that contains `code`.
fn place_of(code: &str, word: &str) -> Place {
    let here = include_str!("stories.rs");
    let calls = |line: &str| line.contains(code) && !line.contains("place_of");
    let mut lines = (1..).zip(here.lines()).filter(|(_, line)| calls(line));
    let (line, text) = lines.next().expect("the code stands in this file");
    assert!(lines.next().is_none(), "{code:?} stands in this file twice");
    let column = text.find(&format!(".{word}(")).expect("the word is called") + 2;
    Place {
        file: file!().to_owned(),
        line,
        column: u32::try_from(column).unwrap(),
    }
}
