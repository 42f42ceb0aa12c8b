//! Wakers of tasks, which hold three numbers in a pointer and allocate nothing.

#![allow(unsafe_code)]

use std::ptr;
use std::task::{RawWaker, RawWakerVTable, Waker};

use jostle_core::id::TaskId;

use crate::rt::{current, os_threads};
use crate::sanitizer::Edge;

#[cfg(not(target_pointer_width = "64"))]
compile_error!("jostle keeps an epoch, a task and a depth in a waker's pointer and needs 64 bits");

const VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

/// The waker of the poll loop of `task` at `depth`. It is counted as long as it
/// lives; see [`Blocked::waker_lost`](jostle_core::snapshot::Blocked::waker_lost).
pub(crate) fn waker(epoch: u32, task: TaskId, depth: u32) -> Waker {
    count(epoch, task, 1);
    // SAFETY: The data is three numbers and no pointer, so every function of
    // the table is valid for it at any time and on any thread.
    unsafe { Waker::from_raw(RawWaker::new(pack(epoch, task, depth), &VTABLE)) }
}

/// Whether a waker is one of these and runs no code but this module's.
pub(crate) fn is_own(waker: &Waker) -> bool {
    *waker.vtable() == VTABLE
}

/// Where the depth lies: above the task, whose number has at most this many
/// bits, and below the epoch.
const DEPTH: u32 = 24;

fn pack(epoch: u32, task: TaskId, depth: u32) -> *const () {
    debug_assert!(task.index() >> DEPTH == 0 && depth < 1 << (32 - DEPTH));
    let low = (depth as usize) << DEPTH | task.index();
    ptr::without_provenance((epoch as usize) << 32 | low)
}

fn unpack(data: *const ()) -> (u32, TaskId, u32) {
    let low = data.addr() as u32;
    let task = TaskId(low & ((1 << DEPTH) - 1));
    ((data.addr() >> 32) as u32, task, low >> DEPTH)
}

/// Wakers of executions that are over count for nothing.
fn count(epoch: u32, task: TaskId, by: i32) {
    if let Some(current) = current::try_get()
        && current.epoch() == epoch
    {
        current.with(|x| x.kernel.count_wakers(task, by));
    }
}

fn clone(data: *const ()) -> RawWaker {
    let (epoch, task, _) = unpack(data);
    count(epoch, task, 1);
    RawWaker::new(data, &VTABLE)
}

fn wake(data: *const ()) {
    let (epoch, task, depth) = unpack(data);
    match current::try_get() {
        Some(current) if current.epoch() == epoch => current.with(|x| {
            Edge::wake(task.0).release();
            x.kernel.wake(task, depth);
            x.kernel.count_wakers(task, -1);
        }),
        _ => os_threads::note_wake(epoch),
    }
}

fn wake_by_ref(data: *const ()) {
    let (epoch, task, depth) = unpack(data);
    match current::try_get() {
        Some(current) if current.epoch() == epoch => current.with(|x| {
            Edge::wake(task.0).release();
            x.kernel.wake(task, depth);
        }),
        _ => os_threads::note_wake(epoch),
    }
}

fn drop_waker(data: *const ()) {
    let (epoch, task, _) = unpack(data);
    count(epoch, task, -1);
}
