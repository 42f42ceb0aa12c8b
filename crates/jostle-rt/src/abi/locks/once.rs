//! `pthread_once`.
//!
//! Also before the fork point, which may lie within an initialization: libc's would end it
//! without telling those who have come to wait for it since.

#![allow(unsafe_code)]

use std::ffi::c_int;

use jostle_core::kernel::Side;
use jostle_core::op::OpKind;

use super::{Shared, acquire, release};
use crate::abi::with_return_address;
use crate::engine::gate::{self, Visit};
use crate::hot;
use crate::locks::once::Once;
use crate::real::{self, Routine};

with_return_address! {
    pthread_once => once, "rdx";
}

/// # Safety
///
/// As of `pthread_once`.
pub(crate) unsafe extern "C-unwind" fn once(
    control: *mut c_int,
    routine: Routine,
    pc: usize,
) -> c_int {
    if !hot::is_virtual() {
        // SAFETY: As the caller promises.
        return unsafe { real::pthread_once(control, routine) };
    }
    // SAFETY: As the caller promises.
    let once = unsafe { Shared::<Once>::new(control) };
    // What is done stays done, so that nobody need go first.
    if hot::is_running() && !once.get().is_done() {
        gate::pass(visit(once, pc), None, || once.get().gates());
    }
    if once.get().is_done() {
        acquire(once.address());
        return 0;
    }
    once.change(Once::begin);
    if hot::is_running() {
        gate::taken(once.address(), once.get().gates());
    }
    let mut running = Running { once, done: false };
    // SAFETY: As the caller promises.
    unsafe { routine() };
    running.done = true;
    0
}

/// An initialization that runs. It may unwind; then the next thread tries again.
struct Running {
    once: Shared<Once>,
    done: bool,
}

impl Drop for Running {
    fn drop(&mut self) {
        let once = self.once;
        release(once.address());
        once.change(|o| o.end(self.done));
        if hot::is_running() {
            gate::changed(once.address(), once.get().gates());
        }
    }
}

fn visit(once: Shared<Once>, pc: usize) -> Visit {
    Visit {
        name: "pthread once",
        kind: OpKind::Once,
        address: once.address(),
        side: Side::Exclusive,
        pc,
    }
}
