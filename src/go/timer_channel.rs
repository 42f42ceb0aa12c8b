//! The channels on which timers and tickers send.
//!
//! Since Go 1.23 such a channel is synchronous: after `Stop` or `Reset` has returned, no
//! value of the time before is received (<https://go.dev/wiki/Go123Timer>). As in Go's
//! runtime it has a hidden buffer for one value, which `Stop` and `Reset` empty.
//!
//! A ticker sends nothing more while its last value has not been taken. It sleeps until
//! it is taken: the ticks in between would be dropped, and a ticker that was forgotten
//! would keep the execution going for ever.

use std::time::Duration;

use crate::go::channel::{Chan, Source};
use crate::rt::{self, TimerId};
use jostle_core::op::{OpKind, Site};
use jostle_core::vtime::VInstant;

impl Chan<VInstant> {
    /// The channel of a timer that sends after `duration`, and then every
    /// `period`.
    #[track_caller]
    pub(super) fn of_timer(
        kind: &'static str,
        duration: Duration,
        period: Option<Duration>,
    ) -> Chan<VInstant> {
        let chan = Chan::new(kind, 1);
        let when = rt::now().after(duration);
        let timer = arm(&chan, when);
        chan.state.get().source = Some(Source {
            when,
            period,
            timer: Some(timer),
            arm,
            site: Site::caller(),
        });
        chan
    }

    /// Stops the timer and takes back what it sent and nobody has received.
    /// Returns whether that keeps something from being received.
    pub(super) fn stop_timer(&self) -> bool {
        let timer = self
            .state
            .get()
            .source
            .as_mut()
            .and_then(|source| source.timer.take());
        let armed = timer.is_some_and(rt::disarm);
        let sent = !self.drain().is_empty();
        armed || sent
    }

    /// Makes the stopped timer send after `duration`, and then every `period`.
    pub(super) fn restart_timer(&self, duration: Duration, period: Option<Duration>) {
        let when = rt::now().after(duration);
        let timer = arm(self, when);
        if let Some(source) = &mut self.state.get().source {
            source.when = when;
            source.period = period;
            source.timer = Some(timer);
        }
    }

    /// The clock has fired the timer.
    fn fire(&self) {
        let site = match &mut self.state.get().source {
            Some(source) => {
                source.timer = None;
                source.site
            }
            None => return,
        };
        rt::event(OpKind::Send, self.id, site);
        // A ticker is armed only while the buffer is empty, and nobody closes the
        // channel, so this always finds room.
        let sent = self.try_send(rt::now());
        debug_assert!(sent.is_ok(), "an armed timer has room for its value");
        let mut state = self.state.get();
        if state.is_empty()
            && let Some(source) = &mut state.source
        {
            source.drained(self);
        }
    }
}

fn arm(chan: &Chan<VInstant>, when: VInstant) -> TimerId {
    let chan = chan.clone();
    rt::arm_call(when, Box::new(move || chan.fire()))
}
