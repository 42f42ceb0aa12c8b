//! Schedule files: a kept schedule as text, for a test that is there already.
//!
//! ```json
//! {
//!   "jostle_schedule": 1,
//!   "test": "pool:tests::closes",
//!   "kind": "deadlock",
//!   "message": "main waits for task 2",
//!   "signature": "deadlock-0123456789abcdef",
//!   "rows": ["main before rmw of Mutex::lock in close -> \"worker\""],
//!   "data": "00ff10"
//! }
//! ```
//!
//! The rows alone make the execution, together with `data`. `kind`, `message` and
//! `signature` say what they led to when they were kept: for people, and not compared,
//! since a mended program may fail in another way. Fields that are not listed are ignored;
//! what changes the meaning of one that is listed needs a new version. [`SCHEMA`] says the
//! same to programs.

use serde::{Deserialize, Serialize};

use crate::prescription::Row;

/// The version of the format that [`KeptFile::text`] writes.
pub const VERSION: u64 = 1;

/// The format as a JSON Schema, draft 2020-12.
pub const SCHEMA: &str = include_str!("schedule.schema.json");

/// A kept schedule as files hold it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeptFile {
    /// [`VERSION`].
    pub jostle_schedule: u64,
    /// The name of the test.
    pub test: String,
    /// The kind of finding that it led to.
    pub kind: String,
    /// The first line of its message.
    pub message: String,
    /// Its signature.
    pub signature: String,
    /// The deviations from the non-preemptive schedule, as [`Row`] writes them.
    pub rows: Vec<String>,
    /// What the test makes its argument of, in hexadecimal digits.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub data: String,
}

/// Why a file is no kept schedule.
#[derive(Debug, thiserror::Error)]
pub enum BadFile {
    /// It is none, or damaged.
    #[error("it is no kept schedule: {0}")]
    Foreign(serde_json::Error),
    /// It is of a version that this build does not know.
    #[error(
        "it is a kept schedule of version {0}, and this build knows {VERSION}; update Jostle to \
         read it"
    )]
    Version(u64),
    /// A row cannot be read.
    #[error("{0}")]
    Row(#[from] crate::prescription::BadRow),
    /// The data are no hexadecimal digits in pairs.
    #[error("its data {0:?} are no hexadecimal digits in pairs")]
    Data(String),
}

impl KeptFile {
    /// Reads the bytes of a file.
    ///
    /// # Errors
    ///
    /// If they are no kept schedule of a known version. Rows and data are not looked at.
    pub fn read(bytes: &[u8]) -> Result<KeptFile, BadFile> {
        #[derive(Deserialize)]
        struct Head {
            jostle_schedule: u64,
        }
        let head: Head = serde_json::from_slice(bytes).map_err(BadFile::Foreign)?;
        match head.jostle_schedule {
            VERSION => serde_json::from_slice(bytes).map_err(BadFile::Foreign),
            other => Err(BadFile::Version(other)),
        }
    }

    /// What is to be executed: rows and data.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read.
    pub fn schedule(&self) -> Result<(Vec<Row>, Vec<u8>), BadFile> {
        let rows: Result<Vec<Row>, _> = self.rows.iter().map(|row| row.parse()).collect();
        let digit = |b: u8| (b as char).to_digit(16).map(|d| d as u8);
        let pair = |pair: &[u8]| match *pair {
            [high, low] => Some(digit(high)? << 4 | digit(low)?),
            _ => None,
        };
        let data: Option<Vec<u8>> = self.data.as_bytes().chunks(2).map(pair).collect();
        Ok((rows?, data.ok_or_else(|| BadFile::Data(self.data.clone()))?))
    }

    /// The text of the file.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:#}\n", serde_json::json!(self))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kept() -> KeptFile {
        KeptFile {
            jostle_schedule: VERSION,
            test: "pool:tests::closes".to_owned(),
            kind: "deadlock".to_owned(),
            message: "main waits".to_owned(),
            signature: "deadlock-0123456789abcdef".to_owned(),
            rows: vec!["main before rmw of Mutex::lock in close -> \"worker\"".to_owned()],
            data: "00ff".to_owned(),
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_fits_the_schema() {
        let text = kept().text();
        assert_eq!(KeptFile::read(text.as_bytes()).unwrap(), kept());
        assert_eq!(kept().schedule().unwrap().1, [0, 255]);
        let schema = serde_json::from_str(SCHEMA).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut value = serde_json::to_value(kept()).unwrap();
        assert!(validator.is_valid(&value));
        value["rows"] = serde_json::json!([1]);
        assert!(!validator.is_valid(&value));
    }

    #[test]
    fn other_versions_rows_and_data_are_refused_in_words() {
        let newer = kept().text().replace("schedule\": 1", "schedule\": 2");
        let error = KeptFile::read(newer.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("version 2"), "{error}");
        let mut file = kept();
        file.data = "0".to_owned();
        assert!(file.schedule().is_err());
        file.rows = vec!["main sometimes".to_owned()];
        let error = file.schedule().unwrap_err().to_string();
        assert!(error.contains("main sometimes"), "{error}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(bytes: Vec<u8>, data: String) {
            let _ = KeptFile::read(&bytes);
            let _ = KeptFile { data, ..kept() }.schedule();
        }
    }
}
