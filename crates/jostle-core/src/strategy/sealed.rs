//! Strategies are called in the middle of an execution, where its tables are borrowed:
//! one that spawned a task, or locked a mutex of the scenario, would take them away
//! under the one that called it. So only this crate writes strategies.

/// Implemented for the strategies and explorers of this crate.
pub trait Sealed {}
