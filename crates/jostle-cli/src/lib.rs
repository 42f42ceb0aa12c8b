//! The `jostle` command over the targets of any backend.
//!
//! - `args`: the syntax and the text of `--help`.
//! - `list`, `hunt`, `verify`, `replay`, `report`, `minimize`,
//!   `explain`, `export`, `retest`, `triage`, `completions`: one subcommand each.
//! - `recorded`: loads a trace or fuzz input and re-executes it. `smallest`: replays a
//!   saved failure and minimizes it.
//! - `corpus`: inputs that a hunt begins with, and those that it keeps.
//! - `sink`: output sinks; each format is next to its command.
//! - `progress`: the live line. `interrupt`: Ctrl-C.
//! - `output`: helpers for printing and saving; `exit`: exit codes.
//!
//! Users call `jostle::main!();`, which runs it on the backend of `jostle`.
#![forbid(unsafe_code)]

mod args;
mod completions;
mod corpus;
mod exit;
mod explain;
mod export;
mod hunt;
mod interrupt;
mod list;
mod minimize;
mod output;
mod progress;
mod recorded;
mod replay;
mod report;
mod retest;
mod sink;
mod smallest;
#[cfg(test)]
mod tests;
mod triage;
mod verify;

use std::ffi::OsString;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::Parser;
use jostle_core::backend::Suite;
use jostle_report::text;

use crate::args::{Args, Command};
use crate::exit::ExitStatus;
use crate::output::Fault;

/// Runs the command line of this process on the targets of `suite`.
///
/// A panic is a fault of Jostle as one of the backend is: exit code 2, so that no script
/// takes it for a finding or a pass.
#[must_use]
pub fn main<S: Suite>(suite: &S) -> ExitCode {
    process(suite, std::env::args_os(), output::own_stdout).into()
}

/// Runs a command line on the targets of `suite`; commands that reports recommend begin
/// with the first argument, which may be several words. As [`main`], for a process whose own arguments belong to the program under test
/// and whose suite sees to it that what is executed does not print where the command does.
/// Returns the exit code.
#[must_use]
pub fn main_with<S: Suite>(suite: &S, args: impl Iterator<Item = OsString>) -> u8 {
    let mut args = args.peekable();
    if let Some(program) = args.peek() {
        output::call_program(program);
    }
    process(suite, args, || Ok(())).code()
}

/// Runs a command line that standard output belongs to, once `own` has seen to that.
fn process<S: Suite>(
    suite: &S,
    args: impl Iterator<Item = OsString>,
    own: impl FnOnce() -> io::Result<()>,
) -> ExitStatus {
    let status = catch_unwind(AssertUnwindSafe(|| match parse(args) {
        Ok(args) => match own() {
            Ok(()) => execute(suite, &args),
            Err(error) => {
                output::warn(&format!(
                    "error: standard output cannot be kept apart from what scenarios print: {error}"
                ));
                ExitStatus::Unusable
            }
        },
        Err(status) => status,
    }));
    // The panic has printed its message.
    status.unwrap_or_else(|_| {
        output::warn("error: that was a fault of Jostle; please report it");
        ExitStatus::Broken
    })
}

#[cfg(test)]
fn run<S: Suite>(suite: &S, args: impl Iterator<Item = OsString>) -> ExitStatus {
    match parse(args) {
        Ok(args) => execute(suite, &args),
        Err(status) => status,
    }
}

/// What was typed, or how the command ends without it.
fn parse(args: impl Iterator<Item = OsString>) -> Result<Args, ExitStatus> {
    Args::try_parse_from(args).map_err(|error| {
        // Help and version are no errors and go to standard output. An error quotes what was
        // typed.
        let plain = error.render().to_string();
        if text::clean_lines(&plain) == plain {
            let _ = error.print();
        } else {
            output::warn(&plain);
        }
        match error.exit_code() {
            0 => ExitStatus::AsExpected,
            _ => ExitStatus::Unusable,
        }
    })
}

fn execute<S: Suite>(suite: &S, args: &Args) -> ExitStatus {
    let result = match &args.command {
        Command::List(list) => list::run(suite, list),
        Command::Hunt(hunt) => hunt::run(suite, hunt),
        Command::Verify(verify) => verify::run(suite, verify),
        Command::Replay(replay) => replay::run(suite, replay),
        Command::Report(report) => report::run(suite, report),
        Command::Minimize(minimize) => minimize::run(suite, minimize),
        Command::Explain(explain) => explain::run(suite, explain),
        Command::Triage(triage) => triage::run(suite, triage),
        Command::Export(export) => export::run(suite, export),
        Command::Retest(retest) => retest::run(suite, retest),
        Command::Completions(completions) => completions::run(completions),
    };
    match result {
        Ok(status) => status,
        Err(error) => {
            output::complain(&error);
            match error.is::<Fault>() {
                true => ExitStatus::Broken,
                false => ExitStatus::Unusable,
            }
        }
    }
}
