//! Tells an exhaustive exploration which state a step touches.
//!
//! Two steps of different tasks commute if neither touches what the other one changes. The
//! operation that was posted for a step says only part of that: a step may also release locks,
//! wake tasks, pass a join, and run other tasks to their first operation. So the runtime reports
//! here whenever it reads or changes state that another step can read or change. Reporting too
//! much costs an exploration time; reporting too little makes it miss behaviours.
//!
//! Nothing is reported, and the cost is one test, unless the strategy has an
//! [`Explorer`](jostle_core::strategy::Explorer).

use std::sync::atomic::{AtomicU32, Ordering};

use jostle_core::id::ObjectId;
use jostle_core::strategy::Touch;

use crate::rt::current;
use crate::rt::object::Attached;

/// How many executions of this process are being explored: state cells are on
/// every way, and a test of this is cheaper than a look at the execution.
static EXPLORED: AtomicU32 = AtomicU32::new(0);

/// Says that this thread's execution is being explored, for as long as it lives.
#[derive(Debug)]
pub(crate) struct Explored(());

impl Explored {
    pub(crate) fn begin() -> Explored {
        // Relaxed, here and below: the thread that counts itself is the one that
        // has to see it.
        EXPLORED.fetch_add(1, Ordering::Relaxed);
        Explored(())
    }
}

impl Drop for Explored {
    fn drop(&mut self) {
        EXPLORED.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The running task looks at the state of an object, and may change it.
#[inline(always)]
pub(crate) fn state_of(attached: &Attached) {
    if EXPLORED.load(Ordering::Relaxed) > 0 {
        tell_state(attached.id);
    }
}

/// The running task looks into a shared cell, and may change it.
#[inline(always)]
pub(crate) fn cell(number: u32) {
    if EXPLORED.load(Ordering::Relaxed) > 0 {
        tell_cell(number);
    }
}

#[cold]
#[inline(never)]
fn tell_cell(number: u32) {
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.touch(Touch::Cell(number), true));
    }
}

#[cold]
#[inline(never)]
fn tell_state(object: ObjectId) {
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.touch(Touch::Object(object), true));
    }
}
