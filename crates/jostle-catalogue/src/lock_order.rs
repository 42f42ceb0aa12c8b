//! Two tasks take the same two locks in opposite order (ABBA).
//!
//! Origin: Coffman, Elphick, Shoshani, "System Deadlocks", 1971; here as a transfer
//! between two accounts.

use std::sync::Arc;

use jostle::sync::Mutex;
use jostle::thread;

struct Account {
    number: u32,
    balance: Mutex<i64>,
}

fn accounts() -> (Arc<Account>, Arc<Account>) {
    let account = |number| {
        Arc::new(Account {
            number,
            balance: Mutex::new(100),
        })
    };
    (account(1), account(2))
}

fn cross_transfers(transfer: fn(&Account, &Account, i64)) {
    let (a, b) = accounts();
    let (from, to) = (Arc::clone(&b), Arc::clone(&a));
    let task = thread::Builder::new()
        .name("b to a".to_owned())
        .spawn(move || transfer(&from, &to, 20))
        .unwrap();
    transfer(&a, &b, 10);
    task.join().unwrap();
    let (a, b) = (*a.balance.lock().unwrap(), *b.balance.lock().unwrap());
    assert_eq!((a, b), (110, 90));
}

/// Each transfer locks its own account first: two of them wait for each other.
#[jostle::scenario(expect = "deadlock: wait for each other")]
fn lock_order_abba() {
    cross_transfers(|from, to, amount| {
        let mut from = from.balance.lock().unwrap();
        let mut to = to.balance.lock().unwrap();
        *from -= amount;
        *to += amount;
    });
}

/// Every transfer locks the account with the smaller number first.
#[jostle::scenario]
fn lock_order_fixed() {
    cross_transfers(|from, to, amount| {
        let (first, second) = if from.number < to.number {
            (from, to)
        } else {
            (to, from)
        };
        let mut first_balance = first.balance.lock().unwrap();
        let mut second_balance = second.balance.lock().unwrap();
        if from.number < to.number {
            *first_balance -= amount;
            *second_balance += amount;
        } else {
            *first_balance += amount;
            *second_balance -= amount;
        }
    });
}
