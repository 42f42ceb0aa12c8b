//! `cargo jostle`: runs the tests that a crate already has under the scheduler of jostle.
//!
//! - `args`: the syntax and the text of `--help`.
//! - `test`, `run`, `list`, `nextest`, `replay` (and what else goes on from a trace),
//!   `setup`, `doctor`: the subcommands.
//! - `cargo`: builds the tests. `instrument`: what that needs of `linker` and `toolchain`.
//! - `child`: a process that explores one test. `plan`: which tests there are. `result`:
//!   what became of them. `saved`: what a trace remembers of its build.
//!   `kept`: schedules that are executed again.
//! - `sinks`: formats of results. `output`: what is printed and written. `exit`: exit codes.
//!   `interrupt`: Ctrl-C.
//! - `linker`, `toolchain`: this program as a linker, and what it works with.
//!
//! One program plays several parts, by the name that it is called by: see
//! [`cargo::roles`] and [`linker::is_linker`].

#![deny(unsafe_code)]

mod args;
mod cargo;
mod child;
mod doctor;
mod exit;
mod instrument;
mod interrupt;
mod kept;
mod linker;
mod list;
mod nextest;
mod output;
mod plan;
mod replay;
mod result;
mod run;
mod saved;
mod setup;
mod sinks;
mod test;
mod toolchain;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;
use jostle_report::text;

use crate::args::{Args, Command};
use crate::cargo::build::Failed;
use crate::cargo::roles::Role;
use crate::cargo::{runner, rustc, rustdoc};
use crate::exit::ExitStatus;

fn main() -> ExitCode {
    let mut words = std::env::args_os();
    let program = words.next().unwrap_or_default();
    if linker::is_linker(Some(&program)) {
        return linker::main(words);
    }
    let words: Vec<OsString> = words.collect();
    match Role::of(Path::new(&program)) {
        Some(Role::Rustc) => rustc::run(words),
        Some(Role::Rustdoc) => rustdoc::run(&words),
        Some(Role::Recorder) => runner::record(words),
        Some(Role::Explorer) => nextest::explore(words),
        None => command(program, words),
    }
}

/// What the user has typed. Cargo calls `cargo-jostle jostle test`.
fn command(program: OsString, mut words: Vec<OsString>) -> ExitCode {
    if words.first().is_some_and(|word| word == "jostle") {
        words.remove(0);
    }
    let args = match Args::try_parse_from(std::iter::once(program).chain(words)) {
        Ok(args) => args,
        Err(error) => return refused(&error),
    };
    match execute(&args.command) {
        Ok(code) => code,
        Err(error) => {
            output::complain(&error);
            match error.downcast_ref::<Failed>() {
                Some(failed) => ExitCode::from(failed.code),
                None => ExitStatus::Unusable.into(),
            }
        }
    }
}

/// Help and version are no errors and go to standard output. An error quotes what was
/// typed.
fn refused(error: &clap::Error) -> ExitCode {
    let plain = error.render().to_string();
    if text::clean_lines(&plain) == plain {
        // Nothing can be done about a closed stream.
        let _ = error.print();
    } else {
        output::warn(&plain);
    }
    match error.exit_code() {
        0 => ExitStatus::AsExpected.into(),
        _ => ExitStatus::Unusable.into(),
    }
}

fn execute(command: &Command) -> anyhow::Result<ExitCode> {
    let status = match command {
        Command::Test(args) => test::run(args)?,
        Command::Run(args) => run::run(args)?,
        Command::List(args) => list::run(args)?,
        Command::Nextest(args) => return nextest::run(args),
        Command::Replay(args) => return replay::run("replay", args),
        Command::Minimize(args) => return replay::run("minimize", args),
        Command::Explain(args) => return replay::run("explain", args),
        Command::Report(args) => return replay::run("report", args),
        Command::Export(args) => return replay::run("export", args),
        Command::Verify(args) => return replay::run("verify", args),
        Command::Triage(args) => return replay::run("triage", args),
        Command::Setup => setup::run()?,
        Command::Doctor => doctor::run()?,
    };
    Ok(status.into())
}
