//! Held out: tasks that have to come in one particular order.
//!
//! Origin: written for this suite; `bad_peterson` after Peterson, "Myths About the
//! Mutual Exclusion Problem", 1981, with two lines exchanged.

use std::sync::Arc;

use super::cells::{Var, join, spawn};

/// Each of four tasks passes a mark on if its predecessor has passed it, and they
/// are spawned the last first. Fixed, the first has none.
pub(super) fn chain<const FIXED: bool>() {
    const LINKS: usize = 4;
    let marks: Arc<[Var; LINKS]> = Arc::new(std::array::from_fn(|_| Var::new(0)));
    let tasks: Vec<_> = (0..LINKS)
        .rev()
        .map(|link| {
            spawn(&marks, move |marks| {
                let passed = match link {
                    0 => !FIXED,
                    link => marks[link - 1].get() == 1,
                };
                if passed {
                    marks[link].set(1);
                    assert!(link < LINKS - 1, "the mark has come through");
                }
            })
        })
        .collect();
    join(tasks);
}

struct Gate {
    wants: [Var; 2],
    turn: Var,
    inside: Var,
}

/// Peterson's algorithm, giving way before asking. Who does not get in at once
/// leaves.
pub(super) fn bad_peterson<const FIXED: bool>() {
    let gate = Arc::new(Gate {
        wants: [0, 0].map(Var::new),
        turn: Var::new(0),
        inside: Var::new(0),
    });
    let tasks: Vec<_> = [0, 1]
        .into_iter()
        .map(|me: usize| {
            spawn(&gate, move |gate| {
                let other = 1 - me;
                if FIXED {
                    gate.wants[me].set(1);
                    gate.turn.set(other as i32);
                } else {
                    gate.turn.set(other as i32);
                    gate.wants[me].set(1);
                }
                let free = gate.wants[other].get() == 0 || gate.turn.get() == me as i32;
                if free {
                    assert_eq!(gate.inside.add(1), 0, "two inside");
                    gate.inside.add(-1);
                }
                gate.wants[me].set(0);
            })
        })
        .collect();
    join(tasks);
}

struct Dispatch {
    urgent: Var,
    normal: Var,
}

/// A dispatcher looks for urgent work first, and somebody brings some in time each
/// time it looks: normal work is never done. Fixed, every other look is for normal
/// work.
pub(super) fn select_starvation<const FIXED: bool>() {
    const ROUNDS: usize = 4;
    let queues = Arc::new(Dispatch {
        urgent: Var::new(0),
        normal: Var::new(1),
    });
    let bring = spawn(&queues, |queues| {
        for _ in 0..ROUNDS {
            if queues.urgent.get() == 0 {
                queues.urgent.set(1);
            }
        }
    });
    let dispatch = spawn(&queues, |queues| {
        for round in 0..ROUNDS {
            let normal_first = FIXED && round % 2 == 1;
            if !normal_first && queues.urgent.get() > 0 {
                queues.urgent.set(0);
            } else if queues.normal.get() > 0 {
                queues.normal.set(0);
            }
        }
        assert_eq!(queues.normal.get(), 0, "normal work is starved");
    });
    join([bring, dispatch]);
}
