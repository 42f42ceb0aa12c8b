//! `RwLock`: a lock for one writer or many readers.
//!
//! The exclusive gate is open while the lock is free, and writers pass it. The shared gate
//! is open while nobody writes, and readers pass it.
//!
//! std leaves open whether readers may overtake a waiting writer, and warns that a task
//! that reads twice may deadlock with a writer in between. Both happen here: the decision
//! source says whether a reader that meets other readers and a waiting writer proceeds or
//! queues after the writer.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, TryLockError, TryLockResult};

use crate::rt::{self, Attached, Handle, ShareCell, Side, TaskCell};
use crate::sanitizer::{self, Edge};
use crate::sync::lock::rwlock_guards::{RwLockReadGuard, RwLockWriteGuard};
use crate::sync::lock::{self, guarded};
use jostle_core::decision::ChoiceKind;
use jostle_core::id::TaskId;
use jostle_core::op::{OpKind, Site};

/// A lock for one writer or many readers, with poisoning; see
/// [`std::sync::RwLock`].
///
/// Which of the waiting tasks gets the lock is a scheduling decision.
pub struct RwLock<T: ?Sized> {
    pub(super) core: Core,
    data: ShareCell<T>,
}

/// The lock without what it guards.
pub(super) struct Core {
    pub(super) handle: Handle,
    pub(super) state: TaskCell<State>,
}

pub(super) struct State {
    /// The tasks that read; one that reads twice is in it twice.
    pub(super) readers: Vec<TaskId>,
    pub(super) writing: bool,
    /// Readers that let a waiting writer go first.
    behind: Vec<TaskId>,
}

impl State {
    const FREE: State = State {
        readers: Vec::new(),
        writing: false,
        behind: Vec::new(),
    };

    /// The task that alone can make a writer's wait end.
    fn only_reader(&self) -> Option<TaskId> {
        let first = *self.readers.first()?;
        self.readers.iter().all(|&r| r == first).then_some(first)
    }
}

// A writer that panics poisons the lock, and so nobody sees broken data unawares.
impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}
impl UnwindSafe for Core {}
impl RefUnwindSafe for Core {}

impl Core {
    /// `unpoison` is called if it starts over in this execution.
    #[inline]
    #[track_caller]
    fn attach(&self, unpoison: impl FnOnce(&Attached)) -> Attached {
        let attached = self.handle.attach("RwLock");
        if attached.fresh {
            let mut state = self.state.get(&attached);
            let held = state.writing || !state.readers.is_empty();
            lock::assert_free(held, "RwLock", &self.handle);
            unpoison(&attached);
            state.behind.clear();
            self.set_gates(&attached, &state);
        }
        attached
    }

    /// Tells the runtime who holds the lock.
    pub(super) fn set_gates(&self, attached: &Attached, state: &State) {
        rt::set_gate(
            attached,
            Side::Exclusive,
            !state.writing && state.readers.is_empty(),
        );
        rt::set_gate(attached, Side::Shared, !state.writing);
        if !state.writing {
            rt::set_owner(attached, state.only_reader());
        }
    }

    /// The waiting writer that a reader lets go first, if it does. Without other
    /// readers nothing holds the writer up, and who comes first is a scheduling
    /// decision.
    fn writer_first(&self, attached: &Attached) -> Option<TaskId> {
        if self.state.get(attached).readers.is_empty() {
            return None;
        }
        let writer = rt::first_at(attached, Side::Exclusive)?;
        (rt::choose(ChoiceKind::Waiter, 2) == 1).then_some(writer)
    }
}

impl<T> RwLock<T> {
    /// A lock that nobody holds.
    #[track_caller]
    pub const fn new(value: T) -> RwLock<T> {
        RwLock {
            core: Core {
                handle: Handle::new(),
                state: TaskCell::new(State::FREE),
            },
            data: ShareCell::new(value),
        }
    }

    /// The value, without a lock, since nobody else can have one.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; the error holds the value.
    pub fn into_inner(self) -> LockResult<T> {
        let (value, poisoned) = self.data.into_inner();
        guarded(value, poisoned)
    }
}

impl<T: ?Sized> RwLock<T> {
    #[inline]
    #[track_caller]
    fn attach(&self) -> Attached {
        self.core
            .attach(|attached| self.data.set_poisoned(attached, false))
    }

    /// Waits for the lock, for reading; see [`std::sync::RwLock::read`].
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; the error holds the guard.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let site = Site::caller();
        let attached = self.attach();
        loop {
            rt::pass(&attached, Side::Shared, OpKind::ReadLock, site);
            match self.core.writer_first(&attached) {
                None => return self.read_guard(&attached, site),
                Some(writer) => {
                    self.core
                        .state
                        .get(&attached)
                        .behind
                        .push(rt::current_task());
                    rt::wait(Some(writer), None);
                }
            }
        }
    }

    /// Takes the lock for reading if nobody writes; see
    /// [`std::sync::RwLock::try_read`].
    ///
    /// # Errors
    ///
    /// If the lock is not free, if a writer waits and goes first, or if the lock
    /// is poisoned; the last error holds the guard.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let site = Site::caller();
        let attached = self.attach();
        rt::set_tried(&attached);
        rt::point(OpKind::TryReadLock, attached.id, site);
        let free =
            rt::is_open(&attached, Side::Shared) && self.core.writer_first(&attached).is_none();
        rt::note(u32::from(free));
        if !free {
            return Err(TryLockError::WouldBlock);
        }
        self.read_guard(&attached, site)
            .map_err(TryLockError::Poisoned)
    }

    /// Waits for the lock, for writing; see [`std::sync::RwLock::write`].
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; the error holds the guard.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let site = Site::caller();
        let attached = self.attach();
        rt::pass(&attached, Side::Exclusive, OpKind::Lock, site);
        self.write_guard(&attached, site)
    }

    /// Takes the lock for writing if it is free; see
    /// [`std::sync::RwLock::try_write`].
    ///
    /// # Errors
    ///
    /// If the lock is not free, or if it is poisoned; the latter error holds the
    /// guard.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let site = Site::caller();
        let attached = self.attach();
        rt::set_tried(&attached);
        rt::point(OpKind::TryLock, attached.id, site);
        let free = rt::is_open(&attached, Side::Exclusive);
        rt::note(u32::from(free));
        if !free {
            return Err(TryLockError::WouldBlock);
        }
        self.write_guard(&attached, site)
            .map_err(TryLockError::Poisoned)
    }

    /// Takes the lock, which nobody writes.
    fn read_guard(&self, attached: &Attached, site: Site) -> LockResult<RwLockReadGuard<'_, T>> {
        let mut state = self.core.state.get(attached);
        state.readers.push(rt::current_task());
        unlocks(attached).acquire();
        sanitizer::hold(attached.id.0);
        self.core.set_gates(attached, &state);
        let value = self.data.share(attached);
        guarded(
            RwLockReadGuard::new(&self.core, value, site),
            self.data.is_poisoned(attached),
        )
    }

    /// Takes the lock, which is free.
    fn write_guard(&self, attached: &Attached, site: Site) -> LockResult<RwLockWriteGuard<'_, T>> {
        let mut state = self.core.state.get(attached);
        state.writing = true;
        unlocks(attached).acquire();
        read_unlocks(attached).acquire();
        sanitizer::hold(attached.id.0);
        self.core.set_gates(attached, &state);
        rt::set_owner(attached, Some(rt::current_task()));
        for reader in state.behind.drain(..) {
            rt::complete(reader);
        }
        let (value, poisoned) = self.data.lock(attached);
        guarded(RwLockWriteGuard::new(&self.core, value, site), poisoned)
    }

    /// Whether a write guard was dropped while its task panicked.
    ///
    /// It is not a scheduling point.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        self.data.is_poisoned(&self.attach())
    }

    /// Forgets the poison.
    #[track_caller]
    pub fn clear_poison(&self) {
        self.data.set_poisoned(&self.attach(), false);
    }

    /// The value, without a lock, since nobody else can have one.
    ///
    /// # Errors
    ///
    /// If the lock is poisoned; the error holds the reference.
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let (value, poisoned) = self.data.get_mut();
        guarded(value, poisoned)
    }
}

/// From the unlocks of writers to whoever locks next.
pub(super) fn unlocks(attached: &Attached) -> Edge {
    Edge::object(attached.id.0, 0)
}

/// From the unlocks of readers to the next writer. Readers are not ordered among
/// themselves.
pub(super) fn read_unlocks(attached: &Attached) -> Edge {
    Edge::object(attached.id.0, 1)
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> RwLock<T> {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> RwLock<T> {
        RwLock::new(value)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be an operation of its own.
        f.debug_struct("RwLock").finish_non_exhaustive()
    }
}
