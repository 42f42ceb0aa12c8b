//! A cron scheduler whose collector ranges over a channel that nobody closes.
//!
//! Origin: a custom cron scheduler in Go; Uber calls the pattern "channel iteration
//! misuse" (Saioc et al., "Unveiling and Vanquishing Goroutine Leaks in Enterprise
//! Microservices", CGO 2024). Go 1.27's leak profile shows the collector as
//! `[chan receive (leaked)]`.

use std::sync::Arc;
use std::time::Duration;

use jostle::go::{self, Sender, WaitGroup};
use jostle::sync::Mutex;

const JOBS: [&str; 2] = ["backup", "report"];
const TICKS: usize = 3;

struct Outcome {
    job: &'static str,
    error: Option<String>,
}

fn run(job: &'static str) -> Outcome {
    Outcome { job, error: None }
}

/// Runs the jobs that are due and collects what they came to. `finish` is what
/// `tick` does with the channel when every job has reported.
fn tick(capacity: usize, finish: fn(&Sender<Outcome>)) -> Vec<Outcome> {
    let (send, results) = go::chan(capacity);
    let reports = Arc::new(WaitGroup::new());
    for job in JOBS {
        reports.add(1);
        let send = send.clone();
        go::spawn(move || send.send(run(job)));
    }
    let log = Arc::new(Mutex::new(Vec::new()));
    let (book, reported) = (Arc::clone(&log), Arc::clone(&reports));
    go::spawn(move || {
        for outcome in results.range() {
            book.lock().unwrap().push(outcome);
            reported.done();
        }
    });
    reports.wait();
    finish(&send);
    let mut log = log.lock().unwrap();
    std::mem::take(&mut *log)
}

/// Calls `tick` every minute.
fn every_minute(tick: impl Fn() -> Vec<Outcome>) {
    let minute = go::Ticker::new(Duration::from_secs(60));
    for _ in 0..TICKS {
        minute.c.recv();
        let mut jobs: Vec<_> = tick()
            .into_iter()
            .map(|outcome| {
                assert_eq!(outcome.error, None);
                outcome.job
            })
            .collect();
        jobs.sort_unstable();
        assert_eq!(jobs, JOBS);
    }
    minute.stop();
}

/// Nobody closes the channel: each tick leaves its collector behind.
#[jostle::scenario(expect = "leak: receive (leaked)")]
fn cron_tick() {
    every_minute(|| tick(0, |_| {}));
}

/// A buffer does not help: a range ends only when the channel is closed.
#[jostle::scenario(expect = "leak: receive (leaked)")]
fn cron_tick_buffered() {
    every_minute(|| tick(JOBS.len(), |_| {}));
}

/// The channel is closed when every job has reported.
#[jostle::scenario]
fn cron_tick_fixed() {
    every_minute(|| tick(0, Sender::close));
}

/// Three explicit receives for three sends end by themselves, without a close.
#[jostle::scenario]
fn cron_drained() {
    let (send, receive) = go::chan(0);
    go::spawn(move || {
        for n in 1..=3 {
            assert_eq!(receive.recv(), Some(n));
        }
    });
    for n in 1..=3 {
        send.send(n);
    }
}
