//! Enforces step limits; switches to a fair scheduler first.

use crate::kernel::attention::Attention;
use crate::kernel::{Kernel, Next};
use crate::snapshot::Stop;

impl Kernel {
    /// Has the carrier's attention asked for at this step; see
    /// [`take_checkpoint`](Kernel::take_checkpoint). `u32::MAX` for never.
    #[inline]
    pub fn set_checkpoint(&mut self, step: u32) {
        self.checkpoint = step;
        self.set_limit();
    }

    /// Whether the step of [`set_checkpoint`](Kernel::set_checkpoint) has been made. It
    /// says so once. To be asked after a decision on the slow path.
    #[inline]
    pub fn take_checkpoint(&mut self) -> bool {
        std::mem::take(&mut self.at_checkpoint)
    }

    /// What is due at some step is due at `step_limit`, so that a step that
    /// nothing is due at costs one comparison.
    #[inline]
    pub(super) fn set_limit(&mut self) {
        self.step_limit = self.last_step().min(self.checkpoint);
        // The log has no room for the step at the limit.
        let further = self.step_limit.saturating_sub(self.view.step + 1);
        self.log.make_room(further as usize);
    }

    /// The step that uses up the budget.
    #[inline]
    fn last_step(&self) -> u32 {
        if self.attention.has(Attention::FAIR) {
            self.budget.steps.saturating_mul(2)
        } else {
            self.budget.steps
        }
    }

    #[cold]
    pub(super) fn at_limit(&mut self) {
        if self.view.step >= self.checkpoint {
            self.checkpoint = u32::MAX;
            self.at_checkpoint = true;
        }
        if self.view.step >= self.last_step() {
            if self.attention.has(Attention::FAIR) {
                self.stop(Next::Stop(Stop::OutOfSteps));
            } else {
                self.attention.add(Attention::FAIR);
            }
        }
        self.set_limit();
    }
}
