//! The table of edges in `src/sanitizer`, line by line, in a ThreadSanitizer build.
//!
//! For each primitive a body in which it orders two accesses to plain memory, where no
//! schedule may report a race, and one in which it does not, although the accesses come
//! one after the other, where every schedule has to.
//!
//! - `support`: the memory, and the two verdicts.
//! - `tasks`: spawning, joining, parking, waking, timers.
//! - `locks`: what `sync` has of them.
//! - `atomics`: orderings and fences.
//! - `mpsc`: channels of `sync`.
//! - `go_chan`, `go_sync`: Go's.

mod atomics;
mod go_chan;
mod go_sync;
mod locks;
mod mpsc;
mod support;
mod tasks;
