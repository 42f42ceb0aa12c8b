//! Provides the `jostle` command for the scenarios of a program.

use std::io::Write;
use std::process::ExitCode;

use crate::Fibers;

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
            $crate::__private::main()
        }
    };
}

/// Runs the command line of this process on the scenarios that are linked into the
/// program.
#[must_use]
pub fn main() -> ExitCode {
    if let Err(error) = crate::watchdog::limit() {
        // Nothing can be done about a closed standard error.
        let _ = writeln!(std::io::stderr(), "error: {error}");
        return ExitCode::from(2);
    }
    jostle_cli::main(&Fibers)
}
