//! Signs of life, for a watchdog on another OS thread.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU32, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jostle_core::kernel::Heartbeat;
use jostle_core::op::Site;
use jostle_core::strategy::{Depth, Kind};

use crate::rt::badge::Badge;
use crate::rt::cell::StaticCell;
use crate::rt::registry::{Lent, Registry};
use crate::rt::sys;

/// What an OS thread that executes scenarios shows to the watchdog.
///
/// One per OS thread, never freed, so that the watchdog can look at any time. A thread
/// that ends leaves it to another one.
#[derive(Debug)]
pub(crate) struct Pulse {
    /// Where the kernel shows its steps.
    heartbeat: Heartbeat,
    executing: AtomicBool,
    os_thread: AtomicI32,
    /// What is being executed.
    subject: Mutex<Option<Subject>>,
    /// A number for the strategy, 0 for none.
    strategy: AtomicU32,
    seed: AtomicU64,
    /// Who runs.
    badge: StaticCell<Badge>,
}

/// What an OS thread executes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject {
    /// The scenario's name.
    pub(crate) scenario: &'static str,
    /// Where it stands.
    pub(crate) site: Site,
    /// The seed of the campaign.
    pub(crate) campaign_seed: Option<u64>,
}

/// The pulses of the OS threads that execute scenarios, and of some that have.
static PULSES: Registry<Pulse> = Registry::new();

std::thread_local! {
    // A constant without a destructor: a signal handler can read it at any time.
    static PULSE: Cell<Option<&'static Pulse>> = const { Cell::new(None) };
    /// The same, to be given back when the thread ends.
    static OWNED: Cell<Option<Owned>> = const { Cell::new(None) };
}

/// The pulse of an OS thread that has not ended.
struct Owned(Lent<Pulse>);

impl Drop for Owned {
    fn drop(&mut self) {
        PULSE.set(None);
        self.0.executing(false);
        *self.0.lock_subject() = None;
    }
}

impl Pulse {
    const fn new() -> Pulse {
        Pulse {
            heartbeat: Heartbeat::new(),
            executing: AtomicBool::new(false),
            os_thread: AtomicI32::new(0),
            subject: Mutex::new(None),
            strategy: AtomicU32::new(0),
            seed: AtomicU64::new(0),
            badge: StaticCell::new(),
        }
    }

    /// The pulse of the calling OS thread.
    #[inline]
    pub(crate) fn of_this_thread() -> &'static Pulse {
        match Pulse::existing() {
            Some(pulse) => pulse,
            None => Pulse::lend(),
        }
    }

    #[cold]
    fn lend() -> &'static Pulse {
        let lent = PULSES.lend(Pulse::new);
        let pulse = lent.get();
        pulse.os_thread.store(sys::os_thread(), Ordering::Relaxed);
        pulse.executing(false);
        PULSE.set(Some(pulse));
        let mut owned = Some(Owned(lent));
        if OWNED.try_with(|slot| slot.set(owned.take())).is_err() {
            // The destructors of the thread have come too far to give it back.
            std::mem::forget(owned);
        }
        pulse
    }

    /// The pulse of the calling OS thread if it has one. Signal handlers may
    /// ask.
    #[inline]
    pub(crate) fn existing() -> Option<&'static Pulse> {
        PULSE.try_with(Cell::get).ok().flatten()
    }

    /// All pulses; new ones come last.
    pub(crate) fn all() -> impl Iterator<Item = &'static Pulse> {
        PULSES.iter()
    }

    /// Where the kernel of this thread shows its steps.
    pub(crate) fn heartbeat(&self) -> &Heartbeat {
        &self.heartbeat
    }

    /// A worker with this badge is resumed.
    #[inline]
    pub(crate) fn resumed(&self, badge: Option<&'static Badge>) {
        self.badge.set(badge);
    }

    /// An execution begins or ends.
    pub(crate) fn executing(&self, executing: bool) {
        self.heartbeat.clear();
        self.badge.set(None);
        self.executing.store(executing, Ordering::Relaxed);
    }

    /// How many signs of life there were, or `None` while nothing is executed.
    pub(crate) fn read(&self) -> Option<u64> {
        self.executing
            .load(Ordering::Relaxed)
            .then(|| self.heartbeat.beats())
    }

    /// The number of the OS thread.
    pub(crate) fn os_thread_id(&self) -> i32 {
        self.os_thread.load(Ordering::Relaxed)
    }

    /// Who runs, `None` before the first task.
    pub(crate) fn badge(&self) -> Option<&'static Badge> {
        self.badge.get()
    }

    /// Says what is being executed from now on.
    pub(crate) fn set_subject(&self, subject: Subject) {
        *self.lock_subject() = Some(subject);
    }

    fn lock_subject(&self) -> MutexGuard<'_, Option<Subject>> {
        self.subject.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is being executed. It never waits, for the sake of signal handlers;
    /// the lock is held by others for a few instructions only.
    pub(crate) fn subject(&self) -> Option<Subject> {
        self.subject.try_lock().ok().and_then(|s| *s)
    }

    /// Says which input the next execution has.
    pub(crate) fn mark(&self, strategy: Kind, seed: u64) {
        self.strategy.store(code_of(strategy), Ordering::Relaxed);
        self.seed.store(seed, Ordering::Relaxed);
    }

    /// The input of the present execution, or of the last one: the strategy and the
    /// seed. `None` if there was no execution.
    pub(crate) fn marked(&self) -> Option<(Kind, u64)> {
        let strategy = strategy_of(self.strategy.load(Ordering::Relaxed))?;
        Some((strategy, self.seed.load(Ordering::Relaxed)))
    }
}

/// A number for a strategy, not 0.
fn code_of(strategy: Kind) -> u32 {
    match strategy {
        Kind::Calm => 1,
        Kind::Random => 2,
        Kind::Pos => 3,
        Kind::Urw => 4,
        Kind::RoundRobin => 5,
        Kind::Newest => 6,
        Kind::Pct(depth) => PCT + u32::from(depth.get()),
    }
}

/// To which the depth of PCT is added.
const PCT: u32 = 256;

/// The strategy with the number that [`code_of`] gives it.
fn strategy_of(code: u32) -> Option<Kind> {
    match code {
        1 => Some(Kind::Calm),
        2 => Some(Kind::Random),
        3 => Some(Kind::Pos),
        4 => Some(Kind::Urw),
        5 => Some(Kind::RoundRobin),
        6 => Some(Kind::Newest),
        _ => Depth::new(u8::try_from(code.checked_sub(PCT)?).ok()?).map(Kind::Pct),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_strategy_has_a_number_of_its_own() {
        let deep = Kind::Pct(Depth::new(7).expect("a depth"));
        for &kind in Kind::ALL.iter().chain([&deep]) {
            assert_ne!(code_of(kind), 0);
            assert_eq!(strategy_of(code_of(kind)), Some(kind));
        }
        assert_eq!(strategy_of(0), None);
    }

    #[test]
    fn a_thread_that_ends_leaves_its_pulse_to_the_next_one() {
        let before = Pulse::all().count();
        for _ in 0..300 {
            std::thread::spawn(|| {
                let pulse = Pulse::of_this_thread();
                assert_eq!(pulse.os_thread_id(), sys::os_thread());
                pulse.executing(true);
            })
            .join()
            .expect("it does not panic");
        }
        // Other tests have threads as well.
        let after = Pulse::all().count();
        assert!(after < before + 100, "{before} pulses have become {after}");
    }
}
