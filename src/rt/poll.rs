//! Poll loops, in which a task waits for a future.
//!
//! # Wake-ups
//!
//! A loop polls its future. If the future is pending, the task waits until one of the loop's
//! wakers has been woken *since the poll began*, and polls again. So a wake-up during the poll
//! (the future waits in a blocking operation, or wakes itself) is not lost: the kernel records
//! it, and it ends the wait before the wait begins. Any number of wake-ups before a poll begins
//! amount to one, since that poll sees them all; an extra poll would hide wake-ups that really
//! are lost.
//!
//! Loops nest where a future calls `block_on`. Each waker belongs to one loop of its task, which
//! it names by depth. Waking an outer loop while the inner one waits does not end the inner
//! wait, and is remembered until the inner loop is done.
//!
//! Every poll is a scheduling point on [`ObjectId::WORLD`], the first one too.

use std::task::Waker;

use jostle_core::id::{ObjectId, TaskId};
use jostle_core::kernel::Fast;
use jostle_core::op::{Op, OpKind, Site};

use crate::rt::current::{self, Current};
use crate::rt::{panics, switch, waker};
use crate::sanitizer::Edge;

/// How deep loops may nest: the kernel notes wake-ups in the bits of a word.
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
        let (task, depth) = current.with(|x| {
            let task = x.kernel.current();
            (task, x.kernel.begin_loop())
        });
        if depth >= DEPTHS {
            current.with(|x| x.kernel.end_loop(task));
            panic!("{DEPTHS} calls of block_on are nested");
        }
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
        match current.with(|x| x.fast(|kernel| kernel.fast_poll(poll, self.depth, woken))) {
            Fast::Stay => {}
            Fast::Switch => {
                switch::suspend(current);
                if is_torn_down(current) {
                    return false;
                }
            }
            Fast::Slow => return self.ready_slowly(current, poll, woken),
        }
        self.begin_poll(current);
        true
    }

    #[inline(never)]
    fn ready_slowly(&self, current: Current, poll: Op, woken: bool) -> bool {
        if is_torn_down(current) {
            return false;
        }
        // A destructor that runs because its task panics is not interrupted, as
        // at any other point; it may have to wait, though.
        if !woken && panics::panicking(current) {
            current.with(|x| x.pass_undecided(poll));
            self.begin_poll(current);
            return true;
        }
        if woken && current.with(|x| x.kernel.take_yielded()) {
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
            self.begin_poll(current);
        }
        scheduled
    }

    /// This poll sees whatever the loop has been woken for so far.
    #[inline]
    fn begin_poll(&self, current: Current) {
        current.with(|x| x.kernel.begin_poll(self.depth));
        Edge::wake(self.task.0).acquire();
    }

    /// Posts an operation and waits until it is scheduled; with `woken`, only once
    /// a waker has been woken. Returns false if the execution is being torn down
    /// instead.
    ///
    /// Elsewhere a task unwinds from here in teardown. A poll loop returns, so that
    /// the future is dropped by a task that is not unwinding: destructors that panic
    /// then do no harm.
    fn pass(&self, current: Current, op: Op, woken: bool) -> bool {
        let fast = current.with(|x| {
            x.fast(|kernel| match kernel.fast_poll(op, self.depth, woken) {
                Fast::Slow if !woken => kernel.general_point(op),
                fast => fast,
            })
        });
        match fast {
            Fast::Stay => return true,
            Fast::Switch => switch::suspend(current),
            Fast::Slow => {
                switch::give_way(current, |x| x.at_poll(op, self.depth, woken));
            }
        }
        !is_torn_down(current)
    }
}

fn is_torn_down(current: Current) -> bool {
    current.with(|x| x.kernel.is_teardown())
}

impl Drop for PollLoop {
    fn drop(&mut self) {
        if let Some(current) = current::try_get()
            && current.epoch() == self.epoch
        {
            current.with(|x| x.kernel.end_loop(self.task));
        }
    }
}
