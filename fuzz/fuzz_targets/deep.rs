//! Two bugs that take a search: one of sixteen steps in a row, each of which has to be
//! the right one, and one that needs an unlikely order among twenty tasks. Bytes that
//! are choices find the first in the end and not the second; samplers find the second
//! in the end and not the first.

use std::sync::Arc;

use jostle::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use jostle::thread;

/// Two tasks pass a number to and fro eight times, and give up if it is not their turn.
#[jostle::scenario(expect = "panic: all the way")]
fn hand_shake_8() {
    let turn = Arc::new(AtomicU32::new(0));
    let theirs = Arc::clone(&turn);
    let other = thread::spawn(move || {
        for n in 0..8 {
            if theirs.load(SeqCst) != 2 * n + 1 {
                return;
            }
            theirs.store(2 * n + 2, SeqCst);
        }
        panic!("all the way");
    });
    for n in 0..8 {
        if turn.load(SeqCst) != 2 * n {
            break;
        }
        turn.store(2 * n + 1, SeqCst);
    }
    let _ = other.join();
}

/// Nineteen writers set two flags one after the other; the reader sees the first one set
/// and the second one not.
#[jostle::scenario(expect = "panic: torn")]
fn reorder_20() {
    let flags = Arc::new((AtomicBool::new(false), AtomicBool::new(false)));
    let mut tasks = Vec::new();
    for _ in 0..19 {
        let flags = Arc::clone(&flags);
        tasks.push(thread::spawn(move || {
            flags.0.store(true, SeqCst);
            flags.1.store(true, SeqCst);
        }));
    }
    tasks.push(thread::spawn(move || {
        let seen = (flags.0.load(SeqCst), flags.1.load(SeqCst));
        assert!(seen != (true, false), "torn");
    }));
    for task in tasks {
        let _ = task.join();
    }
}
