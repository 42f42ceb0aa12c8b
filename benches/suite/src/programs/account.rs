//! Programs whose tasks take one lock each: only the order of the tasks counts.
//!
//! Origin: SCTBench, `CS/account`, `CS/lazy01`, `CS/token_ring`.

use std::sync::Arc;

use super::cells::{Lock, join, spawn};

#[derive(Default)]
struct Bank {
    balance: i32,
    deposited: bool,
    withdrawn: bool,
}

/// A check of the balance gets the sign of the deposit wrong. It shows when the
/// check comes last.
pub(super) fn account<const FIXED: bool>() {
    let (start, deposit, withdrawal) = (1, 2, 4);
    let bank = Arc::new(Lock::new(Bank {
        balance: start,
        ..Bank::default()
    }));
    let check = spawn(&bank, move |bank| {
        let bank = bank.lock();
        if bank.deposited && bank.withdrawn {
            let deposited = if FIXED { deposit } else { -deposit };
            let expected = start + deposited - withdrawal;
            assert_eq!(bank.balance, expected, "wrong balance");
        }
    });
    let deposit = spawn(&bank, move |bank| {
        let mut bank = bank.lock();
        bank.balance += deposit;
        bank.deposited = true;
    });
    let withdraw = spawn(&bank, move |bank| {
        let mut bank = bank.lock();
        bank.balance -= withdrawal;
        bank.withdrawn = true;
    });
    join([check, deposit, withdraw]);
}

/// Two tasks add up to 3, which a third takes to be impossible. It shows when the
/// third comes last.
pub(super) fn lazy01<const FIXED: bool>() {
    let data = Arc::new(Lock::new(0));
    let limit = if FIXED { 4 } else { 3 };
    let check = spawn(&data, move |data| {
        assert!(*data.lock() < limit, "both have added");
    });
    let two = spawn(&data, |data| *data.lock() += 2);
    let one = spawn(&data, |data| *data.lock() += 1);
    join([check, two, one]);
}

struct Ring {
    x: [i32; 3],
    done: [bool; 3],
}

/// Three tasks pass a value around; a fourth expects all to hold the same one when
/// the three are done. That holds for two of the six orders. Fixed, each is waited
/// for before the next one starts.
pub(super) fn token_ring<const FIXED: bool>() {
    let ring = Arc::new(Lock::new(Ring {
        x: [1, 2, 1],
        done: [false; 3],
    }));
    let mut tasks = Vec::new();
    let mut started = |task| {
        if FIXED {
            join([task]);
        } else {
            tasks.push(task);
        }
    };
    started(spawn(&ring, |ring| {
        let mut ring = ring.lock();
        ring.x[0] = (ring.x[2] + 1) % 4;
        ring.done[0] = true;
    }));
    started(spawn(&ring, |ring| {
        let mut ring = ring.lock();
        ring.x[1] = ring.x[0];
        ring.done[1] = true;
    }));
    started(spawn(&ring, |ring| {
        let mut ring = ring.lock();
        ring.x[2] = ring.x[1];
        ring.done[2] = true;
    }));
    started(spawn(&ring, |ring| {
        let ring = ring.lock();
        let equal = ring.x[0] == ring.x[1] && ring.x[1] == ring.x[2];
        assert!(ring.done != [true; 3] || equal, "the ring disagrees");
    }));
    join(tasks);
}
