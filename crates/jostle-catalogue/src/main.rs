//! The `jostle` command, with the scenarios of the catalogue.

use std::process::ExitCode;

use jostle::scenario::registry::Scope;

fn main() -> ExitCode {
    jostle::cli::main(Scope::All)
}
