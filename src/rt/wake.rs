//! Waiting for a waker, and waking.

use crate::id::{ObjectId, TaskId};
use crate::rt::duties::Duties;
use crate::rt::execution::Execution;
use crate::rt::task::State;
use crate::sanitizer::Edge;
use crate::strategy::Touch;

impl Execution {
    /// The future that the running task polls at `depth` is pending; the task
    /// waits until it is woken there.
    pub(crate) fn await_wake(&mut self, depth: u32) {
        let me = self.current;
        let row = &mut self.tasks[me.index()];
        if row.is_notified(depth) {
            self.announce(me);
            return;
        }
        row.state = State::Awaiting;
        self.view.ready.remove(me);
    }

    /// The running task polls at `depth`: this poll sees whatever it has been
    /// woken for so far.
    pub(crate) fn begin_poll(&mut self, depth: u32) {
        let row = &mut self.tasks[self.current.index()];
        row.notified &= !(1 << depth);
        row.yielded = false;
        Edge::wake(self.current.0).acquire();
    }

    /// Whether the future that the running task has polled asks that others go
    /// first. It is heard once.
    pub(crate) fn take_yielded(&mut self) -> bool {
        std::mem::take(&mut self.tasks[self.current.index()].yielded)
    }

    /// A waker of `task` was woken that belongs to its poll loop at `depth`.
    pub(crate) fn notify(&mut self, task: TaskId, depth: u32) {
        self.touch(Touch::Object(ObjectId::WORLD), true);
        let row = &mut self.tasks[task.index()];
        row.notified |= 1 << depth;
        Edge::wake(task.0).release();
        if row.state == State::Awaiting && row.own_wakers == depth + 1 {
            row.state = State::Live;
            self.touch_task(task);
            if self.view.ready.insert(task) {
                self.note_wake(task);
                if self.duties.has(Duties::WATCHER) {
                    self.tell_woken(task);
                }
            }
        }
    }

    #[cold]
    fn tell_woken(&mut self, task: TaskId) {
        self.woken.push(task);
    }

    /// Tells the strategy who has been woken since the last decision, by number.
    ///
    /// The order in which wakers were woken is the affair of the code that woke
    /// them, and need not be the same each time: `tokio::sync::watch` spreads its
    /// waiters over eight lists at random.
    #[cold]
    pub(super) fn announce_woken(&mut self) {
        self.woken.sort_unstable();
        for i in 0..self.woken.len() {
            self.strategy.ready(self.woken[i]);
        }
        self.woken.clear();
    }

    pub(crate) fn count_wakers(&mut self, task: TaskId, by: i32) {
        if task.index() < self.view.tasks.len() {
            let row = &mut self.tasks[task.index()];
            row.wakers = row.wakers.saturating_add_signed(by);
        }
    }
}
