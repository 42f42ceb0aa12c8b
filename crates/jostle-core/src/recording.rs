//! The recording of one execution: the kernel's [log](Log) with the tables of tasks and
//! objects, borrowed from the backend that made it.
//!
//! Everything else is computed from it: the [`Trace`] that reports and trace files are made
//! of, the [`History`] that a search learns from, the fingerprint, the interleaving and the
//! [`Profile`].

use crate::decision::Choice;
use crate::history::{Event, History};
use crate::id::TaskId;
use crate::log::Log;
use crate::op::Site;
use crate::strategy::{Profile, TaskSize};
use crate::trace::{self, ObjectInfo, TaskInfo, Trace};
use crate::view::Birth;
use crate::vtime::VInstant;

/// What is known of a task once the execution is over.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskRecord {
    /// The name that the user gave it.
    pub name: Option<String>,
    /// The task that spawned it; the clock and the main task are their own parents.
    pub parent: TaskId,
    /// Where it was spawned.
    pub site: Site,
    /// Identifies the task across executions; see
    /// [`TaskView::key`](crate::strategy::TaskView::key).
    pub key: u64,
    /// How many steps had been made when it was spawned.
    pub born: u32,
    /// How many steps had been made when its body ended; `None` if it never did.
    pub ended: Option<u32>,
}

/// The record of one execution, borrowed from the backend that made it.
#[derive(Clone, Copy, Debug)]
pub struct Recording<'a> {
    /// What was chosen and done.
    pub log: &'a Log,
    /// Every task by number; row 0 is the clock.
    pub tasks: &'a [TaskRecord],
    /// Every object by number; row 0 is [`ObjectId::WORLD`](crate::id::ObjectId::WORLD).
    pub objects: &'a [ObjectInfo],
    /// How many preemptions the schedule has.
    pub preemptions: u32,
    /// Virtual time at the end.
    pub time: VInstant,
}

impl Recording<'_> {
    /// Every choice, in order.
    pub fn choices(&self) -> impl Iterator<Item = Choice> + '_ {
        self.log.choices()
    }

    /// Everything that tasks did, in order, for the search and coverage.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.log.events()
    }

    /// See [`Trace::fingerprint`].
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        trace::fingerprint(self.log.choices(), self.log.steps(), self.time.0)
    }

    /// See [`Trace::interleaving`].
    #[must_use]
    pub fn interleaving(&self) -> u64 {
        trace::interleaving(self.log.steps())
    }

    /// Has `profile` take note of how large the execution and its tasks were.
    pub fn measure(&self, profile: &mut Profile) {
        let steps = self.log.steps_by_task(self.tasks.len());
        // The clock first.
        let sizes: Vec<_> = self
            .tasks
            .iter()
            .zip(steps)
            .map(|(task, steps)| TaskSize {
                parent: task.parent,
                key: task.key,
                steps,
            })
            .collect();
        profile.observe(self.log.choices().count() as u32, &sizes);
    }

    /// What the execution did, in place of what `history` held.
    pub fn recount(&self, history: &mut History) {
        history.clear();
        history.events.extend(self.log.events());
        history.choices.extend(self.log.choices());
        history.tasks.extend(self.tasks.iter().map(|task| Birth {
            parent: task.parent,
            site: task.site,
            key: task.key,
        }));
        history.objects.extend(self.objects.iter().map(|o| o.site));
    }

    /// The trace.
    #[must_use]
    pub fn trace(&self) -> Trace {
        let steps = self.log.steps_by_task(self.tasks.len());
        let info = |(task, steps): (&TaskRecord, u32)| TaskInfo {
            name: task.name.clone(),
            parent: task.parent,
            site: task.site,
            key: task.key,
            steps,
            born: task.born,
            ended: task.ended,
        };
        Trace {
            choices: self.log.choices().collect(),
            steps: self.log.steps().collect(),
            tasks: self.tasks.iter().zip(steps).map(info).collect(),
            objects: self.objects.to_vec(),
            wakes: self.log.wakes(),
            preemptions: self.preemptions,
            time: self.time.0,
        }
    }
}
