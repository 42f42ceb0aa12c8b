//! Publishes what an OS thread executes, for the watchdog on another OS thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jostle_core::kernel::Heartbeat;
use jostle_core::op::Site;
use jostle_core::strategy::Kind;

use crate::rt::cell::StaticCell;
use crate::rt::stack_label::StackLabel;
use crate::rt::static_pool::{Lent, StaticPool};
use crate::rt::sys;

/// The part of an OS thread that the watchdog can see.
///
/// Each OS thread that executes scenarios has one. It is never freed, so that the watchdog
/// can look at it at any time; a thread that ends leaves it to another one.
#[derive(Debug)]
pub(crate) struct ThreadStatus {
    /// Counts the steps of the kernel.
    heartbeat: Heartbeat,
    executing: AtomicBool,
    os_thread: AtomicI32,
    /// The scenario that is being executed.
    workload: Mutex<Option<Workload>>,
    /// A number for the strategy, 0 for none.
    strategy: AtomicU32,
    seed: AtomicU64,
    /// The label of the stack that runs.
    label: StaticCell<StackLabel>,
}

/// The scenario that an OS thread executes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Workload {
    /// The scenario's name.
    pub(crate) scenario: &'static str,
    /// Where it stands.
    pub(crate) site: Site,
    /// The seed of the campaign.
    pub(crate) campaign_seed: Option<u64>,
}

/// The statuses of the OS threads that execute scenarios, and of some that have.
static STATUSES: StaticPool<ThreadStatus> = StaticPool::new();

std::thread_local! {
    // A constant without a destructor: a signal handler can read it at any time.
    static STATUS: Cell<Option<&'static ThreadStatus>> = const { Cell::new(None) };
    /// The same, to be given back when the thread ends.
    static OWNED: Cell<Option<Owned>> = const { Cell::new(None) };
}

/// The status of an OS thread that has not ended.
struct Owned(Lent<ThreadStatus>);

impl Drop for Owned {
    fn drop(&mut self) {
        STATUS.set(None);
        self.0.set_executing(false);
        *self.0.lock_workload() = None;
    }
}

impl ThreadStatus {
    const fn new() -> ThreadStatus {
        ThreadStatus {
            heartbeat: Heartbeat::new(),
            executing: AtomicBool::new(false),
            os_thread: AtomicI32::new(0),
            workload: Mutex::new(None),
            strategy: AtomicU32::new(0),
            seed: AtomicU64::new(0),
            label: StaticCell::new(),
        }
    }

    /// The status of the calling OS thread.
    #[inline]
    pub(crate) fn of_this_thread() -> &'static ThreadStatus {
        match ThreadStatus::existing() {
            Some(status) => status,
            None => ThreadStatus::lend(),
        }
    }

    #[cold]
    fn lend() -> &'static ThreadStatus {
        let lent = STATUSES.lend(ThreadStatus::new);
        let status = lent.get();
        status.os_thread.store(sys::os_thread(), Ordering::Relaxed);
        status.set_executing(false);
        STATUS.set(Some(status));
        let mut owned = Some(Owned(lent));
        if OWNED.try_with(|slot| slot.set(owned.take())).is_err() {
            // The destructors of the thread have come too far to give it back.
            std::mem::forget(owned);
        }
        status
    }

    /// The status of the calling OS thread if it has one. Signal handlers may
    /// ask.
    #[inline]
    pub(crate) fn existing() -> Option<&'static ThreadStatus> {
        STATUS.try_with(Cell::get).ok().flatten()
    }

    /// All statuses; new ones come last.
    pub(crate) fn all() -> impl Iterator<Item = &'static ThreadStatus> {
        STATUSES.iter()
    }

    /// The heartbeat of the kernel of this thread.
    pub(crate) fn heartbeat(&self) -> &Heartbeat {
        &self.heartbeat
    }

    /// A worker with this label is resumed.
    #[inline]
    pub(crate) fn set_label(&self, label: Option<&'static StackLabel>) {
        self.label.set(label);
    }

    /// An execution begins or ends.
    pub(crate) fn set_executing(&self, executing: bool) {
        self.heartbeat.clear();
        self.label.set(None);
        self.executing.store(executing, Ordering::Relaxed);
    }

    /// How often the heart has beaten, or `None` while nothing is executed.
    pub(crate) fn beats(&self) -> Option<u64> {
        self.executing
            .load(Ordering::Relaxed)
            .then(|| self.heartbeat.beats())
    }

    /// The number of the OS thread.
    pub(crate) fn os_thread_id(&self) -> i32 {
        self.os_thread.load(Ordering::Relaxed)
    }

    /// The label of the stack that runs, `None` before the first task.
    pub(crate) fn label(&self) -> Option<&'static StackLabel> {
        self.label.get()
    }

    /// Says what is being executed from now on.
    pub(crate) fn set_workload(&self, workload: Workload) {
        *self.lock_workload() = Some(workload);
    }

    fn lock_workload(&self) -> MutexGuard<'_, Option<Workload>> {
        self.workload.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scenario that is being executed. It never waits, for the sake of signal handlers;
    /// others hold the lock for a few instructions only.
    pub(crate) fn workload(&self) -> Option<Workload> {
        self.workload.try_lock().ok().and_then(|s| *s)
    }

    /// Says which input the next execution has.
    pub(crate) fn set_input(&self, strategy: Kind, seed: u64) {
        self.strategy.store(strategy.code(), Ordering::Relaxed);
        self.seed.store(seed, Ordering::Relaxed);
    }

    /// The input of the present execution, or of the last one: the strategy and the
    /// seed. `None` if there was no execution.
    pub(crate) fn input(&self) -> Option<(Kind, u64)> {
        let strategy = Kind::from_code(self.strategy.load(Ordering::Relaxed))?;
        Some((strategy, self.seed.load(Ordering::Relaxed)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_ends_leaves_its_status_to_the_next_one() {
        let before = ThreadStatus::all().count();
        for _ in 0..300 {
            std::thread::spawn(|| {
                let status = ThreadStatus::of_this_thread();
                assert_eq!(status.os_thread_id(), sys::os_thread());
                status.set_executing(true);
            })
            .join()
            .expect("it does not panic");
        }
        // Other tests have threads as well.
        let after = ThreadStatus::all().count();
        assert!(
            after < before + 100,
            "{before} statuses have become {after}"
        );
    }
}
