//! Virtual time: keeps timers in the order of their deadlines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Duration;

use crate::id::TaskId;
use crate::vtime::VInstant;

/// An armed timer; stale once it has fired or been disarmed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct TimerId(u64);

impl TimerId {
    /// A timer that is not armed.
    pub const STALE: TimerId = TimerId(u64::MAX);

    /// The number, unique among the timers of a process.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

/// What happens when a timer fires.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Alarm {
    /// The task's wait ends with a timeout.
    Timeout(TaskId),
    /// The carrier does what it keeps under the timer's number.
    Call,
}

/// The clock of one execution.
#[derive(Default, Debug)]
pub(super) struct Clock {
    pub(super) now: VInstant,
    /// The step at which the clock last moved.
    pub(super) moved: u32,
    /// By so much, in total, timers may still fire before what steps could have taken.
    pub(super) delay: Duration,
    /// By deadline, then in the order of arming. May hold timers that have been
    /// disarmed, except at the top.
    queue: BinaryHeap<Reverse<(VInstant, u64)>>,
    /// The armed timers, sorted by number, which is the order of arming.
    armed: Vec<(u64, Alarm)>,
    next: u64,
}

impl Clock {
    #[inline]
    pub(super) fn arm(&mut self, deadline: VInstant, alarm: Alarm) -> TimerId {
        let id = self.next;
        self.next += 1;
        self.queue.push(Reverse((deadline, id)));
        self.armed.push((id, alarm));
        TimerId(id)
    }

    /// Takes back the timer. Returns whether it had not fired.
    #[inline]
    pub(super) fn disarm(&mut self, timer: TimerId) -> bool {
        let Ok(at) = self.armed.binary_search_by_key(&timer.0, |t| t.0) else {
            return false;
        };
        self.armed.remove(at);
        self.prune();
        true
    }

    /// The earliest deadline.
    #[inline]
    pub(super) fn next_deadline(&self) -> Option<VInstant> {
        self.queue.peek().map(|Reverse((deadline, _))| *deadline)
    }

    /// How many timers have the earliest deadline.
    #[inline]
    pub(super) fn due_together(&self) -> u32 {
        self.next_deadline().map_or(0, |first| {
            let due = |&&Reverse((deadline, id)): &&Reverse<(VInstant, u64)>| {
                deadline == first && self.is_armed(id)
            };
            self.queue.iter().filter(due).count() as u32
        })
    }

    /// Moves time to the earliest deadline and takes the timer with `rank`, in
    /// the order of arming, of those that have it.
    #[inline]
    pub(super) fn fire(&mut self, rank: u32) -> Option<(TimerId, Alarm)> {
        let first = self.next_deadline()?;
        self.now = self.now.max(first);
        let mut due = Vec::new();
        while let Some(&Reverse((deadline, id))) = self.queue.peek() {
            if deadline != first {
                break;
            }
            self.queue.pop();
            if self.is_armed(id) {
                due.push(id);
            }
        }
        let chosen = due.remove((rank as usize).min(due.len() - 1));
        for id in due {
            self.queue.push(Reverse((first, id)));
        }
        let at = self.armed.binary_search_by_key(&chosen, |t| t.0).ok()?;
        let (_, alarm) = self.armed.remove(at);
        self.prune();
        Some((TimerId(chosen), alarm))
    }

    #[inline]
    fn is_armed(&self, id: u64) -> bool {
        self.armed.binary_search_by_key(&id, |t| t.0).is_ok()
    }

    /// Drops disarmed timers from the top of the queue, so that
    /// `next_deadline` is that of an armed one.
    #[inline]
    fn prune(&mut self) {
        while let Some(&Reverse((_, id))) = self.queue.peek() {
            if self.is_armed(id) {
                break;
            }
            self.queue.pop();
        }
    }

    /// Forgets all armed timers, which then never fire.
    #[inline]
    pub(super) fn disarm_all(&mut self) {
        self.queue.clear();
        self.armed.clear();
    }

    /// Back to the start of virtual time, with no timer armed.
    ///
    /// The epoch is part of the numbers of timers, so that a future that
    /// outlived its execution cannot take back a timer of another one.
    #[inline]
    pub(super) fn reset(&mut self, epoch: u32) {
        self.disarm_all();
        self.now = VInstant::START;
        self.moved = 0;
        self.delay = Duration::ZERO;
        self.next = u64::from(epoch) << 32;
    }
}
