//! Virtual time: timers in the order of their deadlines.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fmt;
use std::task::Waker;

use crate::id::TaskId;
use crate::rt::waker;
use crate::sanitizer::Edge;
use crate::vtime::VInstant;

/// An armed timer; stale once it has fired or been disarmed.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct TimerId(u64);

impl TimerId {
    /// A timer that is not armed.
    pub(crate) const STALE: TimerId = TimerId(u64::MAX);
}

/// What happens when a timer fires.
pub(crate) enum Action {
    /// The task's wait ends with a timeout.
    Timeout(TaskId),
    /// The waker is woken.
    Wake(Waker),
    /// The function is called by the clock. It must not block.
    Call(Box<dyn FnOnce()>),
}

impl Action {
    /// Whether it runs code that is not the runtime's, on what whoever armed the
    /// timer left it. The clock comes after those, and keeps what it has come to
    /// know from one timer to the next; it must not without need.
    fn is_foreign(&self) -> bool {
        match self {
            Action::Timeout(_) => false,
            Action::Wake(waker) => !waker::is_own(waker),
            Action::Call(_) => true,
        }
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Action::Timeout(task) => write!(f, "Timeout({task})"),
            Action::Wake(_) => f.write_str("Wake"),
            Action::Call(_) => f.write_str("Call"),
        }
    }
}

/// The clock of one execution.
#[derive(Default, Debug)]
pub(crate) struct Clock {
    pub(crate) now: VInstant,
    /// By deadline, then in the order of arming. May hold timers that have been
    /// disarmed, except at the top.
    queue: BinaryHeap<Reverse<(VInstant, u64)>>,
    /// The armed timers, sorted by number, which is the order of arming.
    armed: Vec<(u64, Action)>,
    next: u64,
}

impl Clock {
    pub(crate) fn arm(&mut self, deadline: VInstant, action: Action) -> TimerId {
        let id = self.next;
        self.next += 1;
        Edge::timer(id).release();
        self.queue.push(Reverse((deadline, id)));
        self.armed.push((id, action));
        TimerId(id)
    }

    /// Takes back the timer; its action if it had not fired.
    pub(crate) fn disarm(&mut self, timer: TimerId) -> Option<Action> {
        let at = self.armed.binary_search_by_key(&timer.0, |t| t.0).ok()?;
        let (_, action) = self.armed.remove(at);
        Edge::timer(timer.0).acquire();
        self.prune();
        Some(action)
    }

    /// The earliest deadline.
    #[inline]
    pub(crate) fn next_deadline(&self) -> Option<VInstant> {
        self.queue.peek().map(|Reverse((deadline, _))| *deadline)
    }

    /// How many timers have the earliest deadline.
    pub(crate) fn due_together(&self) -> u32 {
        self.next_deadline().map_or(0, |first| {
            let due = |&&Reverse((deadline, id)): &&Reverse<(VInstant, u64)>| {
                deadline == first && self.is_armed(id)
            };
            self.queue.iter().filter(due).count() as u32
        })
    }

    /// Moves time to the earliest deadline and takes the timer with `rank`, in
    /// the order of arming, of those that have it.
    pub(crate) fn fire(&mut self, rank: u32) -> Option<Action> {
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
        let (_, action) = self.armed.remove(at);
        if action.is_foreign() {
            Edge::timer(chosen).acquire();
        }
        self.prune();
        Some(action)
    }

    fn is_armed(&self, id: u64) -> bool {
        self.armed.binary_search_by_key(&id, |t| t.0).is_ok()
    }

    /// Drops disarmed timers from the top of the queue, so that
    /// `next_deadline` is that of an armed one.
    fn prune(&mut self) {
        while let Some(&Reverse((_, id))) = self.queue.peek() {
            if self.is_armed(id) {
                break;
            }
            self.queue.pop();
        }
    }

    /// Takes the actions of all armed timers, which then never fire.
    pub(crate) fn take_armed(&mut self) -> Vec<(u64, Action)> {
        self.queue.clear();
        std::mem::take(&mut self.armed)
    }

    /// Back to the start of virtual time, with no timer armed.
    ///
    /// The epoch is part of the numbers of timers, so that a future that
    /// outlived its execution cannot take back a timer of another one.
    pub(crate) fn reset(&mut self, epoch: u32) {
        debug_assert!(self.armed.is_empty(), "teardown took the armed timers");
        self.now = VInstant::START;
        self.next = u64::from(epoch) << 32;
    }
}
