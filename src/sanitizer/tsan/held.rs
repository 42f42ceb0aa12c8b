//! Tells ThreadSanitizer which locks a task holds, for its reports of races.
//!
//! TSan records in the history of each fiber which mutexes it locks and unlocks, and a report
//! lists those that were held at either access, without saying at which of them. So every lock
//! is a different mutex for each task that holds it.
//!
//! Locks are announced while TSan ignores synchronization: then it writes the history and makes
//! no edge.
//! The [`Edge`] of a lock says what the lock orders.

use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

use super::{Edge, LOCK_PLACES, OBJECTS, PLACES, RANGE, STRIDE, ffi, here, inside};
use crate::sanitizer::LANES;

/// How many locks of one fiber are told: as many as TSan remembers.
const LOCKS: usize = 16;

/// The mutexes that TSan believes a fiber to hold.
pub(super) struct Held {
    places: [Cell<*mut c_void>; LOCKS],
    count: Cell<usize>,
}

impl Held {
    pub(super) const fn new() -> Held {
        Held {
            places: [const { Cell::new(ptr::null_mut()) }; LOCKS],
            count: Cell::new(0),
        }
    }

    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.count.get() == 0
    }

    /// A new task begins, on the running fiber. What the last one still held it has taken
    /// along: a guard was forgotten, or its stack was given up.
    #[cold]
    pub(super) fn clear(&self) {
        for place in &self.places[..self.count.replace(0)] {
            unlock(place.get());
        }
    }

    #[inline]
    fn push(&self, place: *mut c_void) {
        let count = self.count.get();
        if let Some(free) = self.places.get(count) {
            free.set(place);
            self.count.set(count + 1);
            lock(place);
        }
    }

    #[inline]
    fn remove(&self, place: *mut c_void) {
        let count = self.count.get();
        let told = &self.places[..count];
        if let Some(at) = told.iter().rposition(|told| told.get() == place) {
            told[at].set(told[count - 1].get());
            self.count.set(count - 1);
            unlock(place);
        }
    }
}

/// No flags of `tsan_interface.h`: neither a read lock nor a try.
const PLAIN: u32 = 0;

#[inline]
fn lock(place: *mut c_void) {
    ffi::__tsan_mutex_pre_lock(place, PLAIN);
    ffi::__tsan_mutex_post_lock(place, PLAIN, 1);
}

#[inline]
fn unlock(place: *mut c_void) {
    ffi::__tsan_mutex_pre_unlock(place, PLAIN);
    ffi::__tsan_mutex_post_unlock(place, PLAIN);
}

/// The mutex that an object is to a task. Tasks and objects beyond the places have none:
/// in a report, nothing could tell them from others.
#[inline]
fn place(object: u32, task: u32) -> Option<*mut c_void> {
    let known = (object as usize) < OBJECTS && task < LANES;
    known.then(|| {
        let at = object as usize * LANES as usize + task as usize;
        Edge::place(LOCK_PLACES + at * STRIDE).0
    })
}

/// The running task has locked an object.
#[inline]
pub(crate) fn hold(object: u32) {
    tell(object, Held::push);
}

/// The running task unlocks an object. Nothing happens if it has not told that it holds
/// it.
#[inline]
pub(crate) fn let_go(object: u32) {
    tell(object, Held::remove);
}

#[inline]
fn tell(object: u32, what: fn(&Held, *mut c_void)) {
    let _inside = inside();
    here(|context| {
        if let Some(place) = place(object, context.task.get()) {
            what(&context.held, place);
        }
    });
}

/// The objects, of those that `mutexes` stand for, that `task` held; each once, by number.
pub(super) fn of(task: Option<u32>, mutexes: &[*mut c_void]) -> Vec<u32> {
    let first = RANGE.get() + LOCK_PLACES;
    let places = first..RANGE.get() + PLACES;
    let mut objects: Vec<u32> = mutexes
        .iter()
        .map(|mutex| mutex.addr())
        .filter(|mutex| places.contains(mutex))
        .map(|mutex| ((mutex - first) / STRIDE) as u32)
        .filter(|at| task == Some(at % LANES))
        .map(|at| at / LANES)
        .collect();
    objects.sort_unstable();
    objects.dedup();
    objects
}
