//! Signs of life, for a watchdog on another OS thread.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What an OS thread that executes scenarios shows to the watchdog.
///
/// One per OS thread, never freed, so that the watchdog can look at any time.
#[derive(Debug, Default)]
pub(crate) struct Pulse {
    beats: AtomicU64,
    executing: AtomicBool,
    os_thread: AtomicI32,
    /// What is being executed.
    subject: Mutex<String>,
}

/// The pulses of all OS threads that have executed a scenario.
static PULSES: Mutex<Vec<&'static Pulse>> = Mutex::new(Vec::new());

impl Pulse {
    /// The pulse of the calling OS thread.
    pub(crate) fn of_this_thread() -> &'static Pulse {
        std::thread_local! {
            static PULSE: &'static Pulse = {
                let pulse: &'static Pulse = Box::leak(Box::default());
                pulse.os_thread.store(os_thread(), Ordering::Relaxed);
                PULSES
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(pulse);
                pulse
            };
        }
        PULSE.with(|pulse| *pulse)
    }

    /// All pulses.
    pub(crate) fn all() -> Vec<&'static Pulse> {
        PULSES
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// A step was made. Only the owning thread beats, so that a load and a store
    /// do.
    #[inline]
    pub(crate) fn beat(&self) {
        let beats = self.beats.load(Ordering::Relaxed);
        self.beats.store(beats.wrapping_add(1), Ordering::Relaxed);
    }

    /// An execution begins or ends.
    pub(crate) fn executing(&self, executing: bool) {
        self.beat();
        self.executing.store(executing, Ordering::Relaxed);
    }

    /// How many steps were made, or `None` while nothing is executed.
    pub(crate) fn read(&self) -> Option<u64> {
        self.executing
            .load(Ordering::Relaxed)
            .then(|| self.beats.load(Ordering::Relaxed))
    }

    /// The number of the OS thread.
    pub(crate) fn os_thread_id(&self) -> i32 {
        self.os_thread.load(Ordering::Relaxed)
    }

    /// Says what is being executed from now on.
    pub(crate) fn set_subject(&self, subject: String) {
        *self.subject.lock().unwrap_or_else(PoisonError::into_inner) = subject;
    }

    /// What is being executed.
    pub(crate) fn subject(&self) -> String {
        self.subject
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

#[allow(unsafe_code)]
fn os_thread() -> i32 {
    // SAFETY: `gettid` takes nothing and always succeeds.
    unsafe { libc::gettid() }
}
