//! Poll loops: a task that waits for a future.
//!
//! # Wake-ups
//!
//! A loop polls its future; if that is pending, the task waits until one of the
//! loop's wakers has been woken *since the poll began*, and polls again. A
//! wake-up that comes while the poll runs (the future waits in a blocking
//! operation, or wakes itself) is thus not lost: it is noted in
//! [`Task::notified`](crate::rt::task::Task) and ends the wait before it begins.
//! Any number of wake-ups before a poll begins amount to one, since that poll
//! sees them all; an extra poll would hide wake-ups that really are lost.
//!
//! Loops nest where a future calls `block_on`. Each waker belongs to one loop of
//! its task, which it names by depth: waking an outer one while the inner one
//! waits does not end the inner wait and is there when the inner one is done.
//!
//! Every poll is a scheduling point on [`ObjectId::WORLD`], the first one too.

use std::task::Waker;

use crate::id::{ObjectId, TaskId};
use crate::op::{Op, OpKind, Site};
use crate::rt::current::{self, Current};
use crate::rt::turn::Turn;
use crate::rt::{panics, switch, waker};

/// How deep loops may nest: the bits of `Task::notified`.
const DEPTHS: u32 = u64::BITS;

/// A loop of the running task that polls a future.
#[derive(Debug)]
pub(crate) struct PollLoop {
    epoch: u32,
    task: TaskId,
    /// How many loops of the task this one is inside of.
    depth: u32,
    /// The waker to poll with.
    pub(crate) waker: Waker,
}

impl PollLoop {
    /// A poll loop of the running task.
    ///
    /// # Panics
    ///
    /// If the task is in 64 of them already.
    pub(crate) fn new() -> PollLoop {
        let current = current::get("future");
        let (task, depth) = current.with(|x| (x.current, x.tasks[x.current.index()].own_wakers));
        assert!(depth < DEPTHS, "{DEPTHS} calls of block_on are nested");
        current.with(|x| {
            let row = &mut x.tasks[task.index()];
            row.own_wakers += 1;
            // An earlier loop at this depth may have left wakers behind.
            row.notified &= !(1 << depth);
        });
        PollLoop {
            epoch: current.epoch(),
            task,
            depth,
            waker: waker::waker(current.epoch(), task, depth),
        }
    }

    /// A scheduling point before a poll. With `woken`, only once a waker of the
    /// loop has been woken since the last poll began.
    ///
    /// Returns false if the execution is being torn down: drop the future
    /// instead of polling it.
    #[inline]
    pub(crate) fn ready(&self, woken: bool, site: Site) -> bool {
        let current = current::get("future");
        let poll = Op {
            kind: OpKind::Poll,
            object: ObjectId::WORLD,
            site,
        };
        match current.with(|x| x.turn_at_poll(poll, self.depth, woken)) {
            Turn::Mine => {}
            Turn::Another => {
                switch::depart(current);
                if is_torn_down(current) {
                    return false;
                }
            }
            Turn::Unusual => return self.ready_unusually(current, poll, woken),
        }
        current.with(|x| x.begin_poll(self.depth));
        true
    }

    #[inline(never)]
    fn ready_unusually(&self, current: Current, poll: Op, woken: bool) -> bool {
        if is_torn_down(current) {
            return false;
        }
        // A destructor that runs because its task panics is not interrupted, as
        // at any other point; it may have to wait, though.
        if !woken && panics::panicking(current) {
            current.with(|x| {
                x.post(poll);
                x.step(x.current, 0);
                x.begin_poll(self.depth);
            });
            return true;
        }
        if woken && current.with(|x| x.take_yielded()) {
            let offer = Op {
                kind: OpKind::Yield,
                object: ObjectId::NONE,
                ..poll
            };
            if !self.pass(current, offer, false) {
                return false;
            }
        }
        let scheduled = self.pass(current, poll, woken);
        if scheduled {
            current.with(|x| x.begin_poll(self.depth));
        }
        scheduled
    }

    /// Posts an operation and waits until it is scheduled; with `woken`, only once
    /// a waker has been woken. Returns false if the execution is being torn down
    /// instead.
    ///
    /// Elsewhere a task unwinds from here in teardown. A poll loop returns, so that
    /// the future is dropped by a task that is not unwinding: destructors that panic
    /// then do no harm.
    fn pass(&self, current: Current, op: Op, woken: bool) -> bool {
        let turn = current.with(|x| match x.turn_at_poll(op, self.depth, woken) {
            Turn::Unusual if !woken => x.turn_in_general(op),
            turn => turn,
        });
        match turn {
            Turn::Mine => return true,
            Turn::Another => switch::depart(current),
            Turn::Unusual => {
                current.with(|x| {
                    x.post(op);
                    if woken {
                        x.await_wake(self.depth);
                    } else {
                        x.announce(x.current);
                    }
                });
                switch::give_way(current);
            }
        }
        !is_torn_down(current)
    }
}

fn is_torn_down(current: Current) -> bool {
    current.with(|x| x.is_teardown())
}

impl Drop for PollLoop {
    fn drop(&mut self) {
        if let Some(current) = current::try_get()
            && current.epoch() == self.epoch
        {
            current.with(|x| {
                let row = &mut x.tasks[self.task.index()];
                row.own_wakers = row.own_wakers.saturating_sub(1);
            });
        }
    }
}
