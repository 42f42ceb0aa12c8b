//! Virtual time and timers, as primitives use them.

use std::task::Waker;
use std::time::Duration;

use crate::rt::clock::{Action, TimerId};
use crate::rt::current;
use crate::strategy::Touch;
use crate::vtime::VInstant;

/// Virtual time.
pub(crate) fn now() -> VInstant {
    current::get("clock").with(|x| {
        x.touch(Touch::Clock, false);
        x.clock.now
    })
}

/// When a wait that begins now and may take `timeout` ends; `None` if that is
/// beyond the end of virtual time.
pub(crate) fn deadline(timeout: Duration) -> Option<VInstant> {
    Some(now().after(timeout)).filter(|&at| at != VInstant::NEVER)
}

/// Arms a timer that wakes a waker.
pub(crate) fn arm_waker(deadline: VInstant, waker: Waker) -> TimerId {
    arm(deadline, Action::Wake(waker))
}

/// Arms a timer that calls a function. It runs as the clock and must not block.
pub(crate) fn arm_call(deadline: VInstant, call: Box<dyn FnOnce()>) -> TimerId {
    arm(deadline, Action::Call(call))
}

/// In teardown no timer fires any more, and the next execution must not find
/// one: the action is dropped.
fn arm(deadline: VInstant, action: Action) -> TimerId {
    let current = current::get("timer");
    if current.with(|x| x.is_teardown()) {
        drop(action);
        return TimerId::STALE;
    }
    current.with(|x| x.arm(deadline, action))
}

/// Takes back a timer. Returns whether it had not fired.
pub(crate) fn disarm(timer: TimerId) -> bool {
    // What the timer would have done is user code: drop it out here.
    let action = current::try_get().and_then(|c| {
        c.with(|x| {
            x.touch(Touch::Clock, true);
            x.clock.disarm(timer)
        })
    });
    action.is_some()
}
