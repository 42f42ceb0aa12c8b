//! x
mod lock_order;
mod philosophers;
