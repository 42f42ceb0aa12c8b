//! Limits the steps, tasks, stacks and virtual time of one execution.

use std::time::Duration;

/// What one execution may use up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Budget {
    /// Steps under the strategy. An execution that is not over by then goes on
    /// under a fair scheduler for as many steps again; only if that does not end
    /// either is it a livelock.
    pub steps: u32,
    /// Tasks alive or finished, at most 16,384.
    pub tasks: u32,
    /// Size of a task's stack in bytes; a guard page lies below it.
    pub stack: usize,
    /// How much virtual time one step may take.
    ///
    /// A timer may fire before runnable tasks if its deadline
    /// lies within what the steps made since the clock last moved could have
    /// taken. With zero, time moves only when no task can run.
    pub step_time: Duration,
}

impl Budget {
    /// 50,000 steps, 10,000 tasks, stacks of 256 KiB, a millisecond a step.
    pub const DEFAULT: Budget = Budget {
        steps: 50_000,
        tasks: 10_000,
        stack: 256 * 1024,
        step_time: Duration::from_millis(1),
    };
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::DEFAULT
    }
}
