//! Executes the program under the kernel: the carrier of the second backend.
//!
//! The functions that take libc's place ([`abi`](crate::abi)) come here on the stack of
//! the logical thread that called them. What they may do there is limited: the thread-local
//! storage is the program's, so that nothing of this library that uses its own may run, and
//! nothing may panic. What does (a strategy, the symbolizer) is called by
//! [`Engine::inside`], on the same stack with the storage of the process.
//!
//! - `point`: scheduling points, and who goes on.
//! - `wait`: queues of waiting threads, deadlines, descriptors. `gate`: locks.
//! - `thread`: the life of a logical thread; `harness`: the thread that is not scheduled.
//! - `spin`: loops that read what nobody changes. `standstill`: such loops without end.
//! - `object`: numbers of objects by address; `name`: their names; `place`: sites by return
//!   address.
//! - `watch`: what the race detector has seen. `signal`: delivery of signals. `end`: how an
//!   execution ends.
//!
//! A reference into the engine never lives across a change of stacks.

#![allow(unsafe_code)]

pub(crate) mod end;
pub(crate) mod gate;
pub(crate) mod harness;
pub(crate) mod name;
pub(crate) mod object;
pub(crate) mod place;
pub(crate) mod point;
pub(crate) mod signal;
pub(crate) mod spin;
pub(crate) mod standstill;
pub(crate) mod thread;
pub(crate) mod wait;
pub(crate) mod watch;

use std::cell::UnsafeCell;
use std::hint;
use std::panic::{self, AssertUnwindSafe};
use std::ptr;

use jostle_core::kernel::Kernel;
use jostle_core::strategy::Policy;
use jostle_protocol::Harness;

use crate::carrier::context::{self, Context};
use crate::carrier::stack::Stacks;
use crate::carrier::tls::Tls;
use crate::detector::Detector;
use crate::engine::end::End;
use crate::engine::name::Names;
use crate::engine::object::Objects;
use crate::engine::place::Places;
use crate::engine::standstill::Standstill;
use crate::engine::thread::Threads;
use crate::engine::wait::Waiters;
use crate::heap::Heap;
use crate::hot::{self, Phase};
use crate::outside::Outside;

/// Everything that executes the program. There is one, in a session.
#[derive(Debug)]
pub(crate) struct Engine {
    /// The kernel of the backend that executes.
    kernel: *mut Kernel,
    /// The strategy of this execution.
    policy: *mut Policy<'static>,
    /// Where the runtime itself goes on, and its thread-local storage.
    root: Context,
    /// Where the thread that left the execution was.
    pub(crate) left: Context,
    pub(crate) tls: Tls,
    pub(crate) stacks: Stacks,
    pub(crate) threads: Threads,
    pub(crate) waiters: Waiters,
    pub(crate) objects: Objects,
    pub(crate) names: Names,
    pub(crate) places: Places,
    pub(crate) detector: Detector,
    pub(crate) heap: Heap,
    pub(crate) outside: Outside,
    /// How the execution ended.
    pub(crate) end: Option<End>,
    pub(crate) harness: harness::Thread,
    pub(crate) standstill: Standstill,
    /// The calls at the access that is watched for, if it was made.
    pub(crate) watched: Option<Vec<usize>>,
    /// The allocation that is watched for: its ordinal, 0 for none.
    pub(crate) awaited: u64,
    /// That allocation, if it was made.
    pub(crate) allocation: Option<watch::Allocation>,
    /// Bytes drawn from the random numbers of this execution.
    pub(crate) random: u64,
}

struct Slot(UnsafeCell<*mut Engine>);

// SAFETY: It is used in a session only, in which there is one OS thread.
unsafe impl Sync for Slot {}

static ENGINE: Slot = Slot(UnsafeCell::new(ptr::null_mut()));

/// Sets up the engine of the session.
pub(crate) fn install(engine: Engine) {
    // SAFETY: See `Slot`.
    unsafe { *ENGINE.0.get() = Box::into_raw(Box::new(engine)) };
}

/// Whether there is an engine.
pub(crate) fn is_installed() -> bool {
    // SAFETY: See `Slot`.
    unsafe { !(*ENGINE.0.get()).is_null() }
}

/// Does something with the engine. Not to be called from within itself, and `f` does not
/// change stacks.
#[inline(always)]
pub(crate) fn with<R>(f: impl FnOnce(&mut Engine) -> R) -> R {
    // SAFETY: The session has installed the engine, there is one OS thread, and nothing that
    // is called with the engine calls this function.
    f(unsafe { &mut **ENGINE.0.get() })
}

impl Engine {
    /// An engine that has executed nothing.
    ///
    /// # Errors
    ///
    /// If this system does not give what it needs, in words.
    pub(crate) fn new(harness: Harness, places: Places, heap: Heap) -> Result<Engine, String> {
        Ok(Engine {
            kernel: ptr::null_mut(),
            policy: ptr::null_mut(),
            root: Context::NONE,
            left: Context::NONE,
            tls: Tls::new()?,
            stacks: Stacks::new()?,
            threads: Threads::new()?,
            waiters: Waiters::default(),
            objects: Objects::new(),
            names: Names::default(),
            places,
            detector: Detector::new()
                .map_err(|e| format!("no memory for the race detector: {e:?}"))?,
            heap,
            outside: Outside::new(),
            end: None,
            harness: harness::Thread::new(harness),
            standstill: Standstill::NONE,
            watched: None,
            awaited: 0,
            allocation: None,
            random: 0,
        })
    }

    /// The kernel.
    #[inline(always)]
    pub(crate) fn kernel(&mut self) -> &mut Kernel {
        // SAFETY: Set for the length of an execution, in which alone this is called, to a
        // kernel that nobody else uses meanwhile.
        unsafe { &mut *self.kernel }
    }

    /// Asks the kernel for something that concerns the strategy.
    pub(crate) fn asking<R>(
        &mut self,
        ask: impl FnOnce(&mut Kernel, &mut Policy<'static>) -> R,
    ) -> R {
        let (kernel, policy) = (self.kernel, self.policy);
        // SAFETY: As for `kernel`; the policy likewise, and the two do not overlap.
        self.inside(|_| unsafe { ask(&mut *kernel, &mut *policy) })
    }

    /// Runs code of this library that may use thread-local variables, allocate at length
    /// or panic. A panic ends the execution: it is a fault of Jostle.
    pub(crate) fn inside<R>(&mut self, f: impl FnOnce(&mut Engine) -> R) -> R {
        let (phase, storage) = (hot::phase(), context::tls());
        hot::set_phase(Phase::Root);
        // SAFETY: The storage of the process, where this library's variables are; `guarded`
        // is not inlined, so that no address of a variable is kept across it.
        unsafe { context::set_tls(self.root.tls) };
        let result = guarded(self, f);
        // SAFETY: Back to the storage of the running thread.
        unsafe { context::set_tls(storage) };
        hot::set_phase(phase);
        match result {
            Ok(result) => result,
            Err(why) => self.leave(End::Broken(why)),
        }
    }

    /// Leaves the execution for good.
    pub(crate) fn leave(&mut self, end: End) -> ! {
        self.end = Some(end);
        hot::set_phase(Phase::Root);
        // SAFETY: The root waits in `run`. This context is never gone back to, so that the
        // reference to the engine on its stack is not used again.
        unsafe { context::switch(&raw mut self.left, self.root) };
        // Nobody resumes a context that has left.
        loop {
            hint::spin_loop();
        }
    }
}

/// Not inlined; see [`Engine::inside`].
#[inline(never)]
fn guarded<R>(engine: &mut Engine, f: impl FnOnce(&mut Engine) -> R) -> Result<R, String> {
    panic::catch_unwind(AssertUnwindSafe(|| f(engine))).map_err(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        text.unwrap_or("the runtime panicked").to_owned()
    })
}

/// Runs the main thread from `context` until the execution is left. The root's side of
/// [`Engine::leave`].
pub(crate) fn run(
    kernel: *mut Kernel,
    policy: *mut Policy<'static>,
    phase: Phase,
    from: Context,
) -> End {
    let root = with(|e| {
        e.kernel = kernel;
        e.policy = policy;
        e.end = None;
        &raw mut e.root
    });
    hot::set_phase(phase);
    // SAFETY: The session prepared the context, or saved it at the fork point and put its
    // stack and storage back; `root` stays where it is, and no reference to the engine is held.
    unsafe { context::switch(root, from) };
    with(|e| {
        e.kernel = ptr::null_mut();
        e.policy = ptr::null_mut();
        e.end.take().unwrap_or(End::Broken(
            "the program left without saying how".to_owned(),
        ))
    })
}
