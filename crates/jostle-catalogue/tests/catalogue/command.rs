//! Runs the command from the root of the repository.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::repository::root;

/// The command, which runs at the root of the repository.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jostle"));
    command.current_dir(root());
    command
}

/// What comes of the command.
pub(crate) fn jostle(args: &[&str]) -> Output {
    command().args(args).output().unwrap()
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

/// An empty folder of this test.
pub(crate) fn folder(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// The fingerprint that a replay prints.
pub(crate) fn fingerprint(text: &str) -> &str {
    let line = text.lines().find(|l| l.starts_with("Fingerprint: "));
    line.unwrap().trim_start_matches("Fingerprint: ")
}
