//! How cargo starts a program: written down by this program in the place of the runner.
//!
//! The record holds the whole environment. What the front itself has set for cargo is
//! taken out again when the record is read, so that the program gets what it would get
//! from `cargo test`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use serde::{Deserialize, Serialize};

use crate::output;

/// The folder that records are written to.
pub(crate) const RECORDS: &str = "JOSTLE_RECORDS";

/// How cargo starts a program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    /// The program.
    pub(crate) program: PathBuf,
    /// Where.
    pub(crate) folder: PathBuf,
    /// The whole environment.
    #[serde(with = "pairs")]
    pub(crate) environment: BTreeMap<OsString, OsString>,
}

/// An environment as a list: the keys of an object in JSON are text, which those of an
/// environment need not be.
mod pairs {
    use std::collections::BTreeMap;
    use std::ffi::OsString;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    type Environment = BTreeMap<OsString, OsString>;

    pub(super) fn serialize<S: Serializer>(map: &Environment, to: S) -> Result<S::Ok, S::Error> {
        map.iter().collect::<Vec<_>>().serialize(to)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<Environment, D::Error> {
        let pairs: Vec<(OsString, OsString)> = Vec::deserialize(from)?;
        Ok(pairs.into_iter().collect())
    }
}

/// Writes down how it was called; starts nothing.
pub(crate) fn record(words: Vec<OsString>) -> ExitCode {
    match try_record(words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::complain(&error);
            ExitCode::from(2)
        }
    }
}

fn try_record(words: Vec<OsString>) -> anyhow::Result<()> {
    let records = std::env::var_os(RECORDS).context("cargo jostle calls this through cargo")?;
    let program = words
        .into_iter()
        .next()
        .context("there is no program to start")?;
    let folder = std::env::current_dir().context("there is no current folder")?;
    let start = Start {
        program: folder.join(program),
        folder,
        environment: std::env::vars_os().collect(),
    };
    let path = Path::new(&records).join(name(&start.program));
    fs::write(&path, serde_json::to_vec(&start)?)
        .with_context(|| format!("cannot write to {}", path.display()))
}

fn name(program: &Path) -> String {
    let digest = sha1_smol::Sha1::from(program.as_os_str().as_encoded_bytes());
    format!("{}.start.json", digest.digest())
}

/// The records in a folder, by their program.
///
/// # Errors
///
/// If one cannot be read.
pub(crate) fn read(records: &Path) -> anyhow::Result<BTreeMap<PathBuf, Start>> {
    let mut starts = BTreeMap::new();
    for entry in fs::read_dir(records)? {
        let path = entry?.path();
        if path.to_string_lossy().ends_with(".start.json") {
            let start: Start = serde_json::from_slice(&fs::read(&path)?)?;
            starts.insert(start.program.clone(), start);
        }
    }
    Ok(starts)
}

impl Start {
    /// Takes out of the environment what was set for cargo alone: a variable in `ours` gets
    /// the value that it had before, if it had one.
    pub(crate) fn without(mut self, ours: &[OsString]) -> Start {
        for name in ours {
            match std::env::var_os(name) {
                Some(before) => self.environment.insert(name.clone(), before),
                None => self.environment.remove(name),
            };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written_whatever_the_environment_holds() {
        use std::os::unix::ffi::OsStringExt;
        let start = Start {
            program: "/p".into(),
            folder: "/".into(),
            environment: BTreeMap::from([(
                OsString::from_vec(b"A\xff".to_vec()),
                OsString::from_vec(b"\xfe\n".to_vec()),
            )]),
        };
        let folder = tempfile::tempdir().unwrap();
        let text = serde_json::to_vec(&start).unwrap();
        fs::write(folder.path().join(name(&start.program)), text).unwrap();
        assert_eq!(read(folder.path()).unwrap()[Path::new("/p")], start);
    }

    #[test]
    fn what_was_set_for_cargo_is_taken_out_again() {
        let pairs = [("PATH", "changed"), ("OURS", "1"), ("CARGO_PKG_NAME", "a")];
        let start = Start {
            program: "/p".into(),
            folder: "/".into(),
            environment: pairs.iter().map(|(k, v)| (k.into(), v.into())).collect(),
        };
        let start = start.without(&["PATH".into(), "OURS".into()]);
        let names: Vec<_> = start.environment.keys().collect();
        assert_eq!(names, ["CARGO_PKG_NAME", "PATH"]);
        let before = std::env::vars_os().find(|(name, _)| name == "PATH");
        let (_, before) = before.unwrap();
        assert_eq!(start.environment[std::ffi::OsStr::new("PATH")], before);
    }
}
