//! The state of the objects that tasks share.

use std::collections::{BTreeMap, VecDeque};

use jostle_core::id::{ObjectId, TaskId};
use jostle_core::kernel::TimerId;

/// Something that tasks share, by number among its like.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Thing {
    Atomic(usize),
    Mutex(usize),
    RwLock(usize),
    Condvar(usize),
    Channel(usize),
    Event(usize),
}

impl Thing {
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Thing::Atomic(_) => "atomic",
            Thing::Mutex(_) => "mutex",
            Thing::RwLock(_) => "rwlock",
            Thing::Condvar(_) => "condvar",
            Thing::Channel(_) => "channel",
            Thing::Event(_) => "event",
        }
    }

    /// A column of its own in the heading of a listing.
    pub(crate) fn column(self) -> u32 {
        let (kind, number) = match self {
            Thing::Atomic(n) => (1, n),
            Thing::Mutex(n) => (2, n),
            Thing::RwLock(n) => (3, n),
            Thing::Condvar(n) => (4, n),
            Thing::Channel(n) => (5, n),
            Thing::Event(n) => (6, n),
        };
        kind * 100 + number as u32
    }
}

#[derive(Default, Debug)]
pub(crate) struct RwLock {
    pub(crate) writing: bool,
    pub(crate) readers: Vec<TaskId>,
}

#[derive(Default, Debug)]
pub(crate) struct Channel {
    pub(crate) queue: VecDeque<u32>,
    pub(crate) closed: bool,
}

#[derive(Default, Debug)]
pub(crate) struct Event {
    pub(crate) set: bool,
    /// Who has left a waker here, and the depth of the poll loop.
    pub(crate) wakers: Vec<(TaskId, u32)>,
    pub(crate) timer: Option<TimerId>,
}

/// All of it. What is not there yet is made at its first use.
#[derive(Default, Debug)]
pub(crate) struct Things {
    pub(crate) objects: BTreeMap<Thing, ObjectId>,
    pub(crate) atomics: BTreeMap<usize, u32>,
    pub(crate) rwlocks: BTreeMap<usize, RwLock>,
    pub(crate) condvars: BTreeMap<usize, VecDeque<TaskId>>,
    pub(crate) channels: BTreeMap<usize, Channel>,
    pub(crate) events: BTreeMap<usize, Event>,
}
