//! Reads trace files, whatever is in them.

use serde::Deserialize;

use crate::trace::file::{MAX_BYTES, TraceFile, VERSION};

/// Reads a trace file.
///
/// # Errors
///
/// See [`ReadError`]. No bytes make it panic, or use more memory than a few
/// times [`MAX_BYTES`] and the memory of
/// [`MAX_CHOICES`](crate::trace::file::MAX_CHOICES) choices.
pub fn read(file: &[u8]) -> Result<TraceFile, ReadError> {
    #[derive(Deserialize)]
    struct Header {
        jostle_trace: Option<u64>,
    }
    if file.len() > MAX_BYTES {
        return Err(ReadError::TooLarge { size: file.len() });
    }
    let start = file.trim_ascii_start();
    match start.first() {
        None => return Err(ReadError::Empty),
        Some(b'{') => {}
        // A list in particular, which serde takes for the fields in order.
        Some(_) => return Err(ReadError::Foreign),
    }
    let header = serde_json::from_slice::<Header>(file);
    let version = match &header {
        Ok(header) => header.jostle_trace,
        Err(_) => announced_version(start),
    };
    match version {
        None | Some(0) => Err(ReadError::Foreign),
        Some(found) if found > VERSION => Err(ReadError::Newer { found }),
        Some(_) => header
            .and_then(|_| serde_json::from_slice(file))
            .map_err(|error| ReadError::corrupt(&error)),
    }
}

/// The version in a file that is damaged further on, since it is written first.
fn announced_version(file: &[u8]) -> Option<u64> {
    let rest = file.strip_prefix(b"{")?.trim_ascii_start();
    let rest = rest.strip_prefix(b"\"jostle_trace\"")?.trim_ascii_start();
    let rest = rest.strip_prefix(b":")?.trim_ascii_start();
    let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}

/// Why a file could not be read as a trace.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReadError {
    /// There is nothing in it.
    #[error(
        "the trace file is empty, as after a write that was interrupted; find the bug again with \
         `jostle hunt`, which writes a new one"
    )]
    Empty,
    /// It is something else.
    #[error("this is not a trace of Jostle; name a file that `jostle hunt` has written")]
    Foreign,
    /// It is of a version that this build does not know.
    #[error(
        "the trace has format {found}, and this build of jostle reads formats up to {VERSION}; \
         update jostle, or replay it with the build that wrote it"
    )]
    Newer {
        /// The version of the file.
        found: u64,
    },
    /// It is a trace, but damaged or edited.
    #[error(
        "the trace is damaged at line {line}, column {column}: {problem}; restore the file, or \
         find the bug again with `jostle hunt`"
    )]
    Corrupt {
        /// Counted from 1.
        line: usize,
        /// Counted from 1; 0 before the first of a line.
        column: usize,
        /// What is wrong there.
        problem: String,
    },
    /// It is larger than any trace.
    #[error(
        "the file has {size} bytes, and traces have at most {MAX_BYTES}; name a file that \
         `jostle hunt` has written"
    )]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
}

impl ReadError {
    fn corrupt(error: &serde_json::Error) -> ReadError {
        // A problem may quote the file, and a file is long.
        const QUOTED: usize = 200;
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let problem = text.strip_suffix(&place).unwrap_or(&text);
        let mut short: String = problem.chars().take(QUOTED).collect();
        if short.len() < problem.len() {
            short.push('…');
        }
        ReadError::Corrupt {
            line: error.line(),
            column: error.column(),
            problem: short,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::trace::file::write;
    use proptest::prelude::*;

    const V1: &[u8] = include_bytes!("../../tests/fixtures/trace-v1.json");

    fn text() -> String {
        String::from_utf8(V1.to_vec()).unwrap()
    }

    #[test]
    fn order_layout_and_unknown_fields_do_not_matter() {
        let text = text();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut fields: Vec<_> = value.as_object().unwrap().clone().into_iter().collect();
        fields.reverse();
        fields.insert(3, ("later".to_owned(), serde_json::json!([1, {"a": null}])));
        let fields = fields.iter().map(|(k, v)| format!("{k:?}:{v}"));
        let rewritten = format!(" {{{}}}", fields.collect::<Vec<_>>().join(","));
        assert_eq!(read(rewritten.as_bytes()), read(V1));
    }

    #[test]
    fn what_may_be_left_out_may_be_left_out() {
        let least = br#"{"jostle_trace":1,"scenario":"s","strategy":"calm","seed":"0",
            "choices":[],"fingerprint":"0"}"#;
        let file = read(least).unwrap();
        assert!(file.overrides.is_empty() && file.data.is_empty() && file.finding.is_none());
    }

    /// The error, which has to name what to do.
    #[track_caller]
    fn refused(file: &str, remedy: &str) -> ReadError {
        let error = read(file.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(remedy), "{error}");
        error
    }

    #[test]
    fn what_is_no_trace_is_told_apart() {
        for empty in ["", " \n"] {
            assert_eq!(refused(empty, "jostle hunt"), ReadError::Empty);
        }
        for foreign in [
            "hello",
            "[1]",
            "{\"a\": 1}",
            "{\"a",
            "{\"jostle_trace\": 0}",
        ] {
            assert_eq!(refused(foreign, "jostle hunt"), ReadError::Foreign);
        }
        let size = MAX_BYTES + 1;
        let large = refused(&" ".repeat(size), "jostle hunt");
        assert_eq!(large, ReadError::TooLarge { size });
    }

    #[test]
    fn a_newer_version_is_told_from_damage() {
        let text = text();
        let newer = text.replace("trace\": 1", "trace\": 2");
        for newer in [&newer, &newer[..60], &newer.replace("choices", "steps")] {
            let error = refused(newer, "update jostle");
            assert_eq!(error, ReadError::Newer { found: 2 });
        }
    }

    #[test]
    fn damage_is_reported_with_its_place() {
        let text = text();
        for (from, to, line, problem) in [
            ("pct3", "pct33", 4, "pct1 to pct9"),
            ("9876", "98x6", 5, "\"98x6543210987654321\""),
            ("17:2", "17-2", 7, "looks like 17:2"),
            ("00ff10", "00ff1", 9, "\"00ff1\""),
            ("t3/3", "t3/1", 11, "looks like t3/5"),
            ("00c0ff", "00c0fg", 13, "16 hexadecimal"),
            ("deadlock\",", "dead\",", 15, "\"dead\" is no kind"),
            ("\"signature\"", "\"other\"", 18, "`signature`"),
            ("\"seed\"", "\"scenario\"", 5, "duplicate field"),
            ("789abcdef\"\n  }\n}\n", "", 17, "EOF"),
        ] {
            let damaged = text.replacen(from, to, 1);
            assert_ne!(damaged, text);
            match refused(&damaged, "restore") {
                ReadError::Corrupt {
                    line: l,
                    problem: p,
                    ..
                } => {
                    assert_eq!(l, line, "{from}: {p}");
                    assert!(p.contains(problem), "{p}");
                }
                other => panic!("{from}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_small_file_cannot_ask_for_much_memory() {
        let text = text();
        let endless = text.replace("t1/2*4", "t1/2*4000000000");
        let error = read(endless.as_bytes()).unwrap_err();
        assert!(
            error.to_string().contains("more than 8388608 choices"),
            "{error}"
        );
        let deep = text.replace("\"pct3\"", &"[".repeat(100_000));
        assert!(matches!(
            read(deep.as_bytes()),
            Err(ReadError::Corrupt { .. })
        ));
        let long = text.replace("pct3", &"x".repeat(100_000));
        assert!(read(long.as_bytes()).unwrap_err().to_string().len() < 1_000);
    }

    #[test]
    fn a_file_that_was_cut_off_is_not_read() {
        // All but the last newline.
        for end in 0..V1.len() - 1 {
            match read(&V1[..end]).unwrap_err() {
                ReadError::Empty => assert_eq!(end, 0),
                ReadError::Foreign => assert!(end < "{\n  \"jostle_trace\": 1".len()),
                ReadError::Corrupt { .. } => {}
                other => panic!("cut at {end}: {other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_reading_panic(file in any::<Vec<u8>>()) {
            prop_assert!(read(&file).is_err());
        }

        #[test]
        fn no_damage_makes_reading_panic(
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0usize..3), 1..6),
        ) {
            let mut file = V1.to_vec();
            for (at, byte, how) in damage {
                let at = at.index(file.len());
                match how {
                    0 => file[at] = byte,
                    1 => file.insert(at, byte),
                    _ => { file.remove(at); }
                }
            }
            if let Ok(read) = super::read(&file) {
                let again = super::read(write(&read).unwrap().as_bytes());
                prop_assert_eq!(again, Ok(read));
            }
        }
    }
}
