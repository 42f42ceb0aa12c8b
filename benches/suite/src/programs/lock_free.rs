//! Held out: memory that is reclaimed while a task still reads it.
//!
//! Origin: written for this suite; `aba` and `treiber_pop` after Treiber, "Systems
//! Programming: Coping with Parallelism", 1986; `rcu` after McKenney and Slingwine,
//! "Read-Copy Update", 1998; `double_checked` after the "Double-Checked Locking is
//! Broken" declaration, 2000.

use std::sync::Arc;

use super::cells::{Lock, Var, join, spawn};

const NODES: usize = 3;
/// What the head is when the stack is empty.
const NONE: i32 = -1;
/// The head of the fixed stack counts its changes in steps of this.
const TAG: i32 = 8;

struct Stack {
    head: Var,
    next: [Var; NODES],
    taken: [Var; NODES],
}

impl Stack {
    fn new() -> Arc<Stack> {
        Arc::new(Stack {
            head: Var::new(0),
            next: [1, 2, NONE].map(Var::new),
            taken: [0; NODES].map(Var::new),
        })
    }

    fn node(head: i32) -> Option<usize> {
        let node = if head < 0 { head } else { head % TAG };
        usize::try_from(node).ok().filter(|&node| node < NODES)
    }

    /// Takes the first node off, whoever else does the same.
    fn pop<const TAGGED: bool>(&self) -> Option<usize> {
        loop {
            let head = self.head.get();
            let node = Stack::node(head)?;
            let next = self.next[node].get();
            if self.head.replace(head, Stack::after::<TAGGED>(head, next)) {
                assert_eq!(self.taken[node].swap(1), 0, "a node taken twice");
                return Some(node);
            }
        }
    }

    fn push<const TAGGED: bool>(&self, node: usize) {
        self.taken[node].set(0);
        loop {
            let head = self.head.get();
            let next = Stack::node(head).map_or(NODES as i32, |node| node as i32);
            self.next[node].set(next);
            if self
                .head
                .replace(head, Stack::after::<TAGGED>(head, node as i32))
            {
                return;
            }
        }
    }

    /// The head that follows `head` and points to `node`, [`NODES`] or more for
    /// none.
    fn after<const TAGGED: bool>(head: i32, node: i32) -> i32 {
        let node = if node < 0 { NODES as i32 } else { node };
        if TAGGED {
            (head / TAG + 1) * TAG + node
        } else {
            node
        }
    }
}

/// One task is about to exchange the head for its successor while another takes
/// two nodes and puts the first one back: the head is what it was, its successor is
/// not. Fixed, the head carries a count of its changes.
pub(super) fn aba<const FIXED: bool>() {
    let stack = Stack::new();
    let one = spawn(&stack, |stack| {
        stack.pop::<FIXED>();
        stack.pop::<FIXED>();
    });
    let other = spawn(&stack, |stack| {
        let first = stack.pop::<FIXED>();
        stack.pop::<FIXED>();
        if let Some(first) = first {
            stack.push::<FIXED>(first);
        }
    });
    join([one, other]);
}

/// Three tasks take a node each, and do not look whether the head is still what it
/// was. Fixed, they do.
pub(super) fn treiber_pop<const FIXED: bool>() {
    let stack = Stack::new();
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            spawn(&stack, |stack| {
                if FIXED {
                    stack.pop::<true>();
                    return;
                }
                let Some(node) = Stack::node(stack.head.get()) else {
                    return;
                };
                let next = stack.next[node].get();
                stack.head.set(next);
                assert_eq!(stack.taken[node].swap(1), 0, "a node taken twice");
            })
        })
        .collect();
    join(tasks);
}

struct Published {
    current: Var,
    readers: Var,
    freed: [Var; 2],
}

/// A version is freed as soon as there is a new one, whoever reads it. Fixed, it is
/// not freed while there are readers.
pub(super) fn rcu<const READERS: usize, const FIXED: bool>() {
    let published = Arc::new(Published {
        current: Var::new(0),
        readers: Var::new(0),
        freed: [0, 0].map(Var::new),
    });
    let readers: Vec<_> = (0..READERS)
        .map(|_| {
            spawn(&published, |published| {
                published.readers.add(1);
                let version = published.current.get() as usize;
                assert_eq!(published.freed[version].get(), 0, "read after it was freed");
                published.readers.add(-1);
            })
        })
        .collect();
    let update = spawn(&published, |published| {
        published.current.set(1);
        if !FIXED || published.readers.get() == 0 {
            published.freed[0].set(1);
        }
    });
    join(readers.into_iter().chain([update]));
}

struct Lazy {
    ready: Var,
    value: Var,
    lock: Lock<()>,
}

/// Initialization that says it is done before it is.
pub(super) fn double_checked<const FIXED: bool>() {
    let lazy = Arc::new(Lazy {
        ready: Var::new(0),
        value: Var::new(0),
        lock: Lock::new(()),
    });
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            spawn(&lazy, |lazy| {
                if lazy.ready.get() == 0 {
                    let _held = lazy.lock.lock();
                    if lazy.ready.get() == 0 {
                        if FIXED {
                            lazy.value.set(7);
                            lazy.ready.set(1);
                        } else {
                            lazy.ready.set(1);
                            lazy.value.set(7);
                        }
                    }
                }
                assert_eq!(lazy.value.get(), 7, "used before it was made");
            })
        })
        .collect();
    join(tasks);
}
