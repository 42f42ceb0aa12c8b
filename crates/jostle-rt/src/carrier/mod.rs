//! Logical threads: stacks, thread-local storage, and the state to which each execution goes
//! back. The mechanism only; who runs is the engine's affair.

pub(crate) mod context;
pub(crate) mod image;
pub(crate) mod stack;
pub(crate) mod tls;
