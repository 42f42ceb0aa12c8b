//! The life of a task: spawned, run to its first operation, finished, joined.

use std::any::Any;

use crate::finding::{Finding, Kind, Place};
use crate::hash::mix;
use crate::id::{ObjectId, TaskId};
use crate::op::{OpKind, Site};
use crate::rt::coroutine::Job;
use crate::rt::current::{self, Current};
use crate::rt::duties::Duties;
use crate::rt::execution::{Execution, Next};
use crate::rt::panics::{self, Misuse, Teardown};
use crate::rt::switch;
use crate::rt::task::State;
use crate::sanitizer::{self, Edge};

/// Makes a task that runs `body` and lets it run to its first operation.
///
/// Returns its number, or `None` if the execution is being torn down: then
/// `body` is dropped.
///
/// # Panics
///
/// If the budget of tasks is used up or there is no memory for a stack.
pub(crate) fn spawn(name: Option<String>, site: Site, body: Job) -> Option<TaskId> {
    let current = current::get("spawn");
    if switch::is_unwound(current) {
        return None;
    }
    let mut body = Some(body);
    let task = current.with(|x| {
        let task = x.new_task(name, site, &mut body)?;
        x.hasten(x.current);
        x.next = match x.next {
            Next::Run(_) => Next::Run(task),
            stopped => stopped,
        };
        Ok::<_, String>(task)
    });
    let task = match task {
        Ok(task) => task,
        Err(reason) => {
            drop(body);
            panic!("{reason}")
        }
    };
    switch::away(current);
    switch::is_unwound(current);
    Some(task)
}

impl Execution {
    /// A task that is to run `body`, which is there.
    ///
    /// # Errors
    ///
    /// Why there can be no further task, in words. Then the body stays where it is:
    /// dropping it runs user code, which must not happen while the execution is being
    /// worked on.
    pub(crate) fn new_task(
        &mut self,
        name: Option<String>,
        site: Site,
        body: &mut Option<Job>,
    ) -> Result<TaskId, String> {
        if self.view.tasks.len() > self.budget.tasks as usize {
            return Err(format!(
                "the scenario has spawned {} tasks, its budget; raise it with \
                 #[jostle::scenario(tasks = …)]",
                self.budget.tasks
            ));
        }
        let worker = self.worker().map_err(|error| {
            format!(
                "no memory for the stack of task {} ({} bytes): {error}",
                self.view.tasks.len(),
                self.budget.stack
            )
        })?;
        let parent = self.current;
        let key = if self.view.tasks.len() == 1 {
            mix(1, 0)
        } else {
            let row = &mut self.tasks[parent.index()];
            row.children += 1;
            mix(self.view.tasks[parent.index()].key, u64::from(row.children))
        };
        let task = self.add_row(name, parent, key, site);
        self.touch_task(task);
        worker
            .badge()
            .wear(task, self.tasks[task.index()].name.as_deref(), site);
        let worker = self.tasks[task.index()].worker.insert(worker);
        if let Some(body) = body.take() {
            worker.start(body);
        }
        self.view.ready.insert(task);
        Ok(task)
    }

    /// The running task's body has ended.
    fn finish(&mut self, result: Result<(), Box<dyn Any + Send>>) {
        let me = self.current;
        self.view.ready.remove(me);
        self.touch_standing(me, true);
        let row = &mut self.tasks[me.index()];
        row.state = State::Finished;
        Edge::end(me.0).release();
        // What is unwound afterwards did not end in the execution.
        if !self.duties.has(Duties::TEARDOWN) {
            row.ended = Some(self.record.count_steps());
        }
        let mut joiners = std::mem::take(&mut row.joiners);
        for joiner in joiners.drain(..) {
            self.complete(joiner);
        }
        self.tasks[me.index()].joiners = joiners;
        // A race comes before the panic that it may have led to.
        self.judge_races();
        if let Err(payload) = result {
            self.judge_panic(&*payload);
            self.tasks[me.index()].panic = Some(payload);
        }
        if !self.is_teardown() {
            self.next = self.decide();
        }
    }

    /// The running task's body unwound with `payload`: is that a finding?
    fn judge_panic(&mut self, payload: &(dyn Any + Send)) {
        let info = panics::take_last();
        if payload.is::<Teardown>() || self.is_teardown() {
            return;
        }
        let message = panics::message(payload);
        if self
            .allowed_panics
            .iter()
            .any(|text| message.contains(text))
        {
            return;
        }
        let kind = if payload.is::<Misuse>() {
            Kind::Misuse
        } else {
            Kind::Panic
        };
        let mut finding = Finding::new(kind, message);
        finding.task = Some(self.current);
        // `resume_unwind` does not pass the hook, so that there may be no place.
        finding.place = info
            .and_then(|i| i.place)
            .or_else(|| Some(Place::from(self.tasks[self.current.index()].site)));
        self.find(finding);
    }
}

/// The end of every job, still on the task's stack.
pub(crate) fn epilogue(result: std::thread::Result<()>) {
    let Some(current) = current::try_get() else {
        return;
    };
    let result = first_of(drop_locals(current), result);
    current.with(|x| x.finish(result));
}

/// What the first one unwound with, or else the second one.
fn first_of(
    first: std::thread::Result<()>,
    second: std::thread::Result<()>,
) -> std::thread::Result<()> {
    if first.is_ok() {
        return second;
    }
    if let Err(payload) = second {
        sanitizer::outside(|| panics::discard(payload));
    }
    first
}

/// Destroys the running task's locals, in the order of first use. A value that
/// is being destroyed or has been cannot be reached any more; destructors may
/// make others, which are then destroyed in turn.
#[inline]
fn drop_locals(current: Current) -> std::thread::Result<()> {
    if current.with(|x| x.tasks[x.current.index()].locals.is_empty()) {
        return Ok(());
    }
    drop_present_locals(current)
}

#[cold]
fn drop_present_locals(current: Current) -> std::thread::Result<()> {
    let mut result = Ok(());
    let mut at = 0;
    loop {
        let value = current.with(|x| {
            let me = x.current;
            x.tasks[me.index()].locals.get_mut(at).map(|l| l.1.take())
        });
        let Some(value) = value else { break };
        at += 1;
        let dropped = sanitizer::outside(|| {
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(move || drop(value)))
        });
        result = first_of(result, dropped);
    }
    current.with(|x| {
        let me = x.current;
        x.tasks[me.index()].locals.clear();
    });
    result
}

/// Waits until `task` has finished. It is a scheduling point only if that has not
/// happened.
pub(crate) fn join(task: TaskId, kind: OpKind, site: Site) {
    let current = current::get("join");
    loop {
        let finished = current.with(|x| {
            x.touch_standing(task, false);
            x.tasks[task.index()].is_finished()
        });
        if finished {
            Edge::end(task.0).acquire();
            return;
        }
        if switch::is_unwound(current) {
            switch::stuck(current);
            continue;
        }
        current.with(|x| {
            let me = x.current;
            x.event(kind, ObjectId::NONE, site);
            x.view.tasks[me.index()].op = crate::op::Op {
                kind,
                object: ObjectId::NONE,
                site,
            };
            x.tasks[task.index()].joiners.push(me);
            x.enqueue(Some(task), None);
        });
        switch::reschedule(current);
    }
}

/// The body of the running task has caught `payload`, with which user code
/// unwound, and does not pass it on: is that a finding?
pub(crate) fn judge_panic(payload: &(dyn Any + Send)) {
    current::get("task").with(|x| x.judge_panic(payload));
}

/// What the finished `task` unwound with, if it did and nobody has taken it.
pub(crate) fn take_panic(task: TaskId) -> Option<Box<dyn Any + Send>> {
    current::get("join").with(|x| x.tasks[task.index()].panic.take())
}
