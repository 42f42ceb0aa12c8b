//! Runs jobs on separate stacks. Nothing else in the crate uses corosensei.
//!
//! ```text
//!   run loop, or another worker       worker's stack
//!   ───────────────────────────       ──────────────
//!   Worker::resume ──────────────────> job runs …
//!                                      … Link::suspend
//!   <──────────────────────────────────┘ (Suspended)
//!   Worker::resume ──────────────────> … job returns
//!                                      suspend
//!   <──────────────────────────────────┘ (Done)
//!   Worker::start(next job) …
//! ```
//!
//! The coroutine of a worker never returns: it loops over jobs, so that a later execution uses
//! the stack again without setting it up.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::fmt;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::ptr::{self, NonNull};

use corosensei::stack::{DefaultStack, Stack};
use corosensei::{Coroutine, CoroutineResult, Yielder};

use crate::rt::stack_label::StackLabel;
use crate::rt::sys;
use crate::sanitizer::{self, Edge, Fiber};
use jostle_core::id::TaskId;

/// The work of a worker.
pub(crate) type Job = Box<dyn FnOnce()>;

/// The end of every job, on the stack of the worker. It gets what the job returned or
/// unwound with, and must not unwind.
pub(crate) type Epilogue = fn(std::thread::Result<()>);

/// How a worker came back.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Resumed {
    /// The job called [`Link::suspend`].
    Suspended,
    /// The job has returned; the worker is free for another one.
    Done,
}

/// The part of a worker that both sides of the switch touch.
pub(crate) struct Link {
    yielder: Cell<*const Yielder<(), Resumed>>,
    job: Cell<Option<Job>>,
}

impl Link {
    /// Goes back to whoever resumed the worker; returns when it is resumed
    /// again.
    ///
    /// # Safety
    ///
    /// The caller runs on this worker's own stack.
    #[inline]
    pub(crate) unsafe fn suspend(&self) {
        // SAFETY: The worker's body set the pointer to its yielder before it
        // took its first job, and the yielder lives as long as the stack, on
        // which the caller promises to be.
        unsafe { (*self.yielder.get()).suspend(Resumed::Suspended) }
    }
}

/// A stack that runs one job at a time.
pub(crate) struct Worker {
    coroutine: Coroutine<(), Resumed, (), DefaultStack>,
    /// A box that was leaked and is freed in `drop`. No `Box`, since the coroutine's
    /// body and whoever suspends keep pointers into it while the worker is moved.
    link: NonNull<Link>,
    label: &'static StackLabel,
    fiber: Fiber,
}

/// How far below a stack a fault still means its overflow. corosensei maps one
/// page there that nobody may touch, the lowest one of [`Stack::limit`]; a frame
/// of C code that is larger than a page may jump over it.
const GUARD_REACH: usize = 64 * 1024;

impl Worker {
    /// A worker with a stack of `size` bytes, rounded up to whole pages.
    ///
    /// # Errors
    ///
    /// If the operating system does not give the memory.
    pub(crate) fn new(size: usize, epilogue: Epilogue) -> io::Result<Worker> {
        let stack = DefaultStack::new(size)?;
        let limit = stack.limit().get();
        let guard = limit.saturating_sub(GUARD_REACH)..limit + sys::page_size();
        let label = StackLabel::issue(&guard, size);
        let link = NonNull::from(Box::leak(Box::new(Link {
            yielder: Cell::new(ptr::null()),
            job: Cell::new(None),
        })));
        let coroutine = Coroutine::with_stack(stack, move |yielder: &Yielder<(), Resumed>, ()| {
            // SAFETY: The worker that owns this coroutine frees the link, after it has
            // reset the coroutine, or leaks both.
            let link = unsafe { link.as_ref() };
            link.yielder.set(yielder);
            loop {
                if let Some(job) = link.job.take() {
                    // What the unwound job left behind is shared with other
                    // tasks under the rules of poisoning, as in a thread.
                    epilogue(sanitizer::outside(|| {
                        Edge::at(link).acquire();
                        panic::catch_unwind(AssertUnwindSafe(job))
                    }));
                    Edge::execution().release();
                }
                yielder.suspend(Resumed::Done);
            }
        });
        Ok(Worker {
            coroutine,
            link,
            label,
            fiber: Fiber::new(),
        })
    }

    /// Gives a free worker its next job, to be run by [`Worker::resume`].
    pub(crate) fn start(&mut self, job: Job) {
        // SAFETY: The link is freed in `drop`, and nobody has a `&mut` of it.
        unsafe { self.link.as_ref() }.job.set(Some(job));
        self.fiber.begin();
        Edge::at(self.link.as_ptr()).release();
    }

    /// Tells the sanitizer which task the job belongs to.
    #[inline]
    pub(crate) fn serve(&self, task: TaskId) {
        self.fiber.serve(task.0);
    }

    /// Runs the job until it suspends or returns.
    #[inline]
    pub(crate) fn resume(&mut self) -> Resumed {
        let coroutine = &mut self.coroutine;
        match self.fiber.run(|| coroutine.resume(())) {
            CoroutineResult::Yield(resumed) => resumed,
            CoroutineResult::Return(()) => unreachable!("a worker's body never returns"),
        }
    }

    /// The side that the job uses to suspend.
    pub(crate) fn link(&self) -> *const Link {
        self.link.as_ptr()
    }

    /// The label of the stack, which names the task that runs there. Starting a job includes
    /// setting it.
    pub(crate) fn label(&self) -> &'static StackLabel {
        self.label
    }

    /// Gives up the stack with whatever is on it. Used when a job can be neither
    /// finished nor unwound; the memory stays allocated for ever.
    pub(crate) fn abandon(self) {
        std::mem::forget(self);
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.coroutine.started() && !self.coroutine.done() {
            // SAFETY: Between jobs the only values on the stack are the ones
            // of the worker loop, which owns nothing; a worker inside a job is
            // abandoned, never dropped. So nothing is lost by not unwinding.
            unsafe { self.coroutine.force_reset() };
        }
        // SAFETY: The box was leaked by `new`. The coroutine, whose body alone keeps a
        // reference, has not started or is over, and nobody suspends on its stack.
        drop(unsafe { Box::from_raw(self.link.as_ptr()) });
        self.label.give_back();
    }
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("label", &self.label)
            .finish()
    }
}
