//! The interface to ThreadSanitizer in builds that have it.
//!
//! - [`ffi`]: TSan's functions.
//! - [`fences`]: the edges of fences, which TSan lacks.
//! - [`held`]: the locks that tasks hold, for reports.
//! - [`report`]: catches its reports.
//! - [`symbols`]: addresses to source lines.
//!
//! ```text
//!   run loop or host, on its fiber      a worker's fiber
//!   ──────────────────────────────      ────────────────
//!   inside ┐
//!          │ Fiber::run: switch ───────> (inside, where it suspended)
//!          │             Coroutine::resume ─> … Link::suspend returns
//!          │                                  guard ends: user code
//!          │                                  inside ┐ Link::suspend
//!          │             resume returns <────────────┘
//!          │ switch back <───────────────
//! ```
//!
//! TSan keeps a stack of calls for each fiber, which instrumented functions push
//! to and pop from. So whatever is called on a fiber has to return on it:
//! [`Fiber::run`] changes over and back in one function, and on the other side a
//! coroutine is suspended and resumed in one function too.

#![allow(unsafe_code)]

mod fences;
mod ffi;
mod held;
mod report;
mod symbols;

use std::cell::{Cell, RefCell};
use std::ffi::{CString, c_void};
use std::marker::PhantomData;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::sanitizer::LANES;

pub(crate) use held::{hold, let_go};
pub(crate) use report::{forget, has_reported, reported};

/// Whether data races are noticed.
pub(crate) const SEES_RACES: bool = true;

/// Whether a stack must not serve two tasks of one execution: TSan would take
/// the second one's frames for the first one's, which pointers may still lead to.
pub(crate) const KEEPS_STACKS_APART: bool = true;

/// “Do not synchronize”: the default orders both fibers and hides every race.
const NO_SYNC: u32 = 1;

/// The state of a fiber, touched on that fiber only.
struct Context {
    /// How many guards of [`inside`] there are. TSan is told of the first only.
    depth: Cell<u32>,
    /// The task whose job it runs.
    task: Cell<u32>,
    notes: fences::Notes,
    held: held::Held,
}

impl Context {
    const fn new(depth: u32) -> Context {
        Context {
            depth: Cell::new(depth),
            task: Cell::new(u32::MAX),
            notes: fences::Notes::new(),
            held: held::Held::new(),
        }
    }
}

std::thread_local! {
    /// The context of an OS thread's own fiber.
    static OWN: Context = const { Context::new(0) };
    /// The context of the worker's fiber that runs, null if it is the OS
    /// thread's own one. The driver changes it, out of TSan's sight.
    static HERE: Cell<*const Context> = const { Cell::new(ptr::null()) };
    /// The fibers that this OS thread has made, by the number that is their name.
    static FIBERS: RefCell<Vec<(u64, *const Context)>> = const { RefCell::new(Vec::new()) };
}

#[inline]
fn here<R>(f: impl FnOnce(&Context) -> R) -> R {
    let here = HERE.get();
    if here.is_null() {
        OWN.with(f)
    } else {
        // SAFETY: `Fiber::run` set the pointer to the context of a fiber that it
        // borrows until it takes the pointer back.
        f(unsafe { &*here })
    }
}

fn ignore() {
    ffi::__tsan_mutex_pre_signal(ptr::null_mut(), 0);
}

fn heed() {
    // Every call follows one of `ignore` on the same fiber.
    ffi::__tsan_mutex_post_signal(ptr::null_mut(), 0);
}

/// Makes one call on another fiber.
fn on(fiber: *mut c_void, call: impl FnOnce()) {
    // SAFETY: Callers own the fiber, and it is not running. The first switch is
    // undone at once.
    unsafe {
        let back = ffi::__tsan_get_current_fiber();
        ffi::__tsan_switch_to_fiber(fiber, NO_SYNC);
        call();
        ffi::__tsan_switch_to_fiber(back, NO_SYNC);
    }
}

/// A coroutine, as TSan sees it: a thread.
#[derive(Debug)]
pub(crate) struct Fiber {
    fiber: *mut c_void,
    number: u64,
    context: *const Context,
}

impl Fiber {
    /// A fiber on which the runtime is at work. It knows everything that the
    /// running one has done so far.
    pub(crate) fn new() -> Fiber {
        static NUMBERS: AtomicU64 = AtomicU64::new(0);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let context: *const Context = Box::into_raw(Box::new(Context::new(1)));
        // Visible, so that the fiber comes after what its maker has done.
        let fiber = outside(|| ffi::__tsan_create_fiber(0));
        if let Ok(name) = CString::new(format!("jostle {number}")) {
            // SAFETY: The name is a string, and it is copied.
            unsafe { ffi::__tsan_set_fiber_name(fiber, name.as_ptr()) };
        }
        on(fiber, ignore);
        FIBERS.with_borrow_mut(|list| list.push((number, context)));
        Fiber {
            fiber,
            number,
            context,
        }
    }

    /// Runs on this fiber until its coroutine suspends, which `resume` resumes.
    #[inline(always)]
    pub(crate) fn run<R>(&self, resume: impl FnOnce() -> R) -> R {
        let before = HERE.replace(self.context);
        // SAFETY: The fiber exists as long as `self`. The coroutine suspends only
        // inside the runtime, so both fibers are bracketed at both switches.
        let back = unsafe {
            let back = ffi::__tsan_get_current_fiber();
            ffi::__tsan_switch_to_fiber(self.fiber, NO_SYNC);
            back
        };
        let result = resume();
        // SAFETY: `back` is the fiber of the function that runs this.
        unsafe { ffi::__tsan_switch_to_fiber(back, NO_SYNC) };
        HERE.set(before);
        result
    }

    /// A new job begins.
    pub(crate) fn begin(&self) {
        // SAFETY: The box lives as long as `self`.
        let context = unsafe { &*self.context };
        context.notes.clear();
        if !context.held.is_empty() {
            on(self.fiber, || context.held.clear());
        }
    }

    /// Notes whose accesses the fiber's are from now on.
    #[inline]
    pub(crate) fn serve(&self, task: u32) {
        // SAFETY: The box lives as long as `self`.
        unsafe { &*self.context }.task.set(task);
    }
}

impl Drop for Fiber {
    fn drop(&mut self) {
        // A process that ends takes its thread-locals first.
        let _ = FIBERS.try_with(|list| {
            list.borrow_mut()
                .retain(|(number, _)| *number != self.number);
        });
        // TSan takes an open bracket for a mistake.
        on(self.fiber, heed);
        // SAFETY: A fiber is dropped with its worker, which is not running, and
        // nobody else has either pointer.
        unsafe {
            ffi::__tsan_destroy_fiber(self.fiber);
            drop(Box::from_raw(self.context.cast_mut()));
        }
    }
}

/// The task that the fiber with this number runs, on this OS thread.
fn task_of(number: u64) -> Option<u32> {
    FIBERS.with_borrow(|list| {
        let (_, context) = list.iter().find(|(n, _)| *n == number)?;
        // SAFETY: A fiber takes its entry along before it frees the context.
        let task = unsafe { &**context }.task.get();
        (task != u32::MAX).then_some(task)
    })
}

/// The runtime is at work until this is dropped, on the same fiber.
#[must_use]
#[derive(Debug)]
pub(crate) struct Inside(PhantomData<*const ()>);

/// Hides from TSan what the runtime does from here on.
#[inline]
pub(crate) fn inside() -> Inside {
    here(|context| {
        let depth = context.depth.get();
        if depth == 0 {
            ignore();
        }
        context.depth.set(depth + 1);
    });
    Inside(PhantomData)
}

impl Drop for Inside {
    #[inline]
    fn drop(&mut self) {
        here(|context| {
            let depth = context.depth.get() - 1;
            context.depth.set(depth);
            if depth == 0 {
                heed();
            }
        });
    }
}

/// Shows TSan what user code does that the runtime calls.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    struct Back(u32);
    impl Drop for Back {
        fn drop(&mut self) {
            here(|context| {
                debug_assert_eq!(context.depth.get(), 0);
                if self.0 > 0 {
                    ignore();
                }
                context.depth.set(self.0);
            });
        }
    }
    let _back = here(|context| {
        let depth = context.depth.replace(0);
        if depth > 0 {
            heed();
        }
        Back(depth)
    });
    f()
}

/// A place where one task leaves its past and another one takes it up.
///
/// TSan keeps what was left by address. Numbers of objects and tasks stand for
/// addresses in a range that is never used for anything else. What an earlier
/// execution left there does no harm: all of it happened before this one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge(*mut c_void);

/// Objects, tasks and timers that have places of their own; as for [`LANES`].
const OBJECTS: usize = 1 << 16;
const TASKS: usize = 1 << 16;
const TIMERS: usize = 1 << 16;
const PER_TASK: usize = 5;

/// TSan tells places apart that are eight bytes apart.
const STRIDE: usize = 8;

/// Where the places of tasks and timers begin, that of the execution, and those of locks.
const TASK_PLACES: usize = OBJECTS * LANES as usize * STRIDE;
const TIMER_PLACES: usize = TASK_PLACES + TASKS * PER_TASK * STRIDE;
const EXECUTION_PLACE: usize = TIMER_PLACES + TIMERS * STRIDE;
const LOCK_PLACES: usize = EXECUTION_PLACE + STRIDE;
const PLACES: usize = LOCK_PLACES + OBJECTS * LANES as usize * STRIDE;

/// The places of one OS thread, which come back when it ends.
struct Range(usize);

std::thread_local! {
    static RANGE: Cell<usize> = const { Cell::new(0) };
    static KEPT: Cell<Option<Range>> = const { Cell::new(None) };
}

/// Ranges of threads that have ended. What they left there comes before what the next
/// owner does.
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());

fn free() -> MutexGuard<'static, Vec<usize>> {
    FREE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Range {
    #[cold]
    fn take() -> Range {
        let _inside = inside();
        let range = free().pop().unwrap_or_else(|| ffi::reserve(PLACES));
        Edge(ptr::without_provenance_mut(range)).acquire();
        Range(range)
    }
}

impl Drop for Range {
    fn drop(&mut self) {
        let _inside = inside();
        Edge(ptr::without_provenance_mut(self.0)).release();
        free().push(self.0);
    }
}

impl Edge {
    fn place(offset: usize) -> Edge {
        if RANGE.get() == 0 {
            let range = Range::take();
            RANGE.set(range.0);
            KEPT.set(Some(range));
        }
        Edge(ptr::without_provenance_mut(RANGE.get() + offset))
    }

    /// Whether an address is that of a place.
    fn is_at(address: *mut c_void) -> bool {
        let range = RANGE.get();
        range != 0 && (range..range + PLACES).contains(&address.addr())
    }

    /// Of a primitive. One that orders several pairs of operations (the slots of
    /// a channel) has a lane for each.
    #[inline]
    pub(crate) fn object(object: u32, lane: u32) -> Edge {
        let (object, lane) = (object as usize % OBJECTS, lane % LANES);
        Edge::place((object * LANES as usize + lane as usize) * STRIDE)
    }

    /// From the end of a task to who joins it.
    #[inline]
    pub(crate) fn end(task: u32) -> Edge {
        Edge::of_task(task, 0)
    }

    /// From who leaves a task a token to the task when it takes it.
    #[inline]
    pub(crate) fn token(task: u32) -> Edge {
        Edge::of_task(task, 1)
    }

    /// From who wakes a task to its next poll.
    #[inline]
    pub(crate) fn wake(task: u32) -> Edge {
        Edge::of_task(task, 2)
    }

    /// From a task that waits for a partner to the partner that comes.
    #[inline]
    pub(crate) fn offer(task: u32) -> Edge {
        Edge::of_task(task, 3)
    }

    /// The reverse of [`offer`](Edge::offer).
    #[inline]
    pub(crate) fn answer(task: u32) -> Edge {
        Edge::of_task(task, 4)
    }

    fn of_task(task: u32, which: usize) -> Edge {
        Edge::place(TASK_PLACES + ((task as usize % TASKS) * PER_TASK + which) * STRIDE)
    }

    /// From who arms a timer to the clock that fires it.
    #[inline]
    pub(crate) fn timer(timer: u64) -> Edge {
        Edge::place(TIMER_PLACES + (timer as usize % TIMERS) * STRIDE)
    }

    /// From every task to whoever called the executor.
    pub(crate) fn execution() -> Edge {
        Edge::place(EXECUTION_PLACE)
    }

    /// Of a place in memory, which nothing but edges is made of.
    #[inline]
    pub(crate) fn at<T>(place: *const T) -> Edge {
        Edge(place.cast::<c_void>().cast_mut())
    }

    /// Everything the task has done so far comes before what those do who
    /// acquire the edge from now on.
    #[inline]
    pub(crate) fn release(self) {
        // TSan drops edges while it ignores synchronization.
        outside(|| ffi::__tsan_release(self.0));
    }

    /// Reads the place, as an access that can race.
    #[inline]
    pub(crate) fn read(self) {
        outside(|| ffi::__tsan_read1(self.0));
    }

    /// Writes the place, as an access that can race.
    #[inline]
    pub(crate) fn write(self) {
        outside(|| ffi::__tsan_write1(self.0));
    }

    /// See [`release`](Edge::release).
    #[inline]
    pub(crate) fn acquire(self) {
        outside(|| ffi::__tsan_acquire(self.0));
    }
}
