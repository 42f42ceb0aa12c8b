//! Threads and locks: two transfers in opposite directions deadlock.
//!
//! ```console
//! $ cargo run --example scenario
//! ```
//!
//! Exit codes: 0 the deadlock was found and the fixed twin is clean, 1 otherwise.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::process::ExitCode;
use std::sync::Arc;

use jostle::sync::Mutex;
use jostle::thread;

struct Account {
    number: u32,
    balance: Mutex<u32>,
}

/// Moves money between two accounts, locking them in the order `order` gives.
fn transfer(from: &Account, to: &Account, order: fn(&Account, &Account) -> bool) {
    let (mut source, mut target);
    if order(from, to) {
        source = from.balance.lock().unwrap();
        target = to.balance.lock().unwrap();
    } else {
        target = to.balance.lock().unwrap();
        source = from.balance.lock().unwrap();
    }
    *source -= 1;
    *target += 1;
}

fn two_transfers(order: fn(&Account, &Account) -> bool) {
    let account = |number| {
        Arc::new(Account {
            number,
            balance: Mutex::new(10),
        })
    };
    let (a, b) = (account(1), account(2));
    let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
    let back = thread::spawn(move || transfer(&b2, &a2, order));
    transfer(&a, &b, order);
    back.join().unwrap();
}

/// Each transfer locks the account that it takes from first.
#[jostle::scenario]
fn source_first() {
    two_transfers(|_, _| true);
}

/// Both transfers lock the account with the lower number first.
#[jostle::scenario]
fn lower_number_first() {
    two_transfers(|from, to| from.number < to.number);
}

fn main() -> ExitCode {
    // The attribute also makes each scenario a test. That test calls `explore`, which
    // panics with a report.
    let found = std::panic::catch_unwind(|| jostle::testing::explore("source_first")).is_err();
    let clean = std::panic::catch_unwind(|| jostle::testing::explore("lower_number_first")).is_ok();
    println!(
        "source_first: {}",
        if found { "deadlock" } else { "missed" }
    );
    println!(
        "lower_number_first: {}",
        if clean { "clean" } else { "fails" }
    );
    ExitCode::from(u8::from(!(found && clean)))
}
