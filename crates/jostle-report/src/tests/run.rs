//! Traces written down by hand, in lines that read like the program they stand
//! for: the sites of the steps are the lines of the fixtures.

use jostle_core::finding::{Call, Finding, Kind, Place, Wait};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{OpKind, Site};
use jostle_core::trace::{ObjectInfo, Step, TaskInfo, Trace};

/// A finding with its trace.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) scenario: &'static str,
    pub(super) about: &'static str,
    pub(super) finding: Finding,
    pub(super) trace: Trace,
}

/// An execution in the making.
#[derive(Debug)]
pub(super) struct Run {
    trace: Trace,
}

impl Run {
    /// A run with the clock, main and the world.
    #[track_caller]
    pub(super) fn new() -> Run {
        let mut run = Run {
            trace: Trace::default(),
        };
        run.object("world");
        run.task(TaskId::CLOCK, None);
        run.task(TaskId::CLOCK, None);
        run
    }

    #[track_caller]
    pub(super) fn object(&mut self, kind: &'static str) -> ObjectId {
        self.trace.objects.push(ObjectInfo {
            kind,
            site: Site::caller(),
        });
        ObjectId::from_index(self.trace.objects.len() - 1)
    }

    #[track_caller]
    fn task(&mut self, parent: TaskId, name: Option<&str>) -> TaskId {
        self.trace.tasks.push(TaskInfo {
            name: name.map(str::to_owned),
            parent,
            site: Site::caller(),
            key: 0,
            steps: 0,
            born: self.trace.steps.len() as u32,
            ended: None,
        });
        TaskId::from_index(self.trace.tasks.len() - 1)
    }

    #[track_caller]
    pub(super) fn spawn(&mut self, name: &str) -> TaskId {
        self.task(TaskId::MAIN, Some(name))
    }

    #[track_caller]
    pub(super) fn spawn_unnamed(&mut self) -> TaskId {
        self.task(TaskId::MAIN, None)
    }

    #[track_caller]
    pub(super) fn does(&mut self, task: TaskId, kind: OpKind, object: ObjectId) -> &mut Step {
        let switches = self.trace.steps.last().is_some_and(|s| s.task != task);
        self.trace.steps.push(Step {
            site: Site::caller(),
            value: None,
            task,
            object,
            choices: self.trace.choices.len() as u32,
            kind,
            // As if every switch from a task that did not wait were one.
            preemption: switches && !self.trace.steps.last().is_some_and(|s| s.blocks),
            blocks: false,
        });
        let step = self.trace.steps.last_mut().unwrap();
        self.trace.preemptions += u32::from(step.preemption);
        step
    }

    #[track_caller]
    pub(super) fn waits(&mut self, task: TaskId, kind: OpKind, object: ObjectId) {
        self.does(task, kind, object).blocks = true;
    }

    /// The last step was a switch that the program asked for.
    pub(super) fn yielded(&mut self) {
        let step = self.trace.steps.last_mut().unwrap();
        self.trace.preemptions -= u32::from(step.preemption);
        step.preemption = false;
    }

    /// Virtual time has passed.
    pub(super) fn time(&mut self, nanos: u64) {
        self.trace.time = nanos;
    }

    /// The wait that the last step of `task` began.
    pub(super) fn wait(&self, task: TaskId, on: &[TaskId]) -> Wait {
        let mut steps = self.trace.steps.iter().rev();
        let step = steps.find(|step| step.task == task).unwrap();
        Wait {
            task,
            op: step.kind,
            object: step.object,
            place: Place::from(step.site),
            call: Call::from(step.site),
            on: on.to_vec(),
        }
    }

    /// A wait that no step began.
    #[track_caller]
    pub(super) fn wait_unrecorded(
        &self,
        task: TaskId,
        op: OpKind,
        object: ObjectId,
        on: &[TaskId],
    ) -> Wait {
        Wait {
            task,
            op,
            object,
            place: Place::from(Site::caller()),
            call: Call::default(),
            on: on.to_vec(),
        }
    }

    /// The run ends in a panic or a misuse at the last step.
    pub(super) fn fails(self, kind: Kind, message: &str) -> (Finding, Trace) {
        let step = self.trace.steps.last().unwrap();
        let finding = Finding {
            task: Some(step.task),
            place: Some(Place::from(step.site)),
            ..Finding::new(kind, message)
        };
        (finding, self.trace)
    }

    /// The run ends with tasks that wait.
    pub(super) fn hangs(self, kind: Kind, message: &str, waits: Vec<Wait>) -> (Finding, Trace) {
        let finding = Finding {
            task: waits.first().map(|wait| wait.task),
            place: waits.first().map(|wait| wait.place.clone()),
            waits,
            ..Finding::new(kind, message)
        };
        (finding, self.trace)
    }

    pub(super) fn end(self) -> Trace {
        self.trace
    }
}
