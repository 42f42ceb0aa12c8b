//! Tells ThreadSanitizer what orders tasks, and receives its reports.
//!
//! - `tsan`: the interface to TSan in a build with `-Zsanitizer=thread`.
//! - `absent`: the same names in any other build, where they do nothing.
//! - `race`: the report of a race, as data.
//!
//! TSan sees one OS thread that runs everything in turn, and would never report a race.
//! So:
//!
//! - Each coroutine is a [`Fiber`], which TSan treats as a thread. Switching fibers orders
//!   nothing.
//! - The runtime is invisible: between [`inside`] and the end of its guard, TSan records no
//!   access and no atomic operation. Tasks share the runtime's tables without locks, and
//!   would otherwise race on them (plain accesses) or be ordered by them (atomic ones). User
//!   code never runs there: destructors and closures that the runtime calls are wrapped in
//!   [`outside`]. The OS thread that executes scenarios, in a campaign or inside libFuzzer,
//!   is invisible too.
//! - Edges between tasks are explicit: the first task releases an [`Edge`], and the later
//!   one acquires it.
//!
//! # The edges
//!
//! | primitive | released by | acquired by | because of |
//! |---|---|---|---|
//! | `thread::spawn`, scoped threads | the spawning task | the new task, before its body | [`std::thread::JoinHandle`], C11 thrd_create |
//! | `JoinHandle::join`, end of `thread::scope` | the task that ends | who joined it | [`std::thread::JoinHandle::join`] |
//! | `JoinHandle::is_finished` | – | – | std loads a counter with `Relaxed` |
//! | `Thread::unpark` → `park` | `unpark` | a `park` that takes the token; not one that ends without reason or in time | [`std::thread::park`], “Memory Ordering” |
//! | `sync::Mutex` | unlock | `lock`, and `try_lock` if it succeeds | [`std::sync::Mutex`] |
//! | a waker → the next poll of its task | `wake` | the poll that follows | [`std::task::Wake`]: executors poll after the wake |
//! | a timer that calls a function → the clock | who arms it | the clock when it fires it, who disarms it | the function belongs to both |
//! | a timer that ends a wait | – | – | time orders nothing |
//! | `go` channel, k-th send → k-th receive | the send | the receive | [Go: channel communication](https://go.dev/ref/mem#chan) |
//! | `go` channel with C places, k-th receive → (k+C)-th send | the receive | the send | the same |
//! | `go` channel without buffer, receive → send | the receive | the end of the send | the same |
//! | `go` channel, close → receive of nothing | `close` | the receive | the same |
//! | `go` channel, close and send | – | –; close counts as a write of the channel and send as a read | Go's race detector (`racewritepc` in `closechan`, `racereadpc` in `chansend`) |
//! | `go::Mutex` | `unlock` | `lock`, successful `try_lock` | [Go: locks](https://go.dev/ref/mem#locks) |
//! | `go::RwMutex` | `unlock`; `runlock`, to writers only | `lock`, `rlock`, successful tries | the same |
//! | `go::Once` | the end of `f` | every `do_once` that returns after it | [Go: once](https://go.dev/ref/mem#once) |
//! | `go::WaitGroup` | `done`, `add` of less than zero | `wait` | [sync.WaitGroup](https://pkg.go.dev/sync#WaitGroup) |
//! | `go::Cond` | `signal`, `broadcast` | the `wait` that it ends | [sync.Cond](https://pkg.go.dev/sync#Cond) |
//! | `sync::atomic`, atomics of std and of crates built on them | as their orderings say | as their orderings say | C11; TSan itself |
//! | `std::sync::atomic::fence` | the next relaxed stores | from the last eight relaxed loads | C11 7.17.4; `tsan::fences`, in programs linked as `build.rs` says |
//! | `sync::RwLock` | unlock of a writer; unlock of a reader, to writers only; `downgrade` | `read`, `write`, successful tries | [`std::sync::RwLock`] |
//! | `sync::Condvar` | – | –; its mutex orders | std's `notify` synchronizes nothing |
//! | `sync::Barrier` | `wait`, on arrival | `wait`, on leaving | [`std::sync::Barrier`] |
//! | `sync::{Once, OnceLock, LazyLock}` | the end of the initialization | whatever sees that it has ended | [`std::sync::Once::call_once`] |
//! | `sync::mpsc`, k-th send → k-th receive | the send | the receive | [`std::sync::mpsc`] |
//! | `sync::mpsc::sync_channel(C)`, k-th receive → (k+C)-th send | the receive | the send | the slots of std's array |
//! | `sync::mpsc::sync_channel(0)`, receive → send | the receive | the end of the send | both sides meet |
//! | `sync::mpsc`, an end is dropped | each drop | the operation that finds nobody on the other side | std's counters of ends |
//! | handles on a shared state (channel ends, join handles) | the drop of each | the drop of the last one | [`std::sync::Arc`], `Drop` |
//! | a whole execution | the end of each task | the caller of the executor | a scenario's body borrows from its caller |
//!
//! Whatever is not in the table orders nothing.
//!
//! # The locks
//!
//! Locks that only their holder can release are announced with [`hold`] and [`let_go`], so
//! that a report names the locks held at both accesses. This makes no edge.
//!
//! # Limits
//!
//! OS thread-locals are shared by the tasks of an execution, which would each have their
//! own if they were threads: accesses to them are ignored.
//! [`thread_local!`](crate::thread::thread_local) has one value for each task.
//!
//! TSan keeps the last four accesses to each eight bytes and part of each task's history, so
//! a race with a much earlier access can be missed. At most 16 of the locks that a task holds
//! are announced, and none of tasks and objects with very high numbers. The clock is one
//! task: it is ordered after every task that armed a timer that calls a function, and so are
//! the functions of later timers, as in Go, which has one such context for each processor.
//!
//! With the prebuilt standard library, std's own blocking primitives order nothing
//! where they have to wait, since that part of them is not instrumented: a scenario
//! that shares a contended `std::sync::Mutex` or `std::sync::mpsc` channel gets
//! false reports. Jostle's own primitives are not made of them.

#[cfg(not(jostle_tsan))]
mod absent;
mod race;
#[cfg(jostle_tsan)]
mod tsan;

#[cfg(not(jostle_tsan))]
use absent as present;
#[cfg(jostle_tsan)]
use tsan as present;

/// How many places of one object have edges of their own; further ones share them,
/// which can hide a race and never makes one up.
pub(crate) const LANES: u32 = 1 << 10;

pub(crate) use present::{
    Edge, Fiber, Inside, KEEPS_STACKS_APART, SEES_RACES, forget, has_reported, hold, inside,
    let_go, outside, reported,
};
pub(crate) use race::{Access, Frame, Race};
