//! Races on plain memory, each beside its cure.
//!
//! Only a ThreadSanitizer build sees them; in any other build they are not
//! executed. Each has undefined behaviour of its own making: the `unsafe` of
//! [`Plain`] has no argument.
//!
//! - [`plain`]: the memory that they race on.
//! - `counter`: two tasks count in it.
//! - `static_mut`: in a `static mut`.
//! - `publication`: a flag without ordering says that it is there.
//! - `double_checked`: a fast path without ordering.
//! - `seqlock`: a reader that looks afterwards whether it may have looked.
//! - `spin_lock`, `spsc_ring`, `refcount`: hand-made, with orderings too weak.
//! - `sent`: a value that was sent and is still used.
//! - `across_await`: shared by two async tasks.
//! - `leaked`: lent to a task that nobody waits for.
//! - `use_after_free`: freed while a task may still read it.
//!
//! An unordered close and send is a race too: see `pool_shutdown` and `shutdown`.

mod across_await;
mod counter;
mod double_checked;
mod leaked;
mod plain;
mod publication;
mod refcount;
mod sent;
mod seqlock;
mod spin_lock;
mod spsc_ring;
mod static_mut;
mod use_after_free;
