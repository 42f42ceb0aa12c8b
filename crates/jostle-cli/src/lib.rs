//! The command line.
//!
//! - `args`: what can be typed, and the text of `--help`.
//! - `list`, `hunt`, `verify`, `replay`, `report`, `minimize`,
//!   `explain`, `export`, `triage`: one subcommand each.
//! - `subject`: files that hold an execution, and executing them again.
//!   `smallest`: its failure, minimized.
//! - `corpus`: inputs that a hunt begins with, and those that it keeps.
//! - `progress`: the live line. `interrupt`: Ctrl-C.
//! - `json`: the document of `--json`.
//! - `junit`, `annotations`: the results of a hunt for CI.
//! - `outcome`: exit codes, and errors that name their remedy.
//!
//! A project gets the same command for its own scenarios with one line in its
//! `main.rs`: [`jostle::main!();`](crate::main).

mod annotations;
mod args;
mod corpus;
mod explain;
mod export;
mod hunt;
mod interrupt;
mod json;
mod junit;
mod list;
mod minimize;
mod outcome;
mod progress;
mod replay;
mod report;
#[cfg(test)]
mod samples;
mod smallest;
mod subject;
mod triage;
mod verify;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::Parser;

use crate::cli::args::{Args, Command};
use crate::cli::outcome::Outcome;
use crate::scenario::registry::Scope;

/// Defines `fn main` of a program that explores the scenarios linked into it.
///
/// ```no_run
/// // src/bin/jostle.rs of your project:
/// use std as _; // here: the crate that holds your scenarios
/// jostle::main!();
/// ```
#[macro_export]
macro_rules! main {
    () => {
        fn main() -> ::std::process::ExitCode {
            $crate::cli::main($crate::scenario::registry::Scope::Program)
        }
    };
}

/// Runs the command line of this process on the scenarios in `scope`.
#[must_use]
pub fn main(scope: Scope) -> ExitCode {
    run(scope, std::env::args_os()).into()
}

fn run(scope: Scope, args: impl Iterator<Item = OsString>) -> Outcome {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no errors and go to standard output.
            let _ = error.print();
            return match error.exit_code() {
                0 => Outcome::AsExpected,
                _ => Outcome::Unusable,
            };
        }
    };
    let result = match &args.command {
        Command::List(list) => list::run(scope, list),
        Command::Hunt(hunt) => hunt::run(scope, hunt),
        Command::Verify(verify) => verify::run(scope, verify),
        Command::Replay(replay) => replay::run(scope, replay),
        Command::Report(report) => report::run(scope, report),
        Command::Minimize(minimize) => minimize::run(scope, minimize),
        Command::Explain(explain) => explain::run(scope, explain),
        Command::Triage(triage) => triage::run(scope, triage),
        Command::Export(export) => export::run(scope, export),
    };
    match result {
        Ok(outcome) => outcome,
        Err(error) => {
            outcome::complain(&error);
            Outcome::Unusable
        }
    }
}
