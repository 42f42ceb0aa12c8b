//! Async tasks: a check before an await does not hold after it.
//!
//! ```console
//! $ cargo run --example async_tasks
//! ```
//!
//! Exit codes: 0 the bug was found and the fixed twin is clean, 1 otherwise.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use jostle::sync::Mutex;
use jostle::task;

/// A request to another service. Time is virtual, so that this takes none.
async fn ask_for_approval() {
    task::sleep(Duration::from_millis(50)).await;
}

async fn check_then_ask(balance: Arc<Mutex<u32>>, amount: u32) {
    let enough = *balance.lock().unwrap() >= amount;
    if enough {
        ask_for_approval().await;
        let mut balance = balance.lock().unwrap();
        *balance = balance.checked_sub(amount).expect("overdrawn");
    }
}

async fn ask_then_check(balance: Arc<Mutex<u32>>, amount: u32) {
    ask_for_approval().await;
    let mut balance = balance.lock().unwrap();
    if let Some(rest) = balance.checked_sub(amount) {
        *balance = rest;
    }
}

/// Two payments of which the balance covers one. The check is made before the await.
#[jostle::scenario]
async fn checked_before_the_await() {
    let balance = Arc::new(Mutex::new(100));
    let first = task::spawn(check_then_ask(Arc::clone(&balance), 70));
    let second = task::spawn(check_then_ask(balance, 70));
    first.await.unwrap();
    second.await.unwrap();
}

/// The same with the check after the await.
#[jostle::scenario]
async fn checked_after_the_await() {
    let balance = Arc::new(Mutex::new(100));
    let first = task::spawn(ask_then_check(Arc::clone(&balance), 70));
    let second = task::spawn(ask_then_check(Arc::clone(&balance), 70));
    first.await.unwrap();
    second.await.unwrap();
    assert_eq!(*balance.lock().unwrap(), 30);
}

fn main() -> ExitCode {
    let explore =
        |name: &'static str| std::panic::catch_unwind(|| jostle::testing::explore(name)).is_ok();
    let found = !explore("checked_before_the_await");
    let clean = explore("checked_after_the_await");
    println!(
        "checked_before_the_await: {}",
        if found { "overdrawn" } else { "missed" }
    );
    println!(
        "checked_after_the_await: {}",
        if clean { "clean" } else { "fails" }
    );
    ExitCode::from(u8::from(!(found && clean)))
}
