//! The actions of timers, which the kernel knows only by their numbers.

use std::fmt;
use std::task::Waker;

use jostle_core::kernel::TimerId;

use crate::rt::waker;

/// The action of a timer.
pub(crate) enum TimerAction {
    /// The waker is woken.
    Wake(Waker),
    /// The function is called by the clock. It must not block.
    Call(Box<dyn FnOnce()>),
}

impl TimerAction {
    /// Whether it runs code that is not the runtime's. Then the clock is ordered after the
    /// task that armed the timer, and stays so for later timers, which must not happen
    /// without need: it would hide races.
    pub(crate) fn runs_user_code(&self) -> bool {
        match self {
            TimerAction::Wake(waker) => !waker::is_own(waker),
            TimerAction::Call(_) => true,
        }
    }
}

impl fmt::Debug for TimerAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimerAction::Wake(_) => f.write_str("Wake"),
            TimerAction::Call(_) => f.write_str("Call"),
        }
    }
}

/// The actions of armed timers, in the order of arming.
#[derive(Default, Debug)]
pub(crate) struct TimerActions(Vec<(TimerId, TimerAction)>);

impl TimerActions {
    /// Adds the action of the timer that was armed last.
    pub(crate) fn push(&mut self, timer: TimerId, action: TimerAction) {
        debug_assert!(self.0.last().is_none_or(|(last, _)| *last < timer));
        self.0.push((timer, action));
    }

    /// Takes the action of the timer.
    pub(crate) fn take(&mut self, timer: TimerId) -> Option<TimerAction> {
        let at = self.0.binary_search_by_key(&timer, |(id, _)| *id).ok()?;
        Some(self.0.remove(at).1)
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
