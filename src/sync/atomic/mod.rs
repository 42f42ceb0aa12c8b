//! Atomics: the names and signatures of [`std::sync::atomic`].
//!
//! - `tracked`: wraps a std atomic with scheduling points.
//! - `methods`: the methods that all atomics have.
//! - `int`, `bool`, `ptr`: the types.
//! - `fence`: fences.
//!
//! Every access is one scheduling point and then one operation of the atomic of
//! std with the `Ordering` that was asked for. So accesses of all tasks happen one
//! after another: what is explored are the **sequentially consistent**
//! interleavings. Behaviour that needs a weaker model does not show: two tasks
//! that each store to one atomic and then load the other never both miss the
//! other's store, even with `Relaxed`, where real hardware allows it. A missing
//! `Acquire` or `Release` shows under ThreadSanitizer, which sees the orderings, as
//! a race on the data that it should have protected.
//!
//! A failing `compare_exchange` is an access like one that succeeds.
//! `compare_exchange_weak` may fail with equal values, as the decision source
//! says.
//!
//! A `static` atomic has the value given to `new` at the start of each execution.
//!
//! Left out: `from_ptr`, since these types are larger than the numbers in them;
//! `compare_and_swap`, `spin_loop_hint` and the `ATOMIC_…_INIT` constants, which std
//! has deprecated.

mod bool;
mod fence;
mod int;
mod methods;
mod ptr;
mod tracked;

pub use bool::AtomicBool;
pub use fence::{compiler_fence, fence};
pub use int::{
    AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize,
};
pub use ptr::AtomicPtr;

pub use std::sync::atomic::Ordering;
