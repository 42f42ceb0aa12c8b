//! The programs under jostle.

mod rt {
    pub(super) use jostle::{sync, thread};
}

#[path = "programs/mod.rs"]
mod programs;

pub(crate) use programs::PROGRAMS;
