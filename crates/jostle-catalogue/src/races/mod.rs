//! Races on plain memory, each next to its fixed version.
//!
//! Only a ThreadSanitizer build sees them; in any other build they are not
//! executed. They contain deliberate undefined behaviour: nothing justifies the
//! `unsafe` of [`Plain`].
//!
//! - [`plain`]: the memory they race on.
//! - `counter`: an unlocked counter. `static_mut`: the same in a `static mut`.
//! - `publication`: a value published by a flag without ordering.
//! - `double_checked`: lazy initialization whose fast path lacks ordering.
//! - `seqlock`: readers check afterwards whether a writer interfered.
//! - `spin_lock`, `spsc_ring`, `refcount`: hand-made, with orderings too weak.
//! - `sent`: a value that was sent and is still used.
//! - `across_await`: shared by two async tasks, across an await.
//! - `leaked`: lent to a task that is never joined.
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
