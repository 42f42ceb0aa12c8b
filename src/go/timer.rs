//! `Timer`, `after` and `after_func`: Go's timers that fire once.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::go::chan::Receiver;
use crate::go::channel::Chan;
use crate::rt::{self, Handle, Shared, TimerId};
use jostle_core::id::ObjectId;
use jostle_core::op::{OpKind, Site};
use jostle_core::vtime::VInstant;

/// One event in the future: Go's [`time.Timer`](https://pkg.go.dev/time#Timer)
/// with the semantics of Go 1.23.
///
/// A clone is another handle on the same timer.
#[derive(Clone)]
pub struct Timer {
    /// Where the time is sent when the timer expires; nil for a timer made by
    /// [`after_func`].
    pub c: Receiver<VInstant>,
    alarm: Alarm,
}

#[derive(Clone)]
enum Alarm {
    Channel(Chan<VInstant>),
    Call(Call),
}

impl Timer {
    /// A timer that sends the time on its channel after `duration`: Go's
    /// `time.NewTimer(d)`.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[must_use]
    #[track_caller]
    pub fn new(duration: Duration) -> Timer {
        let chan = Chan::of_timer("Timer", duration, None);
        Timer {
            c: Receiver::over(chan.clone()),
            alarm: Alarm::Channel(chan),
        }
    }

    /// Keeps the timer from expiring and says whether it did: true if the time
    /// has not been received, or the function not been started, and will not be
    /// ([`Timer.Stop`](https://pkg.go.dev/time#Timer.Stop)).
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn stop(&self) -> bool {
        rt::point(OpKind::Timer, self.alarm.object(), Site::caller());
        self.alarm.stop()
    }

    /// Makes the timer expire after `duration` from now, and says whether it was
    /// still to expire. What it sent before and nobody has received is taken
    /// back ([`Timer.Reset`](https://pkg.go.dev/time#Timer.Reset)).
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn reset(&self, duration: Duration) -> bool {
        rt::point(OpKind::Timer, self.alarm.object(), Site::caller());
        let stopped = self.alarm.stop();
        match &self.alarm {
            Alarm::Channel(chan) => chan.restart_timer(duration, None),
            Alarm::Call(call) => call.arm(duration),
        }
        stopped
    }
}

impl fmt::Debug for Timer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timer({})", self.alarm.object())
    }
}

/// The channel of a new [`Timer`]
/// ([`time.After`](https://pkg.go.dev/time#After)).
///
/// # Panics
///
/// Outside a scenario.
#[must_use]
#[track_caller]
pub fn after(duration: Duration) -> Receiver<VInstant> {
    Timer::new(duration).c
}

/// A timer that calls `f` on a goroutine of its own after `duration`
/// ([`time.AfterFunc`](https://pkg.go.dev/time#AfterFunc)).
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn after_func<F>(duration: Duration, f: F) -> Timer
where
    F: Fn() + Send + Sync + 'static,
{
    let call = Call {
        id: Handle::new().attach("Timer").id,
        timer: Shared::new(None),
        f: Arc::new(f),
        site: Site::caller(),
    };
    call.arm(duration);
    Timer {
        c: Receiver::nil(),
        alarm: Alarm::Call(call),
    }
}

impl Alarm {
    fn object(&self) -> ObjectId {
        match self {
            Alarm::Channel(chan) => chan.id,
            Alarm::Call(call) => call.id,
        }
    }

    fn stop(&self) -> bool {
        match self {
            Alarm::Channel(chan) => chan.stop_timer(),
            Alarm::Call(call) => {
                let timer = call.timer.get().take();
                timer.is_some_and(rt::disarm)
            }
        }
    }
}

/// A timer that calls a function.
#[derive(Clone)]
struct Call {
    id: ObjectId,
    timer: Shared<Option<TimerId>>,
    /// Several calls may run at the same time, after a reset.
    f: Arc<dyn Fn() + Send + Sync>,
    site: Site,
}

impl Call {
    fn arm(&self, duration: Duration) {
        let call = self.clone();
        let timer = rt::arm_call(rt::now().after(duration), Box::new(move || call.fire()));
        *self.timer.get() = Some(timer);
    }

    /// The clock has fired the timer.
    fn fire(self) {
        *self.timer.get() = None;
        rt::event(OpKind::Timer, self.id, self.site);
        let f = self.f;
        rt::spawn(None, self.site, Box::new(move || f()));
    }
}
