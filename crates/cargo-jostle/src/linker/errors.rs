//! Where errors of the linker go: to standard error, which cargo quotes only in part, and
//! to a file, if the environment names one, from which they are shown in full.

use std::env;
use std::fs::OpenOptions;
use std::io::Write as _;

/// The environment variable that names the file. Messages are appended, a line each.
pub(crate) const LOG: &str = "JOSTLE_LINK_LOG";

/// Says why the link failed, on one line.
pub(crate) fn report(message: &str) {
    let line = format!(
        "cargo-jostle: {}\n",
        message.split_whitespace().collect::<Vec<_>>().join(" ")
    );
    // Nobody is left to be told that this could not be told.
    drop(std::io::stderr().write_all(line.as_bytes()));
    if let Some(path) = env::var_os(LOG) {
        let file = OpenOptions::new().create(true).append(true).open(path);
        drop(file.and_then(|mut file| file.write_all(line.as_bytes())));
    }
}
