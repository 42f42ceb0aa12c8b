//! Two tasks that have to take turns exactly, many times over, with no help: who
//! comes at the wrong time gives up.
//!
//! Origin: ours. Blind samplers find `K` hand-shakes with probability 2^-(4K - 2).

use std::sync::Arc;

use super::cells::{Var, join, spawn};

/// `K` hand-shakes in a row, which nobody thought possible. Each value is there
/// once, so that it says how far the two have come. Fixed, the last one is not
/// offered.
pub(super) fn handshake<const K: i32, const FIXED: bool>() {
    take_turns::<K, FIXED>(|round| 2 * round);
}

/// The same with two values that alternate and say nothing about how far the two
/// have come.
pub(super) fn handshake_b<const K: i32, const FIXED: bool>() {
    take_turns::<K, FIXED>(|_| 0);
}

fn take_turns<const K: i32, const FIXED: bool>(offer: fn(i32) -> i32) {
    let turn = Arc::new(Var::new(offer(0)));
    let ping = spawn(&turn, move |turn| {
        for round in 0..K - i32::from(FIXED) {
            if turn.get() != offer(round) {
                return;
            }
            turn.set(offer(round) + 1);
        }
    });
    let pong = spawn(&turn, move |turn| {
        for round in 0..K {
            if turn.get() != offer(round) + 1 {
                return;
            }
            turn.set(offer(round + 1));
        }
        panic!("all hands shaken");
    });
    join([ping, pong]);
}
