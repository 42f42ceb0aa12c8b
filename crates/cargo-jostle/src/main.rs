//! `cargo jostle`: runs the tests that a crate already has under the scheduler of jostle.

// What the subcommands call is not called yet.
#[allow(dead_code, unused_imports)]
mod linker;
#[allow(dead_code, unused_imports)]
mod toolchain;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let program = arguments.next();
    if linker::is_linker(program.as_deref()) {
        return linker::main(arguments);
    }
    ExitCode::SUCCESS
}
