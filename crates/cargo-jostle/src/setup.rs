//! `cargo jostle setup`: builds what all tests need, once for each toolchain.

use crate::exit::ExitStatus;
use crate::linker;
use crate::output;
use crate::toolchain::{self, Toolchain};

/// Runs the command.
pub(crate) fn run() -> anyhow::Result<ExitStatus> {
    let cache = toolchain::cache_dir()?;
    let toolchain = Toolchain::find(&std::env::current_dir()?)?;
    let runtime = toolchain::runtime(&cache)?;
    let prepared = linker::prepare(&toolchain, &cache)?;
    output::print(&format!(
        "toolchain: {toolchain}\nruntime: {}\nstandard library: {} objects instrumented, {} \
         there already\n",
        runtime.display(),
        prepared.made,
        prepared.reused
    ))?;
    Ok(ExitStatus::AsExpected)
}
