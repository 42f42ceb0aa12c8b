//! Detects OS threads that the scenario starts, which Jostle does not control.
//!
//! They make an execution depend on the scheduler of the operating system, so that no finding
//! replays. An OS thread is noticed in three ways:
//!
//! - It wakes a task through a waker ([`note_wake`]).
//! - It uses a primitive that takes part in an execution ([`note_use`]).
//! - It is alive while the scenario that started it is executed ([`OsThreadWatch`]).
//!
//! # Whose thread is it?
//!
//! A process has many threads that are no concern of the scenario: those of the test harness, of
//! other jobs, the watchdog. They come and go during an execution. But on Linux a new thread
//! inherits the *signal mask of its creator*, and `/proc` shows the mask of every thread. So for
//! the length of an execution the watch blocks a set of real-time signals on this OS thread, a
//! different set each time: the *tag*. A thread that has appeared since and has that very tag
//! was started by this execution, directly or through other threads.
//!
//! Two states give misleading masks. A thread that is being created or is about to end blocks all
//! signals for a moment. That is no tag, as a tag has as many signals unblocked as blocked, so
//! such a thread is looked at again. And a thread that has been joined may still be in `/proc`;
//! the kernel marks it as exiting before it lets the joiner continue.
//!
//! None of that is a promise of std's. Tests named after each assumption fail when it changes.

use std::collections::HashSet;
use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

use jostle_core::finding::{Finding, Kind};
use jostle_core::op::Site;

use crate::rt::sys;

/// The epoch of an execution that had a task woken by another OS thread, 0 if there was
/// none.
static WOKEN: AtomicU32 = AtomicU32::new(0);
/// The epoch of an execution that had a primitive used by another OS thread, 0 if there
/// was none.
static USED: AtomicU32 = AtomicU32::new(0);

/// A waker of the execution `epoch` was woken on an OS thread that does not run
/// it.
pub(crate) fn note_wake(epoch: u32) {
    WOKEN.store(epoch, Ordering::Relaxed);
}

/// A primitive of the execution `epoch` was used on an OS thread that runs none.
pub(crate) fn note_use(epoch: u32) {
    USED.store(epoch, Ordering::Relaxed);
}

/// The finding that other OS threads have interfered with the execution `epoch`.
pub(crate) fn interference(epoch: u32) -> Option<Finding> {
    let deed = if WOKEN.load(Ordering::Relaxed) == epoch {
        "woke a task"
    } else if USED.load(Ordering::Relaxed) == epoch {
        "used a primitive of the scenario"
    } else {
        return None;
    };
    Some(Finding::new(
        Kind::Nondeterminism,
        format!(
            "an OS thread that Jostle does not control {deed}; \
             std::thread::spawn or a runtime of its own is at work inside the scenario"
        ),
    ))
}

/// How closely an execution is watched.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Closeness {
    /// At its first steps, then ever more rarely, and at its end.
    Close,
    /// At its end.
    Late,
}

/// Decides which executions are watched, since looking costs as much as dozens of
/// executions.
#[derive(Default, Debug)]
pub(crate) struct WatchSchedule {
    /// The scenario, known by where it was started.
    site: Option<Site>,
    executions: u32,
}

/// How many executions of a scenario are watched closely. A scenario that starts OS
/// threads usually does so every time.
const CLOSE: u32 = 2;
/// One of this many others is watched, at its end. That makes the cost of looking, some
/// 50 µs, a small part of even the shortest executions.
const RARE: u32 = 1024;

impl WatchSchedule {
    /// A watch for the next execution of the scenario at `site`, if there is
    /// to be one.
    pub(crate) fn next(&mut self, site: Site) -> Option<OsThreadWatch> {
        if self.site != Some(site) {
            self.site = Some(site);
            self.executions = 0;
        }
        let before = self.executions;
        self.executions = before.wrapping_add(1);
        let closeness = match before {
            0..CLOSE => Closeness::Close,
            _ if before.is_multiple_of(RARE) => Closeness::Late,
            _ => return None,
        };
        OsThreadWatch::begin(closeness)
    }
}

/// Looks for OS threads that one execution starts.
#[derive(Debug)]
pub(crate) struct OsThreadWatch {
    closeness: Closeness,
    tag: u64,
    /// Threads that were there before, whatever their tag.
    before: HashSet<i32>,
}

/// How many pairs of signals a tag consists of: one signal of each pair is blocked.
const PAIRS: u32 = 13;
/// The lowest real-time signal that no C library keeps for itself, plus a few.
/// The pairs lie above it, and above them some that the watchdog may use.
const FIRST_SIGNAL: u32 = 36;
/// The signals of all tags, as bits of a mask as `/proc` shows it.
const FIELD: u64 = ((1 << (2 * PAIRS)) - 1) << (FIRST_SIGNAL - 1);

/// Looks closely until this step, then each time the number has doubled.
const EVERY_STEP_UNTIL: u32 = 32;

impl OsThreadWatch {
    fn begin(closeness: Closeness) -> Option<OsThreadWatch> {
        static TAGS: AtomicU32 = AtomicU32::new(0);
        let number = TAGS.fetch_add(1, Ordering::Relaxed) % (1 << PAIRS);
        let low = u64::from(number);
        let high = !low & ((1 << PAIRS) - 1);
        let tag = (low | high << PAIRS) << (FIRST_SIGNAL - 1);
        let mut before: HashSet<i32> = threads()?.collect();
        // While threads end, reading `/proc` may skip some. For another one that
        // does no harm, as it has another tag.
        before.insert(sys::os_thread());
        // A thread that blocks these signals for reasons of its own is left alone.
        if own_mask()? & FIELD != 0 {
            return None;
        }
        sys::block(tag);
        Some(OsThreadWatch {
            closeness,
            tag,
            before,
        })
    }

    /// The step, after `step`, at which to look next.
    pub(crate) fn next_look(&self, step: u32) -> u32 {
        match self.closeness {
            Closeness::Close if step < EVERY_STEP_UNTIL => step + 1,
            Closeness::Close => step.saturating_mul(2),
            Closeness::Late => u32::MAX,
        }
    }

    /// The oldest thread that this execution has started and that is alive.
    pub(crate) fn look(&self) -> Option<Finding> {
        let thread = threads()?
            .filter(|id| !self.before.contains(id))
            .find(|&id| self.is_ours(id))?;
        let name = fs::read_to_string(format!("/proc/self/task/{thread}/comm")).ok()?;
        let own = fs::read_to_string("/proc/thread-self/comm").unwrap_or_default();
        // A thread that nobody named has its creator's name.
        let named = if name == own {
            "without a name".to_owned()
        } else {
            format!("named {:?}", name.trim_end())
        };
        Some(Finding::new(
            Kind::Nondeterminism,
            format!(
                "the scenario started an OS thread {named}, which Jostle does not control; \
                 use jostle::thread::spawn instead of std::thread::spawn, and keep runtimes and \
                 thread pools of libraries out of the scenario"
            ),
        ))
    }

    fn is_ours(&self, thread: i32) -> bool {
        // A thread that is being created or ends gets this many looks.
        for _ in 0..1000 {
            let Some(mask) = blocked(thread) else {
                return false;
            };
            if mask & FIELD == self.tag {
                // Read after the mask: a thread that is alive now had that mask
                // while it was alive.
                return !is_exiting(thread);
            }
            if mask & FIELD != FIELD {
                return false;
            }
            std::thread::yield_now();
        }
        false
    }
}

impl Drop for OsThreadWatch {
    fn drop(&mut self) {
        sys::unblock(self.tag);
    }
}

/// The threads of this process, the oldest first.
fn threads() -> Option<impl Iterator<Item = i32>> {
    let entries = fs::read_dir("/proc/self/task").ok()?;
    Some(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()))
}

/// The signals that a thread blocks, signal `n` as bit `n - 1`.
fn blocked(thread: i32) -> Option<u64> {
    mask_in(&fs::read_to_string(format!("/proc/self/task/{thread}/status")).ok()?)
}

fn own_mask() -> Option<u64> {
    mask_in(&fs::read_to_string("/proc/thread-self/status").ok()?)
}

fn mask_in(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|l| l.strip_prefix("SigBlk:"))?;
    u64::from_str_radix(line.trim(), 16).ok()
}

/// Whether a thread is exiting (`PF_EXITING` in the kernel's flags) or gone.
fn is_exiting(thread: i32) -> bool {
    const PF_EXITING: u64 = 0x4;
    let flags = || {
        let stat = fs::read_to_string(format!("/proc/self/task/{thread}/stat")).ok()?;
        // The name, in parentheses, may contain anything; the flags are the
        // seventh field after it.
        let (_, fields) = stat.rsplit_once(')')?;
        fields.split_whitespace().nth(6)?.parse::<u64>().ok()
    };
    flags().is_none_or(|flags| flags & PF_EXITING != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    fn watch() -> OsThreadWatch {
        OsThreadWatch::begin(Closeness::Close).expect("Linux has /proc")
    }

    // Canaries: each is named after something that the watch relies on.

    #[test]
    fn linux_threads_still_inherit_the_signal_mask() {
        let watch = watch();
        let child = std::thread::spawn(own_mask);
        let mask = child.join().expect("it does not panic");
        assert_eq!(mask.expect("Linux has /proc") & FIELD, watch.tag);
    }

    #[test]
    fn linux_threads_still_inherit_the_name() {
        let comm = || fs::read_to_string("/proc/thread-self/comm").expect("Linux has /proc");
        let child = std::thread::spawn(comm).join();
        assert_eq!(child.expect("it does not panic"), comm());
    }

    #[test]
    fn linux_still_marks_a_thread_that_has_been_joined_as_exiting() {
        for _ in 0..100 {
            let child = std::thread::spawn(sys::os_thread);
            assert!(is_exiting(child.join().expect("it does not panic")));
        }
        assert!(!is_exiting(sys::os_thread()));
    }

    #[test]
    fn a_thread_started_under_the_watch_is_named_until_it_is_joined() {
        let watch = watch();
        let (quit, wait) = mpsc::channel::<()>();
        let thread = std::thread::Builder::new()
            .name("pump".into())
            .spawn(move || assert!(wait.recv().is_err()))
            .expect("a thread");
        let finding = watch.look().expect("the thread is alive");
        assert_eq!(finding.kind, Kind::Nondeterminism);
        assert!(finding.message.contains("\"pump\""), "{finding}");
        drop(quit);
        thread.join().expect("it does not panic");
        assert_eq!(watch.look(), None);
    }

    #[test]
    fn a_grandchild_is_found_when_its_parent_is_gone() {
        let watch = watch();
        let (quit, wait) = mpsc::channel::<()>();
        let parent =
            std::thread::spawn(move || std::thread::spawn(move || assert!(wait.recv().is_err())));
        let child = parent.join().expect("it does not panic");
        assert!(watch.look().is_some());
        drop(quit);
        child.join().expect("it does not panic");
    }

    #[test]
    fn threads_of_others_are_not_ours() {
        let (quit, wait) = mpsc::channel::<()>();
        let (order, orders) = mpsc::channel::<()>();
        let (done, ready) = mpsc::channel();
        // It starts a thread while this one has its tag.
        let other = std::thread::spawn(move || {
            orders.recv().expect("an order");
            let child = std::thread::spawn(move || assert!(wait.recv().is_err()));
            done.send(child).expect("somebody waits");
        });
        let watch = watch();
        order.send(()).expect("it waits");
        let child = ready.recv().expect("a thread");
        assert_eq!(watch.look(), None);
        drop(quit);
        child.join().expect("it does not panic");
        other.join().expect("it does not panic");
    }

    #[test]
    fn joined_threads_are_never_seen() {
        let watch = watch();
        for _ in 0..200 {
            std::thread::spawn(|| ()).join().expect("it does not panic");
            assert_eq!(watch.look(), None);
        }
    }

    #[test]
    fn tags_block_as_many_signals_as_they_leave() {
        let a = watch();
        let b_tag = {
            let mask = own_mask().expect("Linux has /proc");
            assert_eq!(mask & FIELD, a.tag);
            assert_eq!(a.tag.count_ones(), PAIRS);
            drop(a);
            assert_eq!(own_mask().expect("Linux has /proc") & FIELD, 0);
            watch().tag
        };
        assert_eq!(b_tag.count_ones(), PAIRS);
    }
}
