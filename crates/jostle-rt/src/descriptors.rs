//! Descriptors of the program: which were open at the fork point, and what an execution has
//! opened or closed since.

/// The fork point is here.
pub(crate) fn mark() {}

/// Goes back to the fork point.
pub(crate) fn restore() {}
