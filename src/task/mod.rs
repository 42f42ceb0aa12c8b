//! Async tasks: the names and signatures of [`tokio::task`] and [`tokio::time`].
//!
//! - `spawn`: `spawn`, `spawn_blocking`, `Builder`.
//! - `block_on`: a future on a blocking task.
//! - `handle`: `JoinHandle`, `AbortHandle`, `Id`.
//! - `join_error`: `JoinError`.
//! - `join_set`: `JoinSet`.
//! - `packet`: the result slot between a task and its handle.
//! - `yield_now`: `yield_now`.
//! - `preemptible`: `preemptible`.
//! - `sleep`: `sleep`, `sleep_until`.
//! - `timeout`: `timeout`, `timeout_at`.
//! - `interval`: `interval`, `interval_at`.
//! - [`select`](mod@select): `select!`.
//!
//! An async task is a task like any other: it has its own stack and polls
//! its future in a loop. So a future may call anything that blocks
//! ([`sync::Mutex::lock`](crate::sync::Mutex::lock), a channel of `jostle::go`,
//! `block_on`) and never blocks any other task by it. Futures need no particular
//! runtime: what wakes their waker may be any crate.
//!
//! # What a step is
//!
//! Each poll of a task's future is a scheduling point, the first one too, and
//! so is every operation of `jostle` inside it. Between them a task is not
//! interrupted: an `.await` that need not wait is no scheduling point, and neither
//! is an operation of another crate, such as `tokio::sync::mpsc::Sender::try_send`.
//! A runtime with several threads may interleave other tasks there. Where that
//! matters, say `preemptible``(future).await`.
//!
//! # Unmodified crates
//!
//! `tokio::sync`, `async-channel`, `event-listener` and `futures` run as they are.
//! Three things of theirs do not:
//!
//! | do not use | because | use |
//! | --- | --- | --- |
//! | `tokio::select!`, `futures::select!` | where they begin is drawn from a thread-local generator that Jostle cannot set; the same input would give two executions, which is a finding | [`select!`], `tokio::select! { biased; … }`, `futures::select_biased!` |
//! | `blocking_recv`, `blocking_send`, `blocking_lock`, `recv_blocking`, `futures::executor::block_on` | they block the OS thread, and with it every task | `block_on` |
//! | `tokio::spawn`, `tokio::time` | they need tokio's runtime | `spawn`, `sleep`, `timeout`, `interval` |
//!
//! With its features `rt` or `macros`, `tokio::sync::watch` draws from the same
//! generator in which order the tasks that wait for a change are woken. Jostle
//! takes tasks that are woken in one step as woken at the same time, so that it
//! does not show; it does where one task waits for several changes in a
//! `FuturesUnordered`.
//!
//! Crates that set a thread-local for the duration of a poll (`tokio::task_local!`,
//! the current span of `tracing`) show it to the other tasks while the future
//! waits in a blocking operation.
//!
//! # Differences from tokio
//!
//! A panic of a task is a finding unless the scenario allows it. A task that is
//! left over when the body of the scenario returns is waited for, and a finding
//! if it never ends, where `#[tokio::main]` would cancel it. Time is virtual.
//! With the scenario's option `cancel`, any spawned async task may be cancelled
//! at any `.await` that has waited.
//!
//! [`tokio::task`]: https://docs.rs/tokio/1/tokio/task/index.html
//! [`tokio::time`]: https://docs.rs/tokio/1/tokio/time/index.html
//! [`select!`]: macro@select

mod block_on;
mod handle;
mod interval;
mod join_error;
mod join_set;
mod packet;
mod preemptible;
#[doc(hidden)]
pub mod select;
mod sleep;
mod spawn;
mod timeout;
mod yield_now;

pub use block_on::block_on;
pub use handle::{AbortHandle, Id, JoinHandle, id};
pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use join_error::JoinError;
pub use join_set::JoinSet;
pub use preemptible::{Preemptible, preemptible};
pub use sleep::{Sleep, sleep, sleep_until};
pub use spawn::{Builder, spawn, spawn_blocking};
pub use timeout::{Elapsed, Timeout, timeout, timeout_at};
pub use yield_now::{YieldNow, yield_now};

/// Waits for several futures, takes the first one that is ready and drops the
/// others; see [`tokio::select!`].
///
/// Each arm is `pattern = future => body` or `pattern = future, if condition =>
/// body`; there are at most 16. The conditions are looked at once, before
/// anything is polled. A future whose value does not match its pattern is out of
/// the race; when no arm is left the body of `else` runs, and without one
/// `select!` panics. Bodies run when all futures are gone, and may `.await`,
/// `break` and `return`.
///
/// It is a scheduling point before anything else, even if no arm has to wait.
/// Where polling begins is a choice of the decision source; from there it goes on
/// in the order of the arms. With `biased;` in front it begins at the first arm.
///
/// ```
/// use jostle::task::{Sleep, select};
/// use tokio::sync::mpsc::Receiver;
///
/// async fn next(rx: &mut Receiver<u32>, patience: &mut Sleep) -> Option<u32> {
///     select! {
///         Some(message) = rx.recv() => Some(message),
///         () = patience => None,
///         else => None,
///     }
/// }
/// ```
///
/// [`tokio::select!`]: https://docs.rs/tokio/1/tokio/macro.select.html
#[doc(inline)]
pub use crate::__task_select as select;
