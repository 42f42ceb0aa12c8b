//! What a trace file remembers of how its program was built and started.
//!
//! A trace leads back to a test by the name of its scenario. That is not enough to build
//! the same program again: features, the profile and the number of tokio's workers decide
//! what is executed. They are added to the file as a field of its own, which readers of
//! traces ignore.

use std::path::Path;

use anyhow::Context;
use jostle_report::publish;
use serde::{Deserialize, Serialize};

/// How the program of a trace was built and started.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Build {
    /// Options of cargo.
    pub(crate) cargo: Vec<String>,
    /// Arguments of the program, where its main is the scenario.
    #[serde(default)]
    pub(crate) arguments: Vec<String>,
    /// Whether it was built as `cargo run` does, and not for tests.
    #[serde(default)]
    pub(crate) run: bool,
    /// Workers of tokio's current-thread runtimes.
    pub(crate) tokio_workers: u16,
    /// Steps of one execution at most.
    #[serde(default)]
    pub(crate) steps: Option<u32>,
}

/// As much of a trace file as is read here.
#[derive(Deserialize)]
struct File {
    scenario: String,
    fingerprint: String,
    #[serde(default)]
    build: Option<Build>,
}

/// What is read of a trace file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Recalled {
    /// The name of the test.
    pub(crate) name: String,
    /// The fingerprint of the execution, 16 hexadecimal digits.
    pub(crate) fingerprint: String,
    /// How its program was built; the default if the file does not say.
    pub(crate) build: Build,
}

/// Reads a trace file.
///
/// # Errors
///
/// If it cannot be read, or is none.
pub(crate) fn recall(path: &Path) -> anyhow::Result<Recalled> {
    let refused = || format!("cannot read {}", path.display());
    let bytes = publish::read_file(path).with_context(refused)?;
    // The version, the limits and everything else that makes it a trace.
    jostle_core::trace::file::read(&bytes).with_context(refused)?;
    let file: File = serde_json::from_slice(&bytes).with_context(refused)?;
    Ok(Recalled {
        name: file.scenario,
        fingerprint: file.fingerprint,
        build: file.build.unwrap_or_default(),
    })
}

/// Adds to a trace file how its program was built, unless it says so already.
///
/// # Errors
///
/// If the file cannot be read or written.
pub(crate) fn remember(path: &Path, build: &Build) -> anyhow::Result<()> {
    let text = String::from_utf8(publish::read_file(path)?)?;
    let file: File = serde_json::from_str(&text)?;
    if file.build.as_ref() == Some(build) {
        return Ok(());
    }
    anyhow::ensure!(file.build.is_none(), "it is of another build");
    // At the end, since the version has to stand first.
    let body = text.trim_end().strip_suffix('}');
    let body = body.context("it does not end as a trace")?.trim_end();
    let build = serde_json::to_string(build)?;
    let text = format!("{body},\n  \"build\": {build}\n}}\n");
    Ok(publish::replace(path, text.as_bytes())?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = include_str!("../../jostle-core/tests/fixtures/trace-v1.json");

    #[test]
    fn a_trace_remembers_its_build_and_stays_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.trace.json");
        std::fs::write(&path, TRACE).unwrap();
        let before = recall(&path).unwrap();
        assert_eq!(before.build, Build::default());
        let build = Build {
            cargo: vec!["--features".to_owned(), "x\"y".to_owned()],
            arguments: Vec::new(),
            run: false,
            tokio_workers: 2,
            steps: Some(9),
        };
        remember(&path, &build).unwrap();
        remember(&path, &build).unwrap();
        let after = recall(&path).unwrap();
        assert_eq!(after.build, build);
        assert_eq!(
            (after.name, after.fingerprint),
            (before.name, before.fingerprint)
        );
        let text = std::fs::read(&path).unwrap();
        assert_eq!(
            jostle_core::trace::file::read(&text).unwrap(),
            jostle_core::trace::file::read(TRACE.as_bytes()).unwrap()
        );
    }

    #[test]
    fn what_is_no_trace_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.trace.json");
        assert!(recall(&path).is_err());
        for text in ["", "{}", "{\"jostle_trace\":1}", "nonsense"] {
            std::fs::write(&path, text).unwrap();
            assert!(recall(&path).is_err(), "{text}");
        }
    }
}
