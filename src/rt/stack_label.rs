//! Labels a stack with the task that runs on it, for the watchdog and for signal handlers.

use std::fmt;
use std::ops::Range;
use std::sync::atomic::{AtomicU8, AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use jostle_core::id::TaskId;
use jostle_core::op::{AtomicSite, Site};

/// How much of a task's name a label shows, in bytes.
const NAME: usize = 40;

/// The task that runs on a worker's stack, and the end of that stack.
///
/// All fields are atomics, since other threads read them at any moment. A reader may
/// see a mixture of two tasks, but hardly of a thread that has stood still for seconds
/// or has just overflowed its stack.
#[derive(Debug)]
pub(crate) struct StackLabel {
    task: AtomicU32,
    spawned: AtomicSite,
    name: [AtomicU8; NAME],
    name_len: AtomicUsize,
    guard_start: AtomicUsize,
    guard_end: AtomicUsize,
    stack: AtomicUsize,
}

/// The labels of workers that are gone. A label is never freed, so that a reader that
/// comes too late reads a stale one at worst.
static FREE: Mutex<Vec<&'static StackLabel>> = Mutex::new(Vec::new());

impl StackLabel {
    /// A label for a worker with `stack` bytes of stack above `guard`.
    pub(crate) fn issue(guard: &Range<usize>, stack: usize) -> &'static StackLabel {
        let used = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let label = used.unwrap_or_else(|| {
            Box::leak(Box::new(StackLabel {
                task: AtomicU32::new(0),
                spawned: AtomicSite::new(),
                name: [const { AtomicU8::new(0) }; NAME],
                name_len: AtomicUsize::new(0),
                guard_start: AtomicUsize::new(0),
                guard_end: AtomicUsize::new(0),
                stack: AtomicUsize::new(0),
            }))
        });
        label.guard_start.store(guard.start, Ordering::Relaxed);
        label.guard_end.store(guard.end, Ordering::Relaxed);
        label.stack.store(stack, Ordering::Relaxed);
        label
    }

    /// Takes back the label of a worker that is gone.
    pub(crate) fn give_back(&'static self) {
        self.guard_start.store(0, Ordering::Relaxed);
        self.guard_end.store(0, Ordering::Relaxed);
        FREE.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(self);
    }

    /// The worker is going to run `task`.
    pub(crate) fn set(&self, task: TaskId, name: Option<&str>, spawned: Site) {
        self.task.store(task.0, Ordering::Relaxed);
        self.spawned.set(Some(spawned));
        let Some(name) = name else {
            return self.name_len.store(0, Ordering::Relaxed);
        };
        let len = (0..=name.len().min(NAME))
            .rev()
            .find(|&at| name.is_char_boundary(at))
            .unwrap_or(0);
        for (to, from) in self.name.iter().zip(&name.as_bytes()[..len]) {
            to.store(*from, Ordering::Relaxed);
        }
        self.name_len.store(len, Ordering::Relaxed);
    }

    /// The task that runs.
    pub(crate) fn task(&self) -> TaskId {
        TaskId(self.task.load(Ordering::Relaxed))
    }

    /// Addresses at which a fault means that the stack has overflowed.
    pub(crate) fn guard_range(&self) -> Range<usize> {
        self.guard_start.load(Ordering::Relaxed)..self.guard_end.load(Ordering::Relaxed)
    }

    /// The size of the stack in bytes.
    pub(crate) fn stack(&self) -> usize {
        self.stack.load(Ordering::Relaxed)
    }
}

/// The task: `t2 "pump" (spawned at src/pool.rs:10:5)`. It allocates nothing, so
/// that signal handlers can use it.
impl fmt::Display for StackLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let task = TaskId(self.task.load(Ordering::Relaxed));
        match task {
            TaskId::CLOCK => f.write_str("the clock"),
            TaskId::MAIN => f.write_str("the main task"),
            _ => write!(f, "task {task}"),
        }?;
        let mut bytes = [0; NAME];
        for (to, from) in bytes.iter_mut().zip(&self.name) {
            *to = from.load(Ordering::Relaxed);
        }
        let len = self.name_len.load(Ordering::Relaxed).min(NAME);
        match std::str::from_utf8(&bytes[..len]) {
            Ok(name) if !name.is_empty() => write!(f, " {name:?}")?,
            _ => {}
        }
        match self.spawned.get() {
            Some(site) if task != TaskId::MAIN && task != TaskId::CLOCK => {
                write!(f, " (spawned at {site})")
            }
            _ => Ok(()),
        }
    }
}
