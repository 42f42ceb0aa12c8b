//! Names tasks and their points in words, for rows.

use std::collections::BTreeMap;

use crate::id::TaskId;
use crate::op::{Op, OpKind};
use crate::prescription::row::{What, Where, Who};

/// The tasks of an execution as a strategy is told of them.
#[derive(Default, Debug)]
pub(crate) struct Actors {
    /// By number.
    actors: Vec<Actor>,
    /// How many tasks there have been with each name or first operation.
    alike: BTreeMap<Who, u32>,
    /// Somebody has made a step.
    started: bool,
    /// Choices of the environment since the last step.
    pub(crate) answers: u32,
}

#[derive(Default, Debug)]
struct Actor {
    name: Option<String>,
    who: Option<Who>,
    /// How many operations of each kind it has come to, by library function and function.
    counts: BTreeMap<(OpKind, &'static str, &'static str), u32>,
    /// The operation that it has come to last, and whether it has yet to do it.
    last: Option<(What, bool)>,
}

impl Actors {
    /// Forgets everything.
    pub(crate) fn begin(&mut self) {
        self.actors.clear();
        self.alike.clear();
        self.started = false;
        self.answers = 0;
    }

    /// `task` has this name.
    pub(crate) fn named(&mut self, task: TaskId, name: &str) {
        self.actor(task).name = Some(name.to_owned());
    }

    /// `task` is about to do `op`.
    pub(crate) fn posted(&mut self, task: TaskId, op: &Op) {
        let (public, function) = match op.kind {
            // Where the clock stands is nobody's function.
            OpKind::Fire => ("", ""),
            _ => (op.site.operation(), op.site.function()),
        };
        let actor = self.actor(task);
        let count = actor.counts.entry((op.kind, public, function)).or_insert(0);
        *count += 1;
        let what = What {
            kind: op.kind,
            public: public.to_owned(),
            function: function.to_owned(),
            nth: *count,
        };
        actor.last = Some((what.clone(), true));
        if actor.who.is_none() {
            let alike = match (task, &actor.name) {
                (TaskId::CLOCK, _) => Who::Clock,
                (TaskId::MAIN, _) => Who::Main,
                (_, Some(name)) => Who::Named(name.clone(), 1),
                (_, None) => Who::Begins(what),
            };
            let nth = self.alike.entry(alike.clone()).or_insert(0);
            *nth += 1;
            let who = match alike {
                Who::Named(name, _) => Who::Named(name, *nth),
                Who::Begins(what) => Who::Begins(What { nth: *nth, ..what }),
                other => other,
            };
            self.actor(task).who = Some(who);
        }
    }

    /// `task` does `op`.
    pub(crate) fn ran(&mut self, task: TaskId, op: &Op) {
        self.started = true;
        self.answers = 0;
        // The clock fires without having announced it where nobody else can go on.
        if !matches!(&self.actor(task).last, Some((what, true)) if what.kind == op.kind) {
            self.posted(task, op);
        }
        if let Some((_, yet)) = &mut self.actor(task).last {
            *yet = false;
        }
    }

    /// How rows name `task`.
    pub(crate) fn who(&self, task: TaskId) -> Option<Who> {
        self.actors.get(task.index())?.who.clone()
    }

    /// Where `task` stands.
    pub(crate) fn stands(&self, task: TaskId) -> Option<Where> {
        if !self.started {
            return Some(Where::Start);
        }
        let actor = self.actors.get(task.index())?;
        let (who, (what, yet)) = (actor.who.clone()?, actor.last.clone()?);
        Some(match yet {
            true => Where::Before(who, what),
            false => Where::At(who, what),
        })
    }

    /// The task that is `who`.
    pub(crate) fn find(&self, who: &Who) -> Option<TaskId> {
        let at = self.actors.iter().position(|a| a.who.as_ref() == Some(who));
        at.map(TaskId::from_index)
    }

    fn actor(&mut self, task: TaskId) -> &mut Actor {
        if self.actors.len() <= task.index() {
            self.actors.resize_with(task.index() + 1, Actor::default);
        }
        &mut self.actors[task.index()]
    }
}
