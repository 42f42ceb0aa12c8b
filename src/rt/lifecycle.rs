//! Spawns, finishes and joins tasks.

use std::any::Any;
use std::io;

use jostle_core::finding::{Finding, Kind, Place};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{Op, OpKind, Site};

use crate::rt::coroutine::{Job, Worker};
use crate::rt::current;
use crate::rt::execution::Execution;
use crate::rt::panics::{self, Misuse, Teardown};
use crate::rt::switch;
use crate::rt::task_locals::{drop_locals, first_of};
use crate::sanitizer::Edge;

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
    let task = current.with(|x| x.spawn(name, site, &mut body));
    let task = match task {
        Ok(task) => task,
        Err(reason) => {
            drop(body);
            panic!("{reason}")
        }
    };
    switch::suspend_any(current);
    switch::is_unwound(current);
    Some(task)
}

impl Execution {
    /// The main task, which is to run `body`.
    ///
    /// # Errors
    ///
    /// As for [`spawn`](Execution::spawn).
    #[inline]
    pub(crate) fn spawn_main(&mut self, site: Site, body: &mut Option<Job>) -> Result<(), String> {
        self.add_row(TaskId::CLOCK);
        let worker = self.worker().map_err(|error| self.no_memory(&error))?;
        let main = self.kernel.spawn_main(site);
        let main = main.map_err(|error| error.to_string())?;
        self.equip(main, site, worker, body);
        Ok(())
    }

    /// A task that is to run `body`, which is there.
    ///
    /// # Errors
    ///
    /// Why there can be no further task, in words. Then the body stays where it is:
    /// dropping it runs user code, which must not happen while the execution is being
    /// worked on.
    #[inline]
    fn spawn(
        &mut self,
        name: Option<String>,
        site: Site,
        body: &mut Option<Job>,
    ) -> Result<TaskId, String> {
        let worker = self.worker().map_err(|error| self.no_memory(&error))?;
        match self.kernel.spawn(name, site) {
            Ok(task) => {
                self.equip(task, site, worker, body);
                Ok(task)
            }
            Err(error) => {
                self.pool.push(worker);
                Err(error.to_string())
            }
        }
    }

    /// Gives `task`, which the kernel has just made, a row and a stack.
    #[inline]
    fn equip(&mut self, task: TaskId, site: Site, worker: Box<Worker>, body: &mut Option<Job>) {
        self.add_row(task);
        worker
            .label()
            .set(task, self.kernel.record(task).name.as_deref(), site);
        let worker = self.tasks[task.index()].worker.insert(worker);
        if let Some(body) = body.take() {
            worker.start(body);
        }
    }

    #[cold]
    fn no_memory(&self, error: &io::Error) -> String {
        format!(
            "no memory for the stack of task {} ({} bytes): {error}",
            self.kernel.task_count(),
            self.stack
        )
    }

    /// The running task's body has ended.
    #[inline]
    fn finish(&mut self, result: Result<(), Box<dyn Any + Send>>) {
        let me = self.kernel.current();
        Edge::end(me.0).release();
        self.kernel.finish();
        // A race comes before the panic that it may have led to.
        self.judge_races();
        if let Err(payload) = result {
            self.judge_panic(&*payload);
            self.mine().panic = Some(payload);
        }
        if !self.kernel.is_teardown() {
            self.decide();
        }
    }

    /// The running task's body unwound with `payload`: is that a finding?
    fn judge_panic(&mut self, payload: &(dyn Any + Send)) {
        let info = panics::take_last();
        if payload.is::<Teardown>() || self.kernel.is_teardown() {
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
        let me = self.kernel.current();
        finding.task = Some(me);
        // `resume_unwind` does not pass the hook, so that there may be no place.
        finding.place = info
            .and_then(|i| i.place)
            .or_else(|| Some(Place::from(self.kernel.record(me).site)));
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

/// Waits until `task` has finished. It is a scheduling point only if that has not
/// happened.
pub(crate) fn join(task: TaskId, kind: OpKind, site: Site) {
    let current = current::get("join");
    loop {
        if current.with(|x| x.kernel.has_finished(task)) {
            Edge::end(task.0).acquire();
            return;
        }
        if switch::is_unwound(current) {
            switch::let_others_unwind(current);
            continue;
        }
        let op = Op {
            kind,
            object: ObjectId::NONE,
            site,
        };
        switch::reschedule(current, |x| x.join(task, op));
    }
}

/// The body of the running task has caught `payload`, with which user code
/// unwound, and does not pass it on: is that a finding?
pub(crate) fn judge_panic(payload: &(dyn Any + Send)) {
    current::get("task").with(|x| x.judge_panic(payload));
}

/// Takes the payload with which the finished `task` unwound, if it is there.
pub(crate) fn take_panic(task: TaskId) -> Option<Box<dyn Any + Send>> {
    current::get("join").with(|x| x.tasks[task.index()].panic.take())
}
