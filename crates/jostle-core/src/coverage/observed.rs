//! An execution as operations of classes.

use std::collections::HashMap;

use crate::class::{Class, Classes, Group};
use crate::hash::Mixed;
use crate::history::{Event, History};
use crate::id::{ObjectId, TaskId};
use crate::op::{Access, Effect};

/// An operation on an object at a scheduling point.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// Who did it.
    pub task: TaskId,
    /// To what.
    pub object: ObjectId,
    /// The number of its class; see [`Observed::class`].
    pub class: u32,
    /// The number of the class of such operations [anywhere](Classes::ops_anywhere).
    pub anywhere: u32,
    /// How it touched the object: it read or wrote it.
    pub effect: Effect,
    /// The operation that wrote the object last, by its place in the list.
    pub source: Option<u32>,
    /// The value, where there is one.
    pub value: Option<u32>,
    /// Its place among the events of the history.
    pub event: u32,
    /// How many choices were made before it, the one that it should go on not
    /// among them.
    pub before: u32,
}

impl Seen {
    /// What it touched, and how.
    #[must_use]
    pub fn access(&self) -> Access {
        Access {
            object: self.object,
            effect: self.effect,
        }
    }
}

/// What one execution did, and the numbers of all classes that have been seen.
#[derive(Default, Debug)]
pub struct Observed {
    /// In order.
    pub list: Vec<Seen>,
    classes: Classes,
    numbers: HashMap<Class, u32, Mixed>,
    by_number: Vec<Class>,
    tasks: Vec<Group>,
    objects: Vec<Group>,
    writers: Vec<Option<u32>>,
}

impl Observed {
    /// Takes in the execution that `history` is about, in place of the last one.
    pub fn observe(&mut self, history: &History) {
        self.tasks.clear();
        for (number, task) in history.tasks.iter().enumerate() {
            let group = match self.tasks.get(task.parent.index()) {
                Some(&parent) if number != TaskId::MAIN.index() => {
                    self.classes.tasks(parent, task.site)
                }
                _ => Group::ROOT,
            };
            self.tasks.push(group);
        }
        self.objects.clear();
        for &site in &history.objects {
            self.objects.push(self.classes.objects(site));
        }
        self.writers.clear();
        self.writers.resize(history.objects.len(), None);
        self.list.clear();
        for (at, event) in history.events.iter().enumerate() {
            let Some(object) = event.object.index().filter(|_| event.point) else {
                continue;
            };
            if event.effect == Effect::None || object >= self.objects.len() {
                continue;
            }
            let tasks = self.tasks[event.task.index()];
            let class = self
                .classes
                .ops_at(tasks, self.objects[object], event.kind, event.site);
            let number = self.number(class);
            let anywhere = Classes::ops_anywhere(tasks, self.objects[object], event.kind);
            let anywhere = self.number(anywhere);
            let source = self.writers[object];
            if event.effect.writes() {
                self.writers[object] = Some(self.list.len() as u32);
            }
            self.list.push(Seen {
                task: event.task,
                object: event.object,
                class: number,
                anywhere,
                effect: event.effect,
                source,
                value: event.value,
                event: at as u32,
                before: event.choices - u32::from(event.decided),
            });
        }
    }

    /// The class with this number.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn class(&self, number: u32) -> Class {
        self.by_number[number as usize]
    }

    /// How many classes there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.by_number.len()
    }

    /// Where an object was created, as the group of all that were created there.
    pub(super) fn group(&self, object: ObjectId) -> Group {
        let at = object.index().and_then(|at| self.objects.get(at));
        at.copied().unwrap_or(Group::ROOT)
    }

    /// The class of anything that a history tells of.
    pub(super) fn class_of(&mut self, event: &Event) -> Class {
        let tasks = self.tasks[event.task.index()];
        let objects = self.group(event.object);
        self.classes.ops_at(tasks, objects, event.kind, event.site)
    }

    fn number(&mut self, class: Class) -> u32 {
        let next = self.by_number.len() as u32;
        let number = *self.numbers.entry(class).or_insert(next);
        if number == next {
            self.by_number.push(class);
        }
        number
    }
}
