//! The programs under shuttle.

mod rt {
    pub(super) use shuttle::{sync, thread};
}

#[path = "programs/mod.rs"]
mod programs;

pub(crate) use programs::PROGRAMS;
