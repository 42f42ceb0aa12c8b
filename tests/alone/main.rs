//! Tests in which the clock of the wall counts: what watches over executions.
//!
//! They occupy the machine or wait for seconds, and the time that something takes is part
//! of what they try, so that they are a binary of their own, in which one is at work at a
//! time.
//!
//! - `guard`: scenarios that hang or overflow their stack, and a machine that is slow.

#[path = "../support"]
mod support {
    pub(crate) mod execute;
    pub(crate) mod scenario;
}

mod guard;
