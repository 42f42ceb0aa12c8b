//! Tests of the watchdog and of the stack guard, which depend on the wall clock.
//!
//! They wait for seconds or occupy every processor, and a busy machine could make them
//! fail. They are therefore a separate binary, in which one runs at a time.
//!
//! - `watchdog`: scenarios that hang or overflow their stack, and a machine that is slow.

#[path = "../support"]
mod support {
    pub(crate) mod scenario;
}

mod watchdog;
