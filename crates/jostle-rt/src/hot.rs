//! What the code that is called most often has to know: who runs, and his call stack.
//!
//! Every access to memory and every call of the program comes here. So these few words lie
//! in static memory of this library, without a lock: in a session one OS thread executes
//! everything, and without a session nothing but the phase is read.

#![allow(unsafe_code)]

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::detector::Slot;
use crate::symbols::{EMPTY, WINDOW, entered};

/// What the process is doing. The order matters: from `Start` on, the program sees virtual
/// time and the like, and its calls are recorded.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub(crate) enum Phase {
    /// Nobody asked for anything: the program is what it would be without this library.
    Off,
    /// Code of the runtime runs, on the thread-local storage of the process.
    Root,
    /// The program runs, up to the first thread that it makes.
    Start,
    /// The test harness runs: it is under control, but what it does is neither scheduled
    /// nor watched.
    Harness,
    /// A thread of the program runs under control.
    Run,
}

/// An entry of the shadow call stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    /// Where the call returns to.
    pub(crate) pc: usize,
    /// See [`entered`].
    pub(crate) hash: u64,
}

/// A shadow call stack: where it begins and ends, and how deep it is.
///
/// Entry 0 is none and holds the hash of the empty stack. Calls beyond the end are counted
/// and not recorded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calls {
    pub(crate) base: *mut Call,
    pub(crate) depth: usize,
}

/// Recorded calls of a thread at most.
pub(crate) const DEPTH: usize = 1 << 14;

/// See the module.
pub(crate) struct Hot {
    phase: AtomicU8,
    slot: Cell<Slot>,
    calls: Cell<Calls>,
    accesses: Cell<u32>,
    points: Cell<u64>,
    yields: Cell<u32>,
    signals: AtomicU64,
}

// SAFETY: Only the phase is used where there are several OS threads, and the signals by
// handlers; they are atomic.
unsafe impl Sync for Hot {}

static HOT: Hot = Hot {
    phase: AtomicU8::new(Phase::Off as u8),
    slot: Cell::new(0),
    calls: Cell::new(Calls {
        base: ptr::null_mut(),
        depth: 0,
    }),
    accesses: Cell::new(0),
    points: Cell::new(0),
    yields: Cell::new(0),
    signals: AtomicU64::new(0),
};

/// What the process is doing.
#[inline(always)]
pub(crate) fn phase() -> Phase {
    match HOT.phase.load(Ordering::Relaxed) {
        0 => Phase::Off,
        1 => Phase::Root,
        2 => Phase::Start,
        3 => Phase::Harness,
        _ => Phase::Run,
    }
}

/// Whether a thread of the program runs under control, or the harness.
#[inline(always)]
pub(crate) fn is_running() -> bool {
    HOT.phase.load(Ordering::Relaxed) >= Phase::Harness as u8
}

/// Whether a thread of the program runs whose operations are scheduled and whose accesses
/// are watched.
#[inline(always)]
pub(crate) fn is_watched() -> bool {
    HOT.phase.load(Ordering::Relaxed) == Phase::Run as u8
}

/// Whether the program sees virtual time, seeded chance and the like.
#[inline(always)]
pub(crate) fn is_virtual() -> bool {
    HOT.phase.load(Ordering::Relaxed) >= Phase::Start as u8
}

#[inline(always)]
pub(crate) fn set_phase(phase: Phase) {
    HOT.phase.store(phase as u8, Ordering::Relaxed);
}

/// The logical thread that runs, or ran last.
#[inline(always)]
pub(crate) fn slot() -> Slot {
    HOT.slot.get()
}

/// The logical thread in `slot` runs from now on. Returns the calls of the one before.
#[inline(always)]
pub(crate) fn enter(slot: Slot, calls: Calls) -> Calls {
    HOT.slot.set(slot);
    HOT.accesses.set(0);
    HOT.calls.replace(calls)
}

/// The shadow call stack of the running thread, outermost call first.
#[inline]
pub(crate) fn calls() -> &'static [Call] {
    let Calls { base, depth } = HOT.calls.get();
    if base.is_null() {
        return &[];
    }
    // SAFETY: The entries from 1 to `depth` are recorded, up to the end. They stay as
    // they are until the thread goes on, which it does not while the caller looks at them.
    unsafe { std::slice::from_raw_parts(base.add(1), depth.min(DEPTH - 1)) }
}

/// The hash of the shadow call stack.
#[inline(always)]
pub(crate) fn calls_hash() -> u64 {
    let Calls { base, depth } = HOT.calls.get();
    if base.is_null() {
        return EMPTY;
    }
    // SAFETY: As in `calls`; entry 0 is there.
    unsafe { (*base.add(depth.min(DEPTH - 1))).hash }
}

/// The running thread calls a function that returns to `pc`.
#[inline(always)]
pub(crate) fn call(pc: usize) {
    let Calls { base, depth } = HOT.calls.get();
    let depth = depth + 1;
    HOT.calls.set(Calls { base, depth });
    if base.is_null() || depth >= DEPTH {
        return;
    }
    // SAFETY: `depth` is within the stack, and so are the entries below it.
    unsafe {
        let leaving = match depth > WINDOW {
            true => (*base.add(depth - WINDOW)).pc,
            false => 0,
        };
        let hash = entered((*base.add(depth - 1)).hash, leaving, pc);
        base.add(depth).write(Call { pc, hash });
    }
}

/// The function that the running thread called last returns.
#[inline(always)]
pub(crate) fn leave() {
    let Calls { base, depth } = HOT.calls.get();
    HOT.calls.set(Calls {
        base,
        depth: depth.saturating_sub(1),
    });
}

/// Plain accesses without a scheduling point after which others go first: a loop that reads
/// memory until somebody changes it, without an atomic operation, would never end.
const PATIENCE: u32 = 200_000;

/// Counts a plain access of the running thread. Returns whether it is time for others.
#[inline(always)]
pub(crate) fn count_access() -> bool {
    let accesses = HOT.accesses.get() + 1;
    HOT.accesses.set(accesses);
    accesses > PATIENCE
}

/// The running thread has come to a scheduling point.
#[inline(always)]
pub(crate) fn forget_accesses() {
    HOT.accesses.set(0);
    HOT.points.set(HOT.points.get() + 1);
}

/// The running thread lets others go first, and has done nothing.
#[inline(always)]
pub(crate) fn restart_accesses() {
    HOT.accesses.set(0);
}

/// Points in a row that the running thread made for others only, while nobody else came to
/// any, before it is taken not to end: some 200 million accesses.
const YIELDS: u32 = 1000;

/// The running thread makes a scheduling point, `point`, for others only. Returns whether it
/// has done so for too long.
#[inline]
pub(crate) fn yield_by(point: impl FnOnce()) -> bool {
    let (before, yields) = (HOT.points.get(), HOT.yields.get());
    point();
    // It is no progress of the thread.
    HOT.points.set(HOT.points.get() - 1);
    let alone = HOT.points.get() == before;
    let yields = if alone { yields + 1 } else { 0 };
    HOT.yields.set(yields);
    yields >= YIELDS
}

/// How many scheduling points there have been, and plain accesses since the last one: what
/// shows that the program does something under control.
#[inline]
pub(crate) fn progress() -> (u64, u32) {
    (HOT.points.get(), HOT.accesses.get())
}

/// Signals have come from outside. Called by handlers of the system.
pub(crate) fn note_signal(set: u64) {
    HOT.signals.fetch_or(set, Ordering::Relaxed);
}

/// Whether signals have come from outside.
#[inline(always)]
pub(crate) fn has_signals() -> bool {
    HOT.signals.load(Ordering::Relaxed) != 0
}

/// Takes the signals that have come from outside.
pub(crate) fn take_signals() -> u64 {
    HOT.signals.swap(0, Ordering::Relaxed)
}
