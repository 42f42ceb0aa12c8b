//! The programs under loom.

mod rt {
    pub(super) use loom::{sync, thread};
}

#[path = "programs/mod.rs"]
mod programs;

pub(crate) use programs::PROGRAMS;
