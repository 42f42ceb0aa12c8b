//! Replaying: a finding comes back from its trace file, and from a test that keeps it.
//!
//! ```console
//! $ cargo run --example replay
//! ```
//!
//! Exit codes: 0 both fail as the finding did, 1 otherwise.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::process::{Command, ExitCode};
use std::sync::Arc;

use jostle::sync::atomic::{AtomicU32, Ordering};
use jostle::thread;

fn add(counter: &AtomicU32) {
    let seen = counter.load(Ordering::SeqCst);
    counter.store(seen + 1, Ordering::SeqCst);
}

/// A counter is read and written in two operations: an addition is lost.
#[jostle::scenario]
fn two_additions() {
    let counter = Arc::new(AtomicU32::new(0));
    let other = Arc::clone(&counter);
    let task = thread::spawn(move || add(&other));
    add(&counter);
    task.join().unwrap();
    assert_eq!(counter.load(Ordering::SeqCst), 2, "an addition was lost");
}

/// What `body` panics with, if it does.
fn failure(body: fn()) -> Option<String> {
    let payload = std::panic::catch_unwind(body).err()?;
    payload.downcast::<String>().ok().map(|report| *report)
}

/// What `JOSTLE_REPLAY` is set to in the command that a report ends with.
fn trace(report: &str) -> Option<&str> {
    let command = report.split_once("JOSTLE_REPLAY=")?.1;
    Some(command.split_once(" cargo test")?.0.trim_matches('\''))
}

fn explore() {
    jostle::testing::explore("two_additions");
}

/// What `jostle export` prints for this bug: one row for each place where the schedule
/// deviates from the one that never preempts.
fn kept() {
    jostle::testing::keep(
        "two_additions",
        &["main before store in add -> (load in add)"],
        "",
    );
}

fn main() -> ExitCode {
    if std::env::var_os("JOSTLE_REPLAY").is_some() {
        explore();
        return ExitCode::SUCCESS;
    }
    let Some(report) = failure(explore) else {
        println!("two_additions: missed");
        return ExitCode::FAILURE;
    };
    let Some(trace) = trace(&report) else {
        println!("two_additions: the report names no trace file");
        return ExitCode::FAILURE;
    };
    println!("two_additions: found, saved as {trace}");

    // Another process, which executes that trace and nothing else.
    let program = std::env::current_exe().expect("the path of this program");
    let replayed = Command::new(program)
        .env("JOSTLE_REPLAY", trace)
        .output()
        .expect("another process");
    let said = String::from_utf8_lossy(&replayed.stderr);
    let same = !replayed.status.success() && said.contains("an addition was lost");
    println!(
        "from the trace file: {}",
        if same {
            "an addition was lost"
        } else {
            "passes"
        }
    );

    let keeps = failure(kept).is_some_and(|report| report.contains("an addition was lost"));
    println!(
        "from the kept schedule: {}",
        if keeps {
            "an addition was lost"
        } else {
            "passes"
        }
    );
    ExitCode::from(u8::from(!(same && keeps)))
}
