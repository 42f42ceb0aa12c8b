//! Goroutines and what they do without any primitive: `spawn`, `go!`, `sleep`, `now`, `defer`.

use std::fmt;
use std::time::Duration;

use crate::rt;
use jostle_core::id::ObjectId;
use jostle_core::op::{OpKind, Site};
use jostle_core::vtime::VInstant;

/// Starts a goroutine: a task that nobody joins
/// ([Go statements](https://go.dev/ref/spec#Go_statements)).
///
/// It runs at once, up to the first thing that others could see. When the body
/// of the scenario returns, the other goroutines go on, and those that nothing
/// can wake are a leak; in Go the program would end without a word.
///
/// # Panics
///
/// Outside a scenario, or if the scenario's budget of tasks is used up.
#[track_caller]
pub fn spawn<F>(f: F)
where
    F: FnOnce() + Send + 'static,
{
    rt::spawn(None, Site::caller(), Box::new(f));
}

/// Starts a goroutine that owns what its body uses: Go's `go func() { … }()`. See
/// [`go::spawn`](crate::go::spawn()).
///
/// ```no_run
/// use jostle::go;
///
/// let (tx, rx) = go::chan(0);
/// go! {
///     tx.send(1);
///     tx.close();
/// }
/// assert_eq!(rx.range().collect::<Vec<u32>>(), [1]);
/// ```
#[macro_export]
macro_rules! go {
    ($($body:tt)*) => {
        $crate::go::spawn(move || { $($body)* })
    };
}

/// Waits for `duration` of virtual time; returns at once if it is zero
/// ([`time.Sleep`](https://pkg.go.dev/time#Sleep)).
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn sleep(duration: Duration) {
    rt::point(OpKind::Sleep, ObjectId::NONE, Site::caller());
    if !duration.is_zero() {
        rt::wait(None, Some(rt::now().after(duration)));
    }
}

/// The virtual time ([`time.Now`](https://pkg.go.dev/time#Now)). A scheduling
/// point, since a timer may fire before.
///
/// # Panics
///
/// Outside a scenario.
#[must_use]
#[track_caller]
pub fn now() -> VInstant {
    rt::point(OpKind::Inspect, ObjectId::NONE, Site::caller());
    rt::now()
}

/// Calls `f` when the returned value is dropped, also by a panic: Go's `defer f()`
/// ([Defer statements](https://go.dev/ref/spec#Defer_statements)).
///
/// ```no_run
/// use jostle::go;
///
/// # fn critical(mutex: &go::Mutex) {
/// mutex.lock();
/// let _unlock = go::defer(|| mutex.unlock());
/// # }
/// ```
pub fn defer<F: FnOnce()>(f: F) -> Deferred<F> {
    Deferred(Some(f))
}

/// A call that is made on drop; see [`defer`].
#[must_use = "if unused the call is made immediately"]
pub struct Deferred<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> Drop for Deferred<F> {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

impl<F: FnOnce()> fmt::Debug for Deferred<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Deferred")
    }
}
