//! Virtual time and timers, as primitives use them.

use std::task::Waker;
use std::time::Duration;

use jostle_core::kernel::{Alarm, TimerId};
use jostle_core::vtime::VInstant;

use crate::rt::current;
use crate::rt::timer_actions::TimerAction;
use crate::sanitizer::Edge;

/// Virtual time.
pub(crate) fn now() -> VInstant {
    current::get("clock").with(|x| x.kernel.now())
}

/// When a wait that begins now and may take `timeout` ends; `None` if that is
/// beyond the end of virtual time.
pub(crate) fn deadline(timeout: Duration) -> Option<VInstant> {
    Some(now().after(timeout)).filter(|&at| at != VInstant::NEVER)
}

/// Arms a timer that wakes a waker.
pub(crate) fn arm_waker(deadline: VInstant, waker: Waker) -> TimerId {
    arm(deadline, TimerAction::Wake(waker))
}

/// Arms a timer that calls a function. It runs as the clock and must not block.
pub(crate) fn arm_call(deadline: VInstant, call: Box<dyn FnOnce()>) -> TimerId {
    arm(deadline, TimerAction::Call(call))
}

/// In teardown no timer fires any more, and the next execution must not find
/// one: the action is dropped.
fn arm(deadline: VInstant, action: TimerAction) -> TimerId {
    let current = current::get("timer");
    if current.with(|x| x.kernel.is_teardown()) {
        drop(action);
        return TimerId::STALE;
    }
    current.with(|x| {
        let timer = x.kernel.arm(deadline, Alarm::Call);
        Edge::timer(timer.number()).release();
        x.actions.push(timer, action);
        timer
    })
}

/// Takes back a timer. Returns whether it had not fired.
pub(crate) fn disarm(timer: TimerId) -> bool {
    // What the timer would have done is user code: drop it out here.
    let action = current::try_get().and_then(|c| {
        c.with(|x| {
            x.kernel.disarm(timer);
            x.actions
                .take(timer)
                .inspect(|_| Edge::timer(timer.number()).acquire())
        })
    });
    action.is_some()
}
