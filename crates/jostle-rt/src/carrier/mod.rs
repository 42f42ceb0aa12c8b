//! Logical threads: stacks, thread-local storage, and the state to which each execution goes
//! back. The mechanism only; who runs is the engine's affair.
//!
//! - `stack`, `tls`: what a thread needs. `context`: the change of threads.
//! - `image`: the memory that an execution starts from.

pub(crate) mod context;
pub(crate) mod image;
pub(crate) mod stack;
pub(crate) mod tls;
