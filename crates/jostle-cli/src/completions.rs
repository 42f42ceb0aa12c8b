//! `jostle completions`: prints a completion script for a shell.

use clap::CommandFactory;

use crate::args::{Args, Completions};
use crate::exit::ExitStatus;
use crate::output;

pub(crate) fn run(args: &Completions) -> anyhow::Result<ExitStatus> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "jostle", &mut script);
    output::print_bytes(&script)?;
    Ok(ExitStatus::AsExpected)
}
