//! What ends an execution that does not end by itself, and tasks that spin.

use crate::id::TaskId;
use crate::op::Site;
use crate::rt::duties::Duties;
use crate::rt::execution::{Execution, Next};
use crate::rt::foreign::Lookout;
use crate::snapshot::Stop;

impl Execution {
    /// Has the scenario at `site` watched for OS threads, if it is its turn.
    pub(crate) fn keep_lookout(&mut self, site: Site) {
        self.lookout = self.roster.next(site);
        self.set_limit();
    }

    /// What is due at some step is due at `step_limit`, so that a step that
    /// nothing is due at costs one comparison.
    pub(super) fn set_limit(&mut self) {
        let look = self.lookout.as_ref();
        let look = look.map_or(u32::MAX, |l| l.next_look(self.view.step));
        self.step_limit = self.last_step().min(look);
        // The record has no room for the step at the limit.
        let further = self.step_limit.saturating_sub(self.view.step + 1);
        self.record.make_room(further as usize);
    }

    /// The step that uses up the budget.
    fn last_step(&self) -> u32 {
        let strategic = self.budget.steps;
        if self.duties.has(Duties::FAIR) {
            strategic.saturating_mul(2)
        } else {
            strategic
        }
    }

    #[cold]
    pub(super) fn at_limit(&mut self) {
        if let Some(finding) = self.lookout.as_ref().and_then(Lookout::look) {
            self.find(finding);
        }
        if self.view.step >= self.last_step() {
            self.out_of_steps();
        }
        self.set_limit();
    }

    fn out_of_steps(&mut self) {
        if self.duties.has(Duties::FAIR) {
            self.stop(Next::Stop(Stop::OutOfSteps));
        } else {
            self.duties.add(Duties::FAIR);
        }
    }

    /// The running task spins: it is not ready until another task has made a
    /// step.
    pub(crate) fn spin(&mut self) {
        // Time passes if nobody else has anything to do.
        self.tell(|explorer| explorer.touched_all());
        self.view.ready.remove(self.current);
        self.spinners.push(self.current);
        self.duties.add(Duties::SPINNERS);
    }

    #[cold]
    pub(super) fn release_spinners(&mut self, but: Option<TaskId>) {
        let mut at = 0;
        while at < self.spinners.len() {
            let task = self.spinners[at];
            if Some(task) == but {
                at += 1;
                continue;
            }
            self.spinners.remove(at);
            if self.view.ready.insert(task) {
                self.announce(task);
            }
        }
        if self.spinners.is_empty() {
            self.duties.remove(Duties::SPINNERS);
        }
    }
}
