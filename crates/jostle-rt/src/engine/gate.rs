//! Locks that the program's memory describes, as gates of the kernel.
//!
//! What the memory of a lock says is the truth: it is put back with the rest before each
//! execution, and the program may write a new lock over an old one. The kernel is told of it
//! whenever a thread arrives and whenever a thread changes it; so the kernel knows who can go
//! on, who holds what, and which holders wait for each other in a circle.
//!
//! The harness has no task: it waits at the address, and whoever opens a gate wakes it.

use jostle_core::id::{ObjectId, TaskId};
use jostle_core::kernel::{Fast, Side};
use jostle_core::op::{Op, OpKind};
use jostle_core::vtime::VInstant;

use crate::engine::point::{go_on, point};
use crate::engine::{Engine, wait, with};
use crate::hot;

/// What the memory of a lock says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Gates {
    /// For whom needs it for himself.
    pub(crate) exclusive: bool,
    /// For whom shares it.
    pub(crate) shared: bool,
}

impl Gates {
    /// Of an object with a single gate.
    pub(crate) const fn single(open: bool) -> Gates {
        Gates {
            exclusive: open,
            shared: false,
        }
    }

    fn is_open(self, side: Side) -> bool {
        match side {
            Side::Exclusive => self.exclusive,
            Side::Shared => self.shared,
        }
    }
}

/// What a thread does to a lock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visit {
    /// What the lock is called.
    pub(crate) name: &'static str,
    pub(crate) kind: OpKind,
    pub(crate) address: usize,
    pub(crate) side: Side,
    /// Where the program's code goes on.
    pub(crate) pc: usize,
}

/// The running thread is about to pass a gate: it goes on once that is open, or, with a
/// deadline, once that has passed. Returns whether it is open. `look` says what the memory
/// of the lock says.
pub(crate) fn pass(visit: Visit, deadline: Option<VInstant>, look: impl Fn() -> Gates) -> bool {
    let Visit { address, side, .. } = visit;
    if !hot::is_watched() {
        while !look().is_open(side) {
            wait::wait(address, wait::ANY, None);
        }
        return true;
    }
    hot::forget_accesses();
    let gates = look();
    let (object, fast) = with(|e| {
        let op = e.lock_op(visit, gates);
        let fast = match deadline {
            None => e.kernel().fast_gate(op, side),
            Some(_) => Fast::Slow,
        };
        if fast == Fast::Slow {
            e.asking(|kernel, policy| kernel.at_gate(op, side, deadline, policy));
        }
        (op.object, fast)
    });
    if fast == Fast::Stay {
        return true;
    }
    go_on();
    with(
        |e| match e.kernel().is_undisturbed() && deadline.is_none() {
            true => e.kernel().leave_gate(object, side),
            false => e.inside(|e| e.kernel().leave_gate_in_time(object, side)),
        },
    )
}

/// The running thread is about to see whether a gate is open, without waiting.
pub(crate) fn attempt(visit: Visit, look: impl Fn() -> Gates) -> bool {
    if hot::is_watched() {
        let gates = look();
        with(|e| {
            let op = e.lock_op(visit, gates);
            e.inside(|e| e.kernel().set_tried(op.object));
        });
        point(visit.kind, visit.address, visit.pc);
    }
    let open = look().is_open(visit.side);
    if hot::is_watched() {
        with(|e| e.kernel().note(u32::from(open)));
    }
    open
}

/// The running thread has taken the lock at `address`, which nobody else can open now.
pub(crate) fn taken(address: usize, gates: Gates) {
    let me = running();
    with(|e| e.mirror(address, gates, me));
}

/// The running thread has changed the lock at `address`, which nobody in particular holds
/// now.
pub(crate) fn changed(address: usize, gates: Gates) {
    with(|e| {
        e.mirror(address, gates, None);
        if e.waiters.is_awaited(address) {
            // Nobody but the harness waits at the address of a lock.
            e.wake_harness(address);
        }
    });
}

/// The running thread is about to open a gate of the lock that it holds. That is a
/// scheduling point if somebody tries to take the lock without waiting, since that can tell.
pub(crate) fn release(visit: Visit, look: impl Fn() -> Gates) {
    if !hot::is_watched() {
        return;
    }
    let gates = look();
    let tried = with(|e| {
        let op = e.lock_op(visit, gates);
        e.inside(|e| {
            let tried = e.kernel().is_tried(op.object);
            if !tried {
                e.kernel().event(op);
            }
            tried
        })
    });
    if tried {
        point(visit.kind, visit.address, visit.pc);
    }
}

/// The task of the running thread.
fn running() -> Option<TaskId> {
    match !hot::is_watched() {
        true => None,
        false => with(|e| Some(e.kernel().current())),
    }
}

impl Engine {
    /// An operation on a lock, whose gates are as its memory says.
    fn lock_op(&mut self, visit: Visit, gates: Gates) -> Op {
        self.introduce(visit.name, visit.address, visit.pc);
        let op = self.op(visit.kind, visit.address, visit.pc);
        let owner = self.kernel().owner(op.object);
        // What is free has no owner. Who holds what was taken before the fork point is not
        // known.
        let owner = owner.filter(|_| !gates.exclusive);
        self.set_gates(op.object, gates, owner);
        op
    }

    /// Tells the kernel what the memory of the lock at `address` says, if anybody has come
    /// to it in this execution.
    fn mirror(&mut self, address: usize, gates: Gates, owner: Option<TaskId>) {
        if let Some(object) = self.objects.get(address) {
            self.set_gates(object, gates, owner);
        }
    }

    fn set_gates(&mut self, object: ObjectId, gates: Gates, owner: Option<TaskId>) {
        let kernel = self.kernel();
        let open = [gates.exclusive, gates.shared];
        let known = [Side::Exclusive, Side::Shared].map(|side| kernel.is_open(object, side));
        kernel.set_owner(object, owner);
        if known == open {
            return;
        }
        match kernel.is_undisturbed() {
            true => kernel.set_gates(object, open),
            // The strategy is told.
            false => self.inside(|e| e.kernel().set_gates(object, open)),
        }
    }
}
