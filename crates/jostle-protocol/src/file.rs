//! Sessions and outcomes as files: JSON, written all or nothing.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::VERSION;

/// Why a file of the protocol could not be read or written.
#[derive(Debug)]
pub struct Error {
    path: PathBuf,
    why: Why,
}

#[derive(Debug)]
enum Why {
    File(io::Error),
    Content(serde_json::Error),
    Version(u32),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.path.display())?;
        match &self.why {
            Why::File(error) => write!(f, "{error}"),
            Why::Content(error) => write!(f, "not what it should be: {error}"),
            Why::Version(version) => write!(
                f,
                "of version {version}, while this program knows {VERSION}; build the tests with \
                 the `cargo jostle` that starts them"
            ),
        }
    }
}

impl std::error::Error for Error {}

pub(crate) fn read<T: DeserializeOwned>(
    path: &Path,
    version: impl Fn(&T) -> u32,
) -> Result<T, Error> {
    let error = |why| Error {
        path: path.to_owned(),
        why,
    };
    let bytes = fs::read(path).map_err(|e| error(Why::File(e)))?;
    let content: T = serde_json::from_slice(&bytes).map_err(|e| error(Why::Content(e)))?;
    match version(&content) {
        VERSION => Ok(content),
        other => Err(error(Why::Version(other))),
    }
}

/// A reader that comes meanwhile finds the old file or the new one.
pub(crate) fn write<T: Serialize>(path: &Path, content: &T) -> Result<(), Error> {
    let error = |why| Error {
        path: path.to_owned(),
        why,
    };
    let bytes = serde_json::to_vec_pretty(content).map_err(|e| error(Why::Content(e)))?;
    let part = path.with_extension("part");
    let written = fs::write(&part, bytes).and_then(|()| fs::rename(&part, path));
    written.map_err(|e| error(Why::File(e)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Ending, Harness, Outcome, Session};

    fn path(name: &str) -> PathBuf {
        std::env::temp_dir().join(format!(
            "jostle-protocol-{}-{name}.json",
            std::process::id()
        ))
    }

    #[test]
    fn what_is_written_is_read_again() {
        let path = path("session");
        let session = Session {
            version: VERSION,
            name: "demo:tests::a".to_owned(),
            root: "/w".into(),
            harness: Harness::Libtest,
            command: vec!["hunt".to_owned(), "--json".to_owned()],
            program: "cargo jostle".to_owned(),
            color: true,
            width: 80,
            result: "/w/outcome.json".into(),
            notes: None,
            steps: Some(7),
            tokio_workers: 2,
        };
        session.write(&path).unwrap();
        assert_eq!(Session::read(&path).unwrap(), session);
        for ending in [
            Ending::Explored,
            Ending::SingleThreaded {
                exit_code: 101,
                output: "left: 1\u{1b}[31m".to_owned(),
            },
            Ending::Refused {
                reason: "a".to_owned(),
                remedy: "b".to_owned(),
            },
        ] {
            let outcome = Outcome {
                version: VERSION,
                ending,
                cautions: vec!["it started a process".to_owned()],
            };
            outcome.write(&path).unwrap();
            assert_eq!(Outcome::read(&path).unwrap(), outcome);
        }
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_form_of_an_outcome_stays() {
        let path = path("form");
        let text = r#"{"version":1,"ending":"single-threaded","exit-code":0,"output":"","more":1}"#;
        fs::write(&path, text).unwrap();
        let outcome = Outcome::read(&path).unwrap();
        assert_eq!(
            outcome.ending,
            Ending::SingleThreaded {
                exit_code: 0,
                output: String::new()
            }
        );
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn another_version_and_another_content_are_refused_in_words() {
        let path = path("refused");
        fs::write(&path, r#"{"version":2,"ending":"explored"}"#).unwrap();
        let error = Outcome::read(&path).unwrap_err().to_string();
        assert!(error.contains("of version 2"), "{error}");
        for text in ["", "[]", "{\"version\":1,\"ending\":\"flown\"}", "\u{0}"] {
            fs::write(&path, text).unwrap();
            let error = Outcome::read(&path).unwrap_err().to_string();
            assert!(error.contains("not what it should be"), "{error}");
        }
        fs::remove_file(&path).unwrap();
        assert!(Outcome::read(&path).is_err());
    }
}
