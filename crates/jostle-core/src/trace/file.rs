//! Trace files: an execution as text, to replay it anywhere and at any time.
//!
//! A trace file is one JSON object:
//!
//! ```json
//! {
//!   "jostle_trace": 1,
//!   "scenario": "pool_shutdown",
//!   "strategy": "pct3",
//!   "seed": "9876543210987654321",
//!   "overrides": ["17:2"],
//!   "data": "00ff10",
//!   "choices": ["t1/2*4 t3/3 w0/2"],
//!   "fingerprint": "00c0ffee00c0ffee",
//!   "finding": {
//!     "kind": "deadlock",
//!     "message": "main waits for task 2",
//!     "signature": "deadlock-0123456789abcdef"
//!   }
//! }
//! ```
//!
//! | field | meaning |
//! |---|---|
//! | `jostle_trace` | the version of the format, [`VERSION`] |
//! | `scenario` | the name of the scenario |
//! | `strategy` | [`Kind::name`](crate::strategy::Kind::name) |
//! | `seed` | decimal; a string, since many readers keep only 53 bits of a number |
//! | `overrides` | `17:2` is alternative 2 at decision 17; may be left out |
//! | `data` | the scenario's data, hexadecimal; may be left out |
//! | `choices` | every choice in order: the letter of its kind, the one picked, how many there were, and how often in a row if more than once; any number of them in a string |
//! | `fingerprint` | [`Trace::fingerprint`](crate::trace::Trace::fingerprint), hexadecimal |
//! | `finding` | the result of the execution; left out if nothing was found |
//!
//! The choices alone make the execution; strategy, seed and overrides say where
//! they came from, and the fingerprint whether the program still does the same.
//! Fields that are not listed are ignored, so that a later build may add some
//! without a new version; what changes the meaning of one that is listed needs
//! one. Old versions stay readable; fixtures are in `tests/fixtures/formats/traces-vN/`.
//!
//! [`SCHEMA`] says the same to programs. What it cannot say is checked by
//! [`read()`] alone: that a choice is one of its alternatives, and the limits.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::decision::{Choice, Override};
use crate::finding::{self, Finding};
use crate::strategy;
use crate::trace::fields;

pub use crate::trace::read::{ReadError, read};

/// The version of the format that [`write()`] writes.
pub const VERSION: u64 = 1;

/// The format as a JSON Schema, draft 2020-12.
pub const SCHEMA: &str = include_str!("trace.schema.json");

/// Files are no larger than this: 16 MiB. A trace of a hundred thousand choices
/// has less than one.
pub const MAX_BYTES: usize = 16 << 20;

/// Traces have no more choices than this, 96 MiB of them. Runs are written as
/// one, so that without this limit a file of a hundred bytes could stand for any
/// number.
pub const MAX_CHOICES: usize = 8 << 20;

/// A message of a finding is saved up to so many bytes, 16 KiB, and ends with how many
/// there were.
pub const MAX_MESSAGE: usize = 16 << 10;

/// A message, cut if it is longer than [`MAX_MESSAGE`].
#[must_use]
pub fn cut(message: &str) -> Cow<'_, str> {
    if message.len() <= MAX_MESSAGE {
        return Cow::Borrowed(message);
    }
    let more = format!("… ({} bytes in all)", message.len());
    let mut end = MAX_MESSAGE - more.len();
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    Cow::Owned(format!("{}{more}", &message[..end]))
}

/// An execution as trace files hold it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TraceFile {
    /// The name of the scenario.
    pub scenario: String,
    /// The strategy that found the execution.
    #[serde(with = "fields::strategy_name")]
    pub strategy: strategy::Kind,
    /// The seed of everything that was drawn.
    #[serde(with = "fields::decimal")]
    pub seed: u64,
    /// The input's deviations from the strategy.
    #[serde(default, with = "fields::overrides")]
    pub overrides: Vec<Override>,
    /// What the scenario made its argument of.
    #[serde(default, with = "fields::bytes")]
    pub data: Vec<u8>,
    /// Every choice, in order.
    #[serde(with = "fields::choices")]
    pub choices: Vec<Choice>,
    /// See [`Trace::fingerprint`](crate::trace::Trace::fingerprint).
    #[serde(with = "fields::hexadecimal")]
    pub fingerprint: u64,
    /// What was found, if anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<FindingSummary>,
}

/// A finding as trace files hold it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FindingSummary {
    /// See [`Finding::kind`].
    #[serde(with = "fields::finding_kind")]
    pub kind: finding::Kind,
    /// See [`Finding::message`]; at most [`MAX_MESSAGE`] bytes of it.
    pub message: String,
    /// See [`Finding::signature`].
    pub signature: String,
}

impl From<&Finding> for FindingSummary {
    fn from(finding: &Finding) -> FindingSummary {
        FindingSummary {
            kind: finding.kind,
            message: cut(&finding.message).into_owned(),
            signature: finding.signature(),
        }
    }
}

/// The text of a trace file.
///
/// # Errors
///
/// If [`read()`] would refuse it for its size.
pub fn write(file: &TraceFile) -> Result<String, TooLarge> {
    #[derive(Serialize)]
    struct Document<'a> {
        jostle_trace: u64,
        #[serde(flatten)]
        file: &'a TraceFile,
    }
    let check = |what, size, limit| match size {
        size if size > limit => Err(TooLarge { what, size, limit }),
        _ => Ok(()),
    };
    check("choices", file.choices.len(), MAX_CHOICES)?;
    let document = Document {
        jostle_trace: VERSION,
        file,
    };
    let mut text =
        serde_json::to_string_pretty(&document).expect("strings and lists can be written as JSON");
    text.push('\n');
    check("bytes", text.len(), MAX_BYTES)?;
    Ok(text)
}

/// An execution is too large for a trace file.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the trace has {size} {what}, and a trace file holds at most {limit}; give the scenario a \
     smaller budget of steps, or the input less data"
)]
pub struct TooLarge {
    what: &'static str,
    size: usize,
    limit: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::ChoiceKind;
    use proptest::prelude::*;
    use serde_json::json;

    const V1: &[u8] = include_bytes!("../../tests/fixtures/trace-v1.json");

    fn choice(kind: ChoiceKind, picked: u32, arity: u32) -> Choice {
        Choice {
            kind,
            arity,
            picked,
        }
    }

    fn any_choice() -> impl proptest::strategy::Strategy<Value = Choice> {
        let kinds = prop::sample::select(ChoiceKind::ALL);
        (kinds, 2u32.., any::<u32>()).prop_map(|(kind, arity, picked)| match kind {
            ChoiceKind::Task => choice(kind, picked, arity),
            _ => choice(kind, picked % arity, arity),
        })
    }

    fn any_file() -> impl proptest::strategy::Strategy<Value = TraceFile> {
        let runs = prop::collection::vec((any_choice(), 1usize..4), 0..50);
        let choices = runs.prop_map(|runs| {
            let runs = runs.into_iter();
            runs.flat_map(|(choice, n)| std::iter::repeat_n(choice, n))
                .collect()
        });
        let kinds = prop::sample::select(finding::Kind::ALL);
        let finding =
            (kinds, any::<String>(), any::<String>()).prop_map(|(kind, message, signature)| {
                FindingSummary {
                    kind,
                    message,
                    signature,
                }
            });
        let overrides = prop::collection::vec((any::<u32>(), any::<u32>()), 0..9);
        (
            any::<String>(),
            prop::sample::select(strategy::Kind::ALL),
            any::<u64>(),
            overrides,
            any::<Vec<u8>>(),
            choices,
            any::<u64>(),
            prop::option::of(finding),
        )
            .prop_map(
                |(scenario, strategy, seed, overrides, data, choices, fingerprint, finding)| {
                    let overrides = overrides.into_iter();
                    TraceFile {
                        scenario,
                        strategy,
                        seed,
                        overrides: overrides.map(|(at, pick)| Override { at, pick }).collect(),
                        data,
                        choices,
                        fingerprint,
                        finding,
                    }
                },
            )
    }

    fn v1() -> TraceFile {
        let mut choices = vec![choice(ChoiceKind::Task, 1, 2); 4];
        choices.push(choice(ChoiceKind::Task, 3, 3));
        choices.push(choice(ChoiceKind::Waiter, 0, 2));
        choices.push(choice(ChoiceKind::Spurious, 1, 2));
        TraceFile {
            scenario: "pool_shutdown".to_owned(),
            strategy: "pct3".parse().unwrap(),
            seed: 9_876_543_210_987_654_321,
            overrides: vec![Override { at: 17, pick: 2 }],
            data: vec![0x00, 0xff, 0x10],
            choices,
            fingerprint: 0x00c0_ffee_00c0_ffee,
            finding: Some(FindingSummary {
                kind: finding::Kind::Deadlock,
                message: "main waits for task 2, which waits for \"pool\"".to_owned(),
                signature: "deadlock-0123456789abcdef".to_owned(),
            }),
        }
    }

    #[test]
    fn a_long_message_is_cut_and_says_so() {
        let finding = Finding::new(finding::Kind::Panic, "é".repeat(8 << 20));
        let summary = FindingSummary::from(&finding);
        assert!(summary.message.len() <= MAX_MESSAGE);
        assert!(summary.message.ends_with("é… (16777216 bytes in all)"));
        let file = TraceFile {
            finding: Some(summary),
            ..v1()
        };
        assert_eq!(read(write(&file).unwrap().as_bytes()), Ok(file));
        let short = "x".repeat(MAX_MESSAGE);
        assert_eq!(cut(&short), short);
    }

    #[test]
    fn version_1_is_still_read() {
        assert_eq!(read(V1), Ok(v1()));
    }

    #[test]
    fn version_1_is_what_is_written() {
        assert_eq!(write(&v1()).unwrap().as_bytes(), V1);
    }

    #[test]
    fn what_could_not_be_read_is_not_written() {
        let mut file = v1();
        file.choices = vec![choice(ChoiceKind::Task, 1, 2); MAX_CHOICES + 1];
        let error = write(&file).unwrap_err().to_string();
        assert!(error.contains("8388609 choices"), "{error}");
        let mut file = v1();
        file.data = vec![0; MAX_BYTES / 2];
        let error = write(&file).unwrap_err().to_string();
        assert!(error.contains("bytes"), "{error}");
    }

    fn schema() -> jsonschema::Validator {
        jsonschema::draft202012::new(&serde_json::from_str(SCHEMA).unwrap()).unwrap()
    }

    #[test]
    fn the_schema_refuses_what_reading_refuses() {
        let schema = schema();
        let good: serde_json::Value = serde_json::from_slice(V1).unwrap();
        schema.validate(&good).unwrap();
        for (field, wrong) in [
            ("jostle_trace", json!(2)),
            ("scenario", json!(7)),
            ("strategy", json!(null)),
            ("seed", json!(17)),
            ("seed", json!("-1")),
            ("overrides", json!(["17-2"])),
            ("data", json!("00f")),
            ("choices", json!("t1/2")),
            ("choices", json!(["t1/2 t3"])),
            ("choices", json!(["t1/2*"])),
            ("fingerprint", json!("0x12")),
            ("finding", json!("leak")),
            ("finding", json!({"kind": "leak", "message": ""})),
        ] {
            let mut bad = good.clone();
            bad[field] = wrong;
            assert!(!schema.is_valid(&bad), "{bad}");
            assert!(read(bad.to_string().as_bytes()).is_err(), "{bad}");
        }
        for field in ["scenario", "strategy", "seed", "choices", "fingerprint"] {
            let mut bad = good.clone();
            bad.as_object_mut().unwrap().remove(field);
            assert!(!schema.is_valid(&bad), "{field}");
            assert!(read(bad.to_string().as_bytes()).is_err(), "{field}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_as_the_schema_says(file in any_file()) {
            let written = serde_json::from_str(&write(&file).unwrap()).unwrap();
            prop_assert!(schema().is_valid(&written), "{}", written);
        }

        #[test]
        fn what_is_written_is_read_back(file in any_file()) {
            prop_assert_eq!(read(write(&file).unwrap().as_bytes()), Ok(file));
        }
    }
}
