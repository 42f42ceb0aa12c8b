//! Go's channels: a request that times out leaves its goroutine behind.
//!
//! ```console
//! $ cargo run --example go_channels
//! ```
//!
//! Exit codes: 0 the leak was found and the fixed twin is clean, 1 otherwise.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::process::ExitCode;
use std::time::Duration;

use jostle::go;

/// Waits for an answer, but no longer than it takes to give one.
fn request(capacity: usize) -> Option<u32> {
    let work = Duration::from_millis(10);
    let (send, answer) = go::chan(capacity);
    go::spawn(move || {
        go::sleep(work);
        send.send(42);
    });
    let deadline = go::after(work);
    go::select! {
        recv(answer) -> got => got,
        recv(deadline) => None,
    }
}

/// Nobody receives an answer that comes too late: its goroutine waits for ever.
#[jostle::scenario]
fn unbuffered() {
    let _ = request(0);
}

/// The answer fits into the channel, whether anybody waits for it or not.
#[jostle::scenario]
fn buffered() {
    let _ = request(1);
}

fn main() -> ExitCode {
    let explore =
        |name: &'static str| std::panic::catch_unwind(|| jostle::testing::explore(name)).is_ok();
    let found = !explore("unbuffered");
    let clean = explore("buffered");
    println!("unbuffered: {}", if found { "leak" } else { "missed" });
    println!("buffered: {}", if clean { "clean" } else { "fails" });
    ExitCode::from(u8::from(!(found && clean)))
}
