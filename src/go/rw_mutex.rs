//! `RwMutex`: Go's lock for many readers or one writer, and `RLocker`, its reading side.

use std::fmt;

use crate::go::gate;
use crate::go::misuse::misuse;
use crate::go::mutex::{Locker, sealed};
use crate::rt::{self, Attached, Handle, Side, TaskCell};
use crate::sanitizer::Edge;
use jostle_core::id::TaskId;
use jostle_core::op::{OpKind, Site};

/// A lock for many readers or one writer that prefers writers: Go's
/// [`sync.RWMutex`](https://pkg.go.dev/sync#RWMutex).
///
/// A writer that waits for readers to leave keeps new readers out, so a task that
/// reads recursively deadlocks if a writer comes in between. When a writer
/// leaves, the readers that wait by then go in before the next writer.
///
/// Like [`Mutex`](crate::go::Mutex) it belongs to no task. Share it by `Arc`, in a
/// struct or as a `static`.
pub struct RwMutex {
    handle: Handle,
    state: TaskCell<State>,
}

/// The exclusive gate is open while no writer has begun to lock: writers pass it one at a
/// time.
#[derive(Default, Debug)]
struct State {
    /// The writer that has passed the gate.
    writer: Option<Writer>,
    /// The tasks that hold the lock for reading, each as often as it does.
    readers: Vec<TaskId>,
    /// Readers that wait for the writer to leave.
    waiting: Vec<TaskId>,
}

#[derive(Clone, Copy, Debug)]
struct Writer {
    task: TaskId,
    /// Whether it still waits for readers to leave.
    waits: bool,
}

impl State {
    const NEW: State = State {
        writer: None,
        readers: Vec::new(),
        waiting: Vec::new(),
    };
}

impl RwMutex {
    /// An unlocked mutex.
    #[must_use]
    #[track_caller]
    pub const fn new() -> RwMutex {
        RwMutex {
            handle: Handle::new(),
            state: TaskCell::new(State::NEW),
        }
    }

    #[track_caller]
    fn attach(&self) -> Attached {
        let attached = self.handle.attach("RWMutex");
        if attached.fresh {
            *self.state.get(&attached) = State::NEW;
            rt::set_gate(&attached, Side::Exclusive, true);
        }
        attached
    }

    /// Waits for the lock for writing: for other writers first, then, keeping
    /// new readers out, for the readers that are in.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn lock(&self) {
        let attached = self.attach();
        gate::pass(&attached, OpKind::Lock, Site::caller());
        rt::set_gate(&attached, Side::Exclusive, false);
        let waits = !self.state.get(&attached).readers.is_empty();
        self.state.get(&attached).writer = Some(Writer {
            task: rt::current_task(),
            waits,
        });
        if waits {
            rt::wait(None, None);
        }
        write_locked(&attached);
    }

    /// Takes the lock for writing if it is free and says whether it was.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[must_use]
    #[track_caller]
    pub fn try_lock(&self) -> bool {
        let attached = self.attach();
        rt::set_tried(&attached);
        rt::point(OpKind::TryLock, attached.id, Site::caller());
        let mut state = self.state.get(&attached);
        let free = state.writer.is_none() && state.readers.is_empty();
        if free {
            state.writer = Some(Writer {
                task: rt::current_task(),
                waits: false,
            });
            rt::set_gate(&attached, Side::Exclusive, false);
            write_locked(&attached);
        }
        rt::note(u32::from(free));
        free
    }

    /// Gives the lock for writing back; the readers that wait go in.
    ///
    /// # Panics
    ///
    /// With "fatal error: sync: Unlock of unlocked RWMutex". Outside a scenario.
    #[track_caller]
    pub fn unlock(&self) {
        let attached = self.attach();
        let holds = |state: &State| state.writer.filter(|writer| !writer.waits);
        let holder = holds(&self.state.get(&attached)).map(|writer| writer.task);
        let mine = holder == Some(rt::current_task());
        gate::release(&attached, mine, Site::caller());
        let mut state = self.state.get(&attached);
        if holds(&state).is_none() {
            drop(state);
            return misuse("fatal error: sync: Unlock of unlocked RWMutex");
        }
        let state = &mut *state;
        state.writer = None;
        unlocks(&attached).release();
        for reader in state.waiting.drain(..) {
            state.readers.push(reader);
            rt::complete(reader);
        }
        rt::set_gate(&attached, Side::Exclusive, true);
    }

    /// Waits for the lock for reading: for the writer that is in or waits for
    /// readers to leave.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn rlock(&self) {
        let attached = self.attach();
        rt::point(OpKind::ReadLock, attached.id, Site::caller());
        let me = rt::current_task();
        let mut state = self.state.get(&attached);
        if state.writer.is_none() {
            state.readers.push(me);
        } else {
            state.waiting.push(me);
            drop(state);
            rt::wait(None, None);
        }
        unlocks(&attached).acquire();
    }

    /// Takes the lock for reading if no writer is in or waits, and says whether
    /// it did.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[must_use]
    #[track_caller]
    pub fn try_rlock(&self) -> bool {
        let attached = self.attach();
        rt::set_tried(&attached);
        rt::point(OpKind::TryReadLock, attached.id, Site::caller());
        let mut state = self.state.get(&attached);
        let free = state.writer.is_none();
        if free {
            state.readers.push(rt::current_task());
            unlocks(&attached).acquire();
        }
        rt::note(u32::from(free));
        free
    }

    /// Gives the lock for reading back; the last reader lets a waiting writer in.
    ///
    /// # Panics
    ///
    /// With "fatal error: sync: RUnlock of unlocked RWMutex". Outside a scenario.
    #[track_caller]
    pub fn runlock(&self) {
        let attached = self.attach();
        let me = rt::current_task();
        let mine = self.state.get(&attached).readers.contains(&me);
        gate::release(&attached, mine, Site::caller());
        let mut state = self.state.get(&attached);
        let mine = state.readers.iter().rposition(|&reader| reader == me);
        let any = state.readers.len().checked_sub(1);
        let Some(at) = mine.or(any) else {
            drop(state);
            return misuse("fatal error: sync: RUnlock of unlocked RWMutex");
        };
        state.readers.remove(at);
        read_unlocks(&attached).release();
        if state.readers.is_empty()
            && let Some(writer) = &mut state.writer
            && std::mem::replace(&mut writer.waits, false)
        {
            rt::complete(writer.task);
        }
    }

    /// This lock as a [`Locker`] that locks it for reading.
    #[must_use]
    pub fn rlocker(&self) -> RLocker<'_> {
        RLocker(self)
    }
}

/// From unlocks to whoever locks next, to read or to write.
fn unlocks(attached: &Attached) -> Edge {
    Edge::object(attached.id.0, 0)
}

/// From the unlocks of readers to the writers that come after them. Readers are
/// not ordered among themselves.
fn read_unlocks(attached: &Attached) -> Edge {
    Edge::object(attached.id.0, 1)
}

fn write_locked(attached: &Attached) {
    unlocks(attached).acquire();
    read_unlocks(attached).acquire();
}

impl sealed::Sealed for RwMutex {}

impl Locker for RwMutex {
    #[track_caller]
    fn lock(&self) {
        RwMutex::lock(self);
    }

    #[track_caller]
    fn unlock(&self) {
        RwMutex::unlock(self);
    }
}

/// The reading side of a [`RwMutex`]: Go's `rw.RLocker()`.
#[derive(Clone, Copy, Debug)]
pub struct RLocker<'a>(&'a RwMutex);

impl sealed::Sealed for RLocker<'_> {}

impl Locker for RLocker<'_> {
    #[track_caller]
    fn lock(&self) {
        self.0.rlock();
    }

    #[track_caller]
    fn unlock(&self) {
        self.0.runlock();
    }
}

impl Default for RwMutex {
    #[track_caller]
    fn default() -> RwMutex {
        RwMutex::new()
    }
}

impl fmt::Debug for RwMutex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwMutex").finish_non_exhaustive()
    }
}
