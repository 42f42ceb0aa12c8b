//! Draws priorities for PCT and POS.

use crate::decision::Rng;
use crate::id::TaskId;

/// Priorities that are drawn are at least this; below lie those of tasks that
/// have been lowered. Zero is none.
pub(super) const DRAWN: u32 = 1 << 31;

/// A random priority. Of two that are equal the one with the larger task number
/// counts as the higher, one draw in 2³¹.
#[inline]
pub(super) fn draw(rng: &mut Rng) -> u32 {
    DRAWN | rng.bits32()
}

/// The priority of the clock.
///
/// The clock is never done: with a ticker armed it could go first for ever. An
/// independent draw for each timer that fires would not prevent that, since
/// tasks that yield lie below all that is drawn, and even against a task that
/// does not, the mean length of such a streak is infinite. So the clock falls to
/// a random place below where it was each time a timer fires, which leaves
/// streaks of any length possible and halves their probability with each timer;
/// as soon as a task has made a step it draws again.
#[derive(Debug)]
pub(super) struct ClockPriority {
    now: u32,
    fallen: bool,
}

impl ClockPriority {
    pub(super) fn new() -> ClockPriority {
        ClockPriority {
            now: DRAWN,
            fallen: false,
        }
    }

    pub(super) fn begin(&mut self, rng: &mut Rng) {
        self.now = draw(rng);
        self.fallen = false;
    }

    pub(super) fn now(&self) -> u32 {
        self.now
    }

    /// `task` has made a step. Returns the priority of the clock if that
    /// changes it.
    #[inline]
    pub(super) fn after_step(&mut self, task: TaskId, rng: &mut Rng) -> Option<u32> {
        if task == TaskId::CLOCK {
            self.fallen = true;
            self.now = 1 + rng.below(self.now - 1);
        } else if self.fallen {
            self.begin(rng);
        } else {
            return None;
        }
        Some(self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_falls_until_a_task_has_made_a_step() {
        let mut rng = Rng::new(1);
        let mut clock = ClockPriority::new();
        clock.begin(&mut rng);
        assert!(clock.now() >= DRAWN);
        assert_eq!(clock.after_step(TaskId::MAIN, &mut rng), None);
        let mut last = clock.now();
        for _ in 0..100 {
            let now = clock.after_step(TaskId::CLOCK, &mut rng).unwrap();
            assert!(now >= 1 && (now < last || last == 1), "{last} then {now}");
            last = now;
        }
        assert_eq!(last, 1);
        let again = clock.after_step(TaskId::MAIN, &mut rng).unwrap();
        assert!(again >= DRAWN);
        assert_eq!(clock.after_step(TaskId::MAIN, &mut rng), None);
    }
}
