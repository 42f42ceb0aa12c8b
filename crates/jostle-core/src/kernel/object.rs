//! The table of objects, with their gates and owners.

use crate::id::{ObjectId, TaskId};
use crate::kernel::Kernel;
use crate::kernel::attention::Attention;
use crate::kernel::notice::Notice;
use crate::log::Entry;
use crate::op::{Op, OpKind, Site};
use crate::strategy::{Gate as GateId, Touch};
use crate::task_set::TaskSet;
use crate::trace::ObjectInfo;

/// Which of an object's two gates.
///
/// A gate is a condition that operations of one sort wait for: a mutex that is
/// free, a channel that has a message, a channel that has room. A task that is
/// about to pass a closed gate is not runnable.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Side {
    /// The gate of whoever needs the object for itself: a lock's owner or writer, a
    /// receiver (for whom the channel must not be empty), and all who wait for an
    /// object with a single gate.
    Exclusive,
    /// The gate of those who share the object: readers of a lock, senders (for whom
    /// the channel must not be full), whoever waits for an initialization.
    Shared,
}

impl Side {
    /// The gate of receivers: the channel is not empty.
    pub const NOT_EMPTY: Side = Side::Exclusive;
    /// The gate of senders: the channel is not full.
    pub const NOT_FULL: Side = Side::Shared;

    /// This gate of `object`, for an exploration.
    #[inline]
    pub(super) fn gate(self, object: ObjectId) -> GateId {
        GateId {
            object,
            side: self as u8,
        }
    }
}

/// A condition and the tasks that are about to pass it.
#[derive(Default, Debug)]
pub(super) struct Gate {
    /// Invariant: a task in `pending` is runnable if and only if `open`, except
    /// that one whose deadline has passed is runnable and no longer in `pending`.
    pub(super) open: bool,
    pub(super) pending: TaskSet,
}

impl Gate {
    /// Opens or shuts the gate, with what follows for the `runnable` tasks. Returns
    /// whether it was shut and is open.
    #[inline(always)]
    fn set(&mut self, open: bool, runnable: &mut TaskSet) -> bool {
        if self.open == open {
            return false;
        }
        self.open = open;
        if open {
            runnable.insert_all(&self.pending);
        } else {
            runnable.remove_all(&self.pending);
        }
        open
    }
}

/// A row of the object table.
#[derive(Default, Debug)]
pub(super) struct Object {
    /// The task that holds it, for objects that only the holder can release.
    pub(super) owner: Option<TaskId>,
    /// A wake-up was given while nobody waited.
    pub(super) missed: bool,
    /// Somebody has tried to acquire it without waiting. From then on releasing
    /// it is a scheduling point, since a try can tell.
    pub(super) tried: bool,
    pub(super) gates: [Gate; 2],
}

impl Kernel {
    /// Gives an object its number and a clean row, with both gates shut.
    #[inline]
    pub fn new_object(&mut self, kind: &'static str, site: Site) -> ObjectId {
        let at = self.object_info.len();
        self.object_info.push(ObjectInfo { kind, site });
        if let Some(row) = self.objects.get_mut(at) {
            row.owner = None;
            row.missed = false;
            row.tried = false;
            for gate in &mut row.gates {
                gate.open = false;
                gate.pending.clear();
            }
        } else {
            self.objects.push(Object::default());
        }
        let object = ObjectId(at as u32);
        if self.attention.has(Attention::WATCHER) || self.is_explored() {
            self.notify_policy(Notice::Appeared(object));
        }
        object
    }

    #[inline(always)]
    pub(super) fn object(&self, object: ObjectId) -> &Object {
        &self.objects[object.0 as usize]
    }

    #[inline(always)]
    pub(super) fn object_mut(&mut self, object: ObjectId) -> &mut Object {
        &mut self.objects[object.0 as usize]
    }

    #[inline(always)]
    pub(super) fn gate_mut(&mut self, object: ObjectId, side: Side) -> &mut Gate {
        &mut self.objects[object.0 as usize].gates[side as usize]
    }

    /// Whether a gate is open.
    #[inline]
    #[must_use]
    pub fn is_open(&self, object: ObjectId, side: Side) -> bool {
        self.object(object).gates[side as usize].open
    }

    /// The first of the tasks that are about to pass a gate.
    #[must_use]
    #[inline]
    pub fn first_at(&self, object: ObjectId, side: Side) -> Option<TaskId> {
        self.object(object).gates[side as usize].pending.first()
    }

    /// Opens or shuts a gate.
    #[inline(always)]
    pub fn set_gate(&mut self, object: ObjectId, side: Side, open: bool) {
        self.note_gate(object, side, open);
        let gate = &mut self.objects[object.0 as usize].gates[side as usize];
        if gate.set(open, &mut self.view.runnable) && self.attention.has(Attention::WATCHER) {
            self.announce_all_at(object, side);
        }
    }

    /// Sets both gates of an object: the exclusive one, then the shared one.
    #[inline]
    pub fn set_gates(&mut self, object: ObjectId, open: [bool; 2]) {
        self.note_gate(object, Side::Exclusive, open[0]);
        self.note_gate(object, Side::Shared, open[1]);
        let [first, second] = &mut self.objects[object.0 as usize].gates;
        let first = first.set(open[0], &mut self.view.runnable);
        let second = second.set(open[1], &mut self.view.runnable);
        if self.attention.has(Attention::WATCHER) {
            if first {
                self.announce_all_at(object, Side::Exclusive);
            }
            if second {
                self.announce_all_at(object, Side::Shared);
            }
        }
    }

    #[cold]
    fn announce_all_at(&mut self, object: ObjectId, side: Side) {
        let gate = &self.objects[object.0 as usize].gates[side as usize];
        for task in gate.pending.iter() {
            self.notices.push(Notice::Runnable(task));
        }
    }

    #[inline(always)]
    fn note_gate(&mut self, object: ObjectId, side: Side, open: bool) {
        if self.is_explored() && self.is_open(object, side) != open {
            self.notify_policy(Notice::GateSet(side.gate(object), open));
        }
    }

    /// The task that holds an object that only its holder can release.
    #[inline]
    #[must_use]
    pub fn owner(&self, object: ObjectId) -> Option<TaskId> {
        self.object(object).owner
    }

    /// Notes who holds an object that only its holder can release.
    #[inline]
    pub fn set_owner(&mut self, object: ObjectId, owner: Option<TaskId>) {
        self.object_mut(object).owner = owner;
    }

    /// The running task takes a lock: it owns the object, and the gate is shut.
    #[inline]
    pub fn acquire(&mut self, object: ObjectId, side: Side) {
        self.object_mut(object).owner = Some(self.current);
        self.set_gate(object, side, false);
    }

    /// The reverse of [`acquire`](Kernel::acquire).
    #[inline]
    pub fn give_up(&mut self, object: ObjectId, side: Side) {
        self.object_mut(object).owner = None;
        self.set_gate(object, side, true);
    }

    /// Gives up a lock and logs that as an event, unless releasing it has to be a
    /// scheduling point. Returns whether it did.
    #[inline]
    pub fn unlock(&mut self, object: ObjectId, side: Side, kind: OpKind, site: Site) -> bool {
        let me = self.current;
        let row = &mut self.objects[object.0 as usize];
        if self.attention.is_none() && !row.tried {
            // As below, where nobody has to be told of anything.
            row.owner = None;
            row.gates[side as usize].set(true, &mut self.view.runnable);
            let mut entry = Entry::new(Op { kind, object, site }, me, 0);
            entry.marks.event = true;
            self.log.push(entry);
            return true;
        }
        self.touch(Touch::Tried(object), false);
        let plain = !self.object(object).tried && !self.attention.has(Attention::TEARDOWN);
        if plain {
            self.event(Op { kind, object, site });
            self.give_up(object, side);
        }
        plain
    }

    /// Whether releasing the object has to be a scheduling point, because somebody
    /// tries to acquire it without waiting.
    #[inline]
    pub fn is_tried(&mut self, object: ObjectId) -> bool {
        self.touch(Touch::Tried(object), false);
        self.object(object).tried
    }

    /// Notes that somebody tries to acquire the object without waiting.
    #[inline]
    pub fn set_tried(&mut self, object: ObjectId) {
        if !std::mem::replace(&mut self.object_mut(object).tried, true) {
            self.touch(Touch::Tried(object), true);
        }
    }

    /// Notes that a wake-up was given while no task waited (`missed`), or that a task has
    /// taken it since.
    #[inline]
    pub fn set_missed(&mut self, object: ObjectId, missed: bool) {
        self.object_mut(object).missed = missed;
    }
}
