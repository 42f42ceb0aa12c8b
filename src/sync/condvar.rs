//! `Condvar`: lets tasks wait for a condition under a mutex.

use std::collections::VecDeque;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

use crate::rt::{self, Attached, Handle, TaskCell, Woken};
use crate::sync::lock::MutexGuard;
use jostle_core::decision::ChoiceKind;
use jostle_core::id::TaskId;
use jostle_core::op::{OpKind, Site};
use jostle_core::vtime::VInstant;

/// A condition variable; see [`std::sync::Condvar`].
///
/// - There is a scheduling point *before* a wait, while the task still holds the
///   lock: a notification that comes there without the lock is lost.
/// - Any wait may end without a notification, as the decision source says.
/// - Which waiter a notification wakes is a choice of the decision source.
/// - Timeouts go by virtual time.
pub struct Condvar {
    handle: Handle,
    /// In the order of arrival.
    waiters: TaskCell<VecDeque<TaskId>>,
}

// The queue holds task numbers only, and no panic strikes between two changes of
// it that belong together.
impl UnwindSafe for Condvar {}
impl RefUnwindSafe for Condvar {}

impl Condvar {
    /// A condition variable that nobody waits for.
    #[must_use]
    #[track_caller]
    pub const fn new() -> Condvar {
        Condvar {
            handle: Handle::new(),
            waiters: TaskCell::new(VecDeque::new()),
        }
    }

    #[track_caller]
    fn attach(&self) -> Attached {
        let attached = self.handle.attach("Condvar");
        if attached.fresh {
            self.waiters.get(&attached).clear();
        }
        attached
    }

    /// Gives up the lock and waits for a notification, in one step, then takes
    /// the lock again; see [`std::sync::Condvar::wait`].
    ///
    /// Unlike std's on some platforms it never panics when used with two
    /// mutexes.
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the guard.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        self.wait_until(guard, None, Site::caller()).0
    }

    /// Waits as long as `condition` is true; see
    /// [`std::sync::Condvar::wait_while`].
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the guard.
    #[track_caller]
    pub fn wait_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut *guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// As [`wait`](Condvar::wait), for at most `dur` of virtual time; see
    /// [`std::sync::Condvar::wait_timeout`].
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the guard and the result.
    #[track_caller]
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        dur: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (guard, woken) = self.wait_until(guard, rt::deadline(dur), Site::caller());
        let result = WaitTimeoutResult(woken == Woken::TimedOut);
        match guard {
            Ok(guard) => Ok((guard, result)),
            Err(poisoned) => Err(PoisonError::new((poisoned.into_inner(), result))),
        }
    }

    /// As [`wait_while`](Condvar::wait_while), for at most `dur` of virtual time;
    /// see [`std::sync::Condvar::wait_timeout_while`].
    ///
    /// # Errors
    ///
    /// If the mutex is poisoned; the error holds the guard and the result.
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        dur: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let site = Site::caller();
        let deadline = rt::deadline(dur);
        loop {
            if !condition(&mut *guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            // std also waits when just now is the deadline, but real time then
            // goes on by itself.
            if deadline.is_some_and(|deadline| deadline <= rt::now()) {
                return Ok((guard, WaitTimeoutResult(true)));
            }
            let (next, woken) = self.wait_until(guard, deadline, site);
            guard = match next {
                Ok(guard) => guard,
                Err(poisoned) => {
                    let result = WaitTimeoutResult(woken == Woken::TimedOut);
                    return Err(PoisonError::new((poisoned.into_inner(), result)));
                }
            };
        }
    }

    fn wait_until<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        deadline: Option<VInstant>,
        site: Site,
    ) -> (LockResult<MutexGuard<'a, T>>, Woken) {
        let attached = self.attach();
        rt::point(OpKind::Wait, attached.id, site);
        let spurious = rt::choose(ChoiceKind::Spurious, 2) == 1;
        let mutex = guard.into_parts();
        if spurious {
            return (mutex.lock(site), Woken::Completed);
        }
        let me = rt::current_task();
        self.waiters.get(&attached).push_back(me);
        let woken = rt::wait(None, deadline);
        if woken == Woken::TimedOut {
            self.waiters.get(&attached).retain(|&waiter| waiter != me);
        }
        (mutex.lock(site), woken)
    }

    /// Wakes one waiter, if there is one; see
    /// [`std::sync::Condvar::notify_one`].
    #[track_caller]
    pub fn notify_one(&self) {
        let attached = self.attach();
        rt::point(OpKind::NotifyOne, attached.id, Site::caller());
        let waiting = self.waiters.get(&attached).len() as u32;
        rt::set_missed(&attached, waiting == 0);
        if waiting > 0 {
            let nth = rt::choose(ChoiceKind::Waiter, waiting) as usize;
            let waiter = self.waiters.get(&attached).remove(nth);
            if let Some(waiter) = waiter {
                rt::complete(waiter);
            }
        }
    }

    /// Wakes all waiters; see [`std::sync::Condvar::notify_all`].
    #[track_caller]
    pub fn notify_all(&self) {
        let attached = self.attach();
        rt::point(OpKind::NotifyAll, attached.id, Site::caller());
        let mut waiters = self.waiters.get(&attached);
        rt::set_missed(&attached, waiters.is_empty());
        for waiter in waiters.drain(..) {
            rt::complete(waiter);
        }
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Condvar {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}

/// Whether a wait ended because its time was up; see
/// [`std::sync::WaitTimeoutResult`], which only std can make.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the time was up before a notification came.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        self.0
    }
}
