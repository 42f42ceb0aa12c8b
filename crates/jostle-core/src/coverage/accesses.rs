//! An execution as accesses: site class, and which write each reads from.

use std::collections::HashMap;

use crate::hash::Mixed;
use crate::history::{Event, History};
use crate::id::{ObjectId, TaskId};
use crate::op::{Access, Effect};
use crate::site_class::{Group, SiteClass, SiteClasses};

/// An access to an object at a scheduling point.
#[derive(Clone, Copy, Debug)]
pub struct ClassedAccess {
    /// The task that did it.
    pub task: TaskId,
    /// To what.
    pub object: ObjectId,
    /// The number of its site class; see [`Accesses::class`].
    pub class: u32,
    /// The number of the site class of such operations [anywhere](SiteClasses::ops_anywhere).
    pub anywhere: u32,
    /// How it touched the object: it read or wrote it.
    pub effect: Effect,
    /// The access that wrote the object last, by its place in the list.
    pub reads_from: Option<u32>,
    /// The value, where there is one.
    pub value: Option<u32>,
    /// Its place among the events of the history.
    pub event: u32,
    /// How many choices were made before it, the one that it should go on not
    /// among them.
    pub before: u32,
}

impl ClassedAccess {
    /// What it touched, and how.
    #[must_use]
    pub fn access(&self) -> Access {
        Access {
            object: self.object,
            effect: self.effect,
        }
    }
}

/// The accesses of one execution, and the numbers of all site classes that were met.
#[derive(Default, Debug)]
pub struct Accesses {
    /// In order.
    pub list: Vec<ClassedAccess>,
    classes: SiteClasses,
    numbers: HashMap<SiteClass, u32, Mixed>,
    by_number: Vec<SiteClass>,
    tasks: Vec<Group>,
    objects: Vec<Group>,
    writers: Vec<Option<u32>>,
}

impl Accesses {
    /// Takes in the execution that `history` is about, in place of the last one.
    pub fn recount(&mut self, history: &History) {
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
            let anywhere = SiteClasses::ops_anywhere(tasks, self.objects[object], event.kind);
            let anywhere = self.number(anywhere);
            let reads_from = self.writers[object];
            if event.effect.writes() {
                self.writers[object] = Some(self.list.len() as u32);
            }
            self.list.push(ClassedAccess {
                task: event.task,
                object: event.object,
                class: number,
                anywhere,
                effect: event.effect,
                reads_from,
                value: event.value,
                event: at as u32,
                before: event.choices - u32::from(event.decided),
            });
        }
    }

    /// The site class with this number.
    ///
    /// # Panics
    ///
    /// If there is none.
    #[must_use]
    pub fn class(&self, number: u32) -> SiteClass {
        self.by_number[number as usize]
    }

    /// How many site classes there are.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.by_number.len()
    }

    /// Where an object was created, as the group of all that were created there.
    pub(super) fn group(&self, object: ObjectId) -> Group {
        let at = object.index().and_then(|at| self.objects.get(at));
        at.copied().unwrap_or(Group::ROOT)
    }

    /// The site class of any event of the history.
    pub(super) fn class_of(&mut self, event: &Event) -> SiteClass {
        let tasks = self.tasks[event.task.index()];
        let objects = self.group(event.object);
        self.classes.ops_at(tasks, objects, event.kind, event.site)
    }

    fn number(&mut self, class: SiteClass) -> u32 {
        let next = self.by_number.len() as u32;
        let number = *self.numbers.entry(class).or_insert(next);
        if number == next {
            self.by_number.push(class);
        }
        number
    }
}
