//! A task that puts in and a task that takes out, each in a loop of its own, with a
//! flag that says whose turn it is; who finds that it is not his turn skips one.
//! Both count rounds where they should count elements.
//!
//! Origin: SCTBench, `CS/circular_buffer`, `CS/queue`, `CS/stack`.

use std::sync::Arc;

use super::cells::{Lock, join, spawn};

struct Turns {
    elements: Vec<usize>,
    taken: usize,
    /// Whether something may be put in, and not taken out.
    open: bool,
}

impl Turns {
    fn new() -> Arc<Lock<Turns>> {
        Arc::new(Lock::new(Turns {
            elements: Vec::new(),
            taken: 0,
            open: true,
        }))
    }
}

/// Puts in the number of the round and expects to take out the number of its own.
/// It shows as soon as one of the two skips a round and the other does not.
pub(super) fn circular_buffer<const FIXED: bool>() {
    const ROUNDS: usize = 7;
    let buffer = Turns::new();
    let insert = spawn(&buffer, |buffer| {
        for round in 0..ROUNDS {
            let mut buffer = buffer.lock();
            if buffer.open {
                let number = if FIXED { buffer.elements.len() } else { round };
                buffer.elements.push(number);
                buffer.open = false;
            }
        }
    });
    let remove = spawn(&buffer, |buffer| {
        for round in 0..ROUNDS {
            let mut buffer = buffer.lock();
            if !buffer.open {
                let number = if FIXED { buffer.taken } else { round };
                let taken = buffer.elements[buffer.taken];
                assert_eq!(taken, number, "not the element of this round");
                buffer.taken += 1;
                buffer.open = true;
            }
        }
    });
    join([insert, remove]);
}

struct Queue {
    turns: Turns,
    /// What was put in, by round, and what is expected to come out.
    stored: Vec<Option<usize>>,
}

/// Notes what it puts in under the number of the round and compares it with what
/// comes out under the number of another round.
pub(super) fn queue<const FIXED: bool>() {
    const ROUNDS: usize = 20;
    let queue = Arc::new(Lock::new(Queue {
        turns: Turns {
            elements: Vec::new(),
            taken: 0,
            open: true,
        },
        stored: vec![None; ROUNDS + 1],
    }));
    let enqueue = spawn(&queue, |queue| {
        let mut value = 100;
        {
            let mut queue = queue.lock();
            queue.turns.elements.push(value);
            queue.stored[0] = Some(value);
        }
        for round in 1..ROUNDS {
            let mut queue = queue.lock();
            if queue.turns.open {
                value += 1;
                let at = match FIXED {
                    true => queue.turns.elements.len(),
                    false => round,
                };
                queue.turns.elements.push(value);
                queue.stored[at] = Some(value);
                queue.turns.open = false;
            }
        }
    });
    let dequeue = spawn(&queue, |queue| {
        for round in 0..ROUNDS {
            let mut queue = queue.lock();
            if !queue.turns.open {
                let taken = queue.turns.taken;
                let at = if FIXED { taken } else { round };
                let value = Some(queue.turns.elements[taken]);
                assert_eq!(value, queue.stored[at], "not what was stored");
                queue.turns.taken += 1;
                queue.turns.open = true;
            }
        }
    });
    join([enqueue, dequeue]);
}

#[derive(Default)]
struct Stack {
    height: usize,
    filled: bool,
}

/// Pops whenever something has ever been pushed. It shows when pops overtake the
/// pushes. Fixed, it looks at the height.
pub(super) fn stack<const FIXED: bool>() {
    const SIZE: usize = 10;
    let stack = Arc::new(Lock::new(Stack::default()));
    let push = spawn(&stack, |stack| {
        for _ in 0..SIZE {
            let mut stack = stack.lock();
            stack.height += 1;
            stack.filled = true;
        }
    });
    let pop = spawn(&stack, |stack| {
        for _ in 0..SIZE {
            let mut stack = stack.lock();
            let ready = if FIXED {
                stack.height > 0
            } else {
                stack.filled
            };
            if ready {
                assert!(stack.height > 0, "underflow");
                stack.height -= 1;
            }
        }
    });
    join([push, pop]);
}
