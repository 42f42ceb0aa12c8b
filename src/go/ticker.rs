//! `Ticker` and `tick`: Go's timers that fire at regular intervals.

use std::fmt;
use std::time::Duration;

use crate::go::chan::Receiver;
use crate::go::channel::Chan;
use crate::go::misuse::misuse;
use crate::rt;
use jostle_core::op::{OpKind, Site};
use jostle_core::vtime::VInstant;

/// Sends the time at regular intervals: Go's
/// [`time.Ticker`](https://pkg.go.dev/time#Ticker) with the semantics of Go 1.23.
/// Ticks that nobody has received by the time of the next are dropped.
///
/// A clone is another handle on the same ticker. Dropping them does not stop it,
/// but a ticker that nobody receives from costs nothing.
#[derive(Clone)]
pub struct Ticker {
    /// Where the ticks are sent. Stopping the ticker does not close it.
    pub c: Receiver<VInstant>,
    chan: Chan<VInstant>,
}

impl Ticker {
    /// A ticker that sends every `period`: Go's `time.NewTicker(d)`.
    ///
    /// # Panics
    ///
    /// With "non-positive interval for NewTicker". Outside a scenario.
    #[must_use]
    #[track_caller]
    pub fn new(period: Duration) -> Ticker {
        if period.is_zero() {
            misuse("non-positive interval for NewTicker");
        }
        let chan = Chan::of_timer("Ticker", period, Some(period));
        Ticker {
            c: Receiver::over(chan.clone()),
            chan,
        }
    }

    /// Ends the ticking. No tick of the time before is received any more
    /// ([`Ticker.Stop`](https://pkg.go.dev/time#Ticker.Stop)).
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn stop(&self) {
        rt::point(OpKind::Timer, self.chan.id, Site::caller());
        self.chan.stop_timer();
    }

    /// Starts anew with another period; the first tick comes after it
    /// ([`Ticker.Reset`](https://pkg.go.dev/time#Ticker.Reset)).
    ///
    /// # Panics
    ///
    /// With "non-positive interval for Ticker.Reset". Outside a scenario.
    #[track_caller]
    pub fn reset(&self, period: Duration) {
        if period.is_zero() {
            return misuse("non-positive interval for Ticker.Reset");
        }
        rt::point(OpKind::Timer, self.chan.id, Site::caller());
        self.chan.stop_timer();
        self.chan.restart_timer(period, Some(period));
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ticker({})", self.chan.id)
    }
}

/// The channel of a new [`Ticker`] that nobody can stop; nil if `period` is zero
/// ([`time.Tick`](https://pkg.go.dev/time#Tick)).
///
/// # Panics
///
/// Outside a scenario.
#[must_use]
#[track_caller]
pub fn tick(period: Duration) -> Receiver<VInstant> {
    if period.is_zero() {
        return Receiver::nil();
    }
    Ticker::new(period).c
}
