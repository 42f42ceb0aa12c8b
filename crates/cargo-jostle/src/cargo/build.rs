//! Builds tests and programs, and gives what cargo would start.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context;
use cargo_metadata::{Artifact, Message, PackageId, TargetKind};

use crate::cargo::binary::Binary;
use crate::cargo::invocation::Invocation;
use crate::cargo::roles::Role;
use crate::cargo::runner;
use crate::output;

/// The build failed, and cargo has said why.
#[derive(Debug)]
pub(crate) struct Failed {
    /// The exit code of cargo.
    pub(crate) code: u8,
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the build failed")
    }
}

impl std::error::Error for Failed {}

/// Builds what `cargo test OPTIONS` runs, in its order.
///
/// # Errors
///
/// [`Failed`] if the build fails; otherwise if cargo cannot be used.
pub(crate) fn tests(
    invocation: &Invocation<'_>,
    options: &[OsString],
) -> anyhow::Result<Vec<Binary>> {
    let mut command = invocation.command(&["test", "--no-run", FORMAT], Role::Recorder);
    command.args(options);
    let artifacts = built(invocation, command)?;
    // Everything is fresh now. What cargo prints is of interest only if it fails.
    let mut command = invocation.command(&["test", "--no-fail-fast", "--quiet"], Role::Recorder);
    command.args(options);
    let recorded = command
        .stdin(Stdio::null())
        .output()
        .context("cargo cannot be started")?;
    if !recorded.status.success() {
        output::warn(&String::from_utf8_lossy(&recorded.stderr));
        return Err(failed(recorded.status));
    }
    binaries(invocation, artifacts)
}

/// Builds the program that `cargo run OPTIONS` starts.
///
/// # Errors
///
/// As [`tests`].
pub(crate) fn program(
    invocation: &Invocation<'_>,
    options: &[OsString],
) -> anyhow::Result<Vec<Binary>> {
    let mut command = invocation.command(&["run", FORMAT], Role::Recorder);
    command.args(options);
    let artifacts = built(invocation, command)?;
    binaries(invocation, artifacts)
}

/// Diagnostics are for the user; everything else is a message on standard output.
const FORMAT: &str = "--message-format=json-render-diagnostics";

/// Runs cargo and gives the artifacts that can be started.
fn built(invocation: &Invocation<'_>, mut command: Command) -> anyhow::Result<Vec<Artifact>> {
    let mut cargo = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cargo cannot be started")?;
    let stdout = cargo.stdout.take().context("cargo has no output")?;
    let mut artifacts = Vec::new();
    for message in Message::parse_stream(BufReader::new(stdout)) {
        if let Message::CompilerArtifact(artifact) = message.context("cargo cannot be read")? {
            artifacts.extend(artifact.executable.is_some().then_some(artifact));
        }
    }
    let status = cargo.wait()?;
    match status.success() {
        true => Ok(artifacts),
        false => {
            if let Ok(log) = fs::read_to_string(invocation.link_log()) {
                output::warn(log.trim_end());
            }
            Err(failed(status))
        }
    }
}

fn failed(status: std::process::ExitStatus) -> anyhow::Error {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Failed {
        code: code.filter(|&code| code != 0).unwrap_or(2),
    }
    .into()
}

/// The artifacts that cargo started, with how it did.
fn binaries(invocation: &Invocation<'_>, artifacts: Vec<Artifact>) -> anyhow::Result<Vec<Binary>> {
    let ours = invocation.ours();
    let mut starts = runner::read(invocation.scratch)?;
    let mut binaries: Vec<Binary> = Vec::new();
    for artifact in artifacts {
        let Some(path) = artifact.executable.as_ref().map(PathBuf::from) else {
            continue;
        };
        // A program that a test starts is built, too, and not started by cargo.
        let Some(start) = starts.remove(&path) else {
            continue;
        };
        let start = start.without(&ours);
        let package = start
            .environment
            .get(OsStr::new("CARGO_PKG_NAME"))
            .map(|name| name.to_string_lossy().into_owned());
        let package = package.unwrap_or_else(|| package_name(&artifact.package_id));
        binaries.push(Binary {
            package,
            kind: artifact.target.kind.first().map_or("", kind),
            target: artifact.target.name.clone(),
            source: artifact.target.src_path.clone().into(),
            has_doctests: artifact.target.doctest,
            start,
        });
    }
    Ok(binaries)
}

fn kind(kind: &TargetKind) -> &'static str {
    match kind {
        TargetKind::Bin => "bin",
        TargetKind::Example => "example",
        TargetKind::Test => "test",
        TargetKind::Bench => "bench",
        _ => "lib",
    }
}

/// The name in an id like `path+file:///folder/name#0.1.0` or `…#name@0.1.0`.
fn package_name(id: &PackageId) -> String {
    let (folder, rest) = id.repr.split_once('#').unwrap_or(("", &id.repr));
    let named = rest.split_once('@').map(|(name, _)| name);
    let last = folder.rsplit('/').next().unwrap_or(folder);
    named.unwrap_or(last).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_of_either_form_has_a_name() {
        let name = |repr: &str| {
            package_name(&PackageId {
                repr: repr.to_owned(),
            })
        };
        assert_eq!(name("path+file:///w/demo#0.1.0"), "demo");
        assert_eq!(name("path+file:///w/folder#demo@0.1.0"), "demo");
    }
}
