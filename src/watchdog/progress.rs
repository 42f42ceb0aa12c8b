//! Decides when a thread counts as stalled.
//!
//! Wall-clock time gives false positives: a loaded machine may give a thread no processor
//! for seconds, and a process that a debugger has stopped wakes up much later. So a thread is
//! charged, tick by tick, only for how it spent the time: the processor time that it used, and
//! the ticks that it slept through. A thread that is ready but gets no processor is charged
//! nothing, and there are no ticks while the process is stopped.

use std::time::Duration;

use crate::watchdog::proc::{Look, State};

/// How a thread has stalled.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stall {
    /// It uses its processor and reaches no scheduling point.
    Runs,
    /// It sleeps in the kernel.
    Sleeps,
    /// It does neither: it waits for a processor, a disk or a debugger.
    Starves,
}

/// The time that a thread is charged for since its last heartbeat.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Progress {
    beats: Option<u64>,
    used: u64,
    ran: Duration,
    slept: Duration,
    ticks: Duration,
}

/// A thread that is charged for nothing counts as stalled after this many times the limit,
/// so that nothing hangs for ever.
const STARVATION_FACTOR: u32 = 60;

impl Progress {
    /// A tick of length `tick` is over. `beats` counts the heartbeats of the thread,
    /// `None` if it executes nothing; `clock_tick` is the unit of `look.used`.
    pub(crate) fn tick(
        &mut self,
        beats: Option<u64>,
        look: Look,
        tick: Duration,
        clock_tick: Duration,
        limit: Duration,
    ) -> Option<Stall> {
        if beats.is_none() || beats != self.beats {
            *self = Progress {
                beats,
                used: look.used,
                ..Progress::default()
            };
            return None;
        }
        let used = look.used - self.used.min(look.used);
        self.used = look.used;
        self.ran += clock_tick * u32::try_from(used).unwrap_or(u32::MAX);
        if used == 0 && look.state == State::Asleep {
            self.slept += tick;
        }
        self.ticks += tick;
        if self.ran + self.slept >= limit {
            Some(if self.ran > self.slept {
                Stall::Runs
            } else {
                Stall::Sleeps
            })
        } else if self.ticks >= limit * STARVATION_FACTOR {
            Some(Stall::Starves)
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TICK: Duration = Duration::from_millis(100);
    const LIMIT: Duration = Duration::from_secs(1);

    /// The first tick, counted from 1, at which the thread counts as stalled.
    fn stalls(
        ticks: u32,
        mut thread: impl FnMut(u64) -> (Option<u64>, State, u64),
    ) -> Option<(u32, Stall)> {
        let mut progress = Progress::default();
        (1..=ticks).find_map(|n| {
            let (beats, state, used) = thread(u64::from(n));
            let look = Look { state, used };
            progress
                .tick(beats, look, TICK, TICK / 10, LIMIT)
                .map(|stall| (n, stall))
        })
    }

    #[test]
    fn a_thread_that_makes_steps_is_never_stalled() {
        assert_eq!(
            stalls(10_000, |n| (Some(n / 9), State::Running, n * 10)),
            None
        );
        assert_eq!(stalls(10_000, |n| (Some(n / 9), State::Asleep, 0)), None);
        assert_eq!(stalls(10_000, |n| (None, State::Asleep, n)), None);
    }

    #[test]
    fn one_long_step_is_a_stall() {
        let runs = stalls(100, |n| (Some(3), State::Running, n * 10));
        assert_eq!(runs, Some((11, Stall::Runs)));
        let sleeps = stalls(100, |_| (Some(3), State::Asleep, 7));
        assert_eq!(sleeps, Some((11, Stall::Sleeps)));
    }

    #[test]
    fn a_thread_that_gets_little_processor_time_has_more_time() {
        let slow = stalls(10_000, |n| (Some(3), State::Running, n));
        assert_eq!(slow, Some((101, Stall::Runs)));
        let starved = stalls(10_000, |_| (Some(3), State::Running, 7));
        assert_eq!(starved, Some((601, Stall::Starves)));
    }
}
