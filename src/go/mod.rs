//! Go's concurrency for Rust scenarios: goroutines, channels, `select!`, and their companions
//! in the packages `sync`, `context` and `time`.
//!
//! - `chan`: `chan`, [`nil`], [`Sender`], [`Receiver`], [`Range`].
//! - `select`, `select_macro`: [`select!`].
//! - `any_select`: [`Select`], whose arms are known at run time.
//! - `spawn`: `spawn`, [`go!`](crate::go!), [`sleep`], [`now`], [`defer`].
//! - `wait_group`, `once`, `mutex`, `rw_mutex`, `cond`: package `sync`.
//! - [`context`]: package `context`.
//! - `timer`, `ticker`: the timers of package `time`.
//! - `channel`: the queues and the buffer of a channel. `timer_channel`: the channels of
//!   timers.
//! - `gate`: locking and unlocking. `misuse`: Go's panics.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use jostle::go;
//!
//! let (jobs, todo) = go::chan::<u32>(0);
//! let workers = Arc::new(go::WaitGroup::new());
//! for _ in 0..2 {
//!     let todo = todo.clone();
//!     workers.go(move || {
//!         for job in todo.range() {
//!             assert!(job < 10);
//!         }
//!     });
//! }
//! for job in 0..10 {
//!     jobs.send(job);
//! }
//! jobs.close();
//! workers.wait();
//! ```
//!
//! The rules are those of the [language specification](https://go.dev/ref/spec),
//! the [memory model](https://go.dev/ref/mem) and the documentation of the
//! packages; the places are cited where each rule is kept. What Go answers with a
//! panic or a fatal error is a finding of kind
//! [`Misuse`](jostle_core::finding::Kind::Misuse) in Go's words.
//!
//! # Differences from Go
//!
//! Goroutines
//! - The end of the scenario's body does not end the program: the other goroutines
//!   continue, and those that nothing can wake are a leak.
//! - A goroutine is scheduled only before an operation that others can see, and
//!   the order is the strategy's. Starting one is not such an operation.
//! - There is no `recover`: a panic is a finding unless the scenario allows it, and
//!   then it ends its goroutine alone. [`defer`] runs on unwinding too.
//!
//! Channels
//! - There are two types for the two ends and none for both; `chan` gives a pair.
//!   They are compared by `==`, and [`nil`] is their default.
//! - `recv` gives an `Option` in place of a zero value and a flag;
//!   [`Receiver::recv_ok`] gives those.
//! - Channels are counted, not collected: one whose buffer holds one of its own
//!   ends is never freed.
//!
//! `select!`
//! - Of several arms that are ready, Go takes one with uniform probability; here
//!   it is a choice of the decision source.
//! - An arm is written `recv(c) -> v => …` or `send(c, v) => …`.
//!
//! Package `sync`
//! - The types are shared by `Arc`, in structs or as `static`s, and cannot be
//!   copied.
//! - `Once::Do` is [`Once::do_once`]. A [`Cond`] owns its lock, which may be an
//!   `Arc` of one.
//! - [`WaitGroup::add`] always notices that it starts the counter anew before every
//!   `wait` has returned; Go only if the timing is right, and then in one of two
//!   places.
//! - [`Cond::signal`] may wake any waiter. Go wakes the one that has waited longest
//!   and promises nothing.
//! - The starvation mode of Go's `Mutex` bounds a wait of unlucky tasks. Here that
//!   is for the strategy to do.
//!
//! Package `context`
//! - A [`Context`](context::Context) is a type and not an interface: there are no
//!   other implementations.
//! - Values are found by their type instead of a key.
//! - Cancel functions are called with `cancel.call()`.
//! - The children of a context are cancelled in the order in which they were
//!   created, in Go in any.
//!
//! Package `time`
//! - Time is virtual: [`VInstant`] in place of `time.Time`, and
//!   [`Duration`](std::time::Duration)s are not negative. How early a timer may
//!   fire is a matter of the scenario's budget.
//! - A ticker is asleep while its last tick has not been received.

mod any_select;
mod chan;
mod channel;
mod cond;
pub mod context;
mod gate;
mod misuse;
mod mutex;
mod once;
mod rw_mutex;
#[doc(hidden)]
pub mod select;
mod select_macro;
mod spawn;
mod ticker;
mod timer;
mod timer_channel;
mod wait_group;

pub use any_select::Select;
pub use chan::{Range, Receiver, Sender, chan, nil};
pub use cond::Cond;
pub use mutex::{Locker, Mutex};
pub use once::Once;
pub use rw_mutex::{RLocker, RwMutex};
#[doc(inline)]
pub use select_macro::select;
pub use spawn::{Deferred, defer, now, sleep, spawn};
pub use ticker::{Ticker, tick};
pub use timer::{Timer, after, after_func};
pub use wait_group::WaitGroup;

pub use jostle_core::vtime::VInstant;
