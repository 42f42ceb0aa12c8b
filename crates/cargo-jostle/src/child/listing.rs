//! Which tests a program has: it is asked itself, uninstrumented.
//!
//! The arguments of the user go along, so that the harness applies its own filters.

use std::time::Duration;

use crate::cargo::binary::Binary;
use crate::child::process::{self, End, Scratch};

/// Listing takes milliseconds. A program without the harness of the standard library may
/// do anything.
const LIMIT: Duration = Duration::from_secs(30);

/// What a program has to explore.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Tests {
    /// These, in the order of the harness.
    Named(Vec<Test>),
    /// It does not list tests: its main is the scenario.
    Whole,
    /// It cannot be told; with the reason.
    Unknown(String),
}

/// A test.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Test {
    /// Its path.
    pub(crate) name: String,
    /// Whether it is left out unless it is asked for.
    pub(crate) ignored: bool,
}

/// Asks a program for its tests. `filters` are arguments of the harness.
///
/// # Errors
///
/// If it cannot be started.
pub(crate) fn of(
    binary: &Binary,
    filters: &[String],
    folder: &std::path::Path,
    stop: &dyn Fn() -> bool,
) -> anyhow::Result<Tests> {
    let ask = |more: &[&str]| -> anyhow::Result<Result<Vec<String>, Tests>> {
        let scratch = Scratch::new(folder)?;
        let mut words: Vec<String> = ["--list", "--format", "terse"].map(Into::into).to_vec();
        words.extend(more.iter().map(|&word| word.to_owned()));
        words.extend(filters.iter().cloned());
        let end = process::run(&binary.start, &words, &[], &scratch, LIMIT, stop)?;
        let printed = String::from_utf8_lossy(&scratch.stdout()?).into_owned();
        Ok(match (end, names(&printed)) {
            (End::Code(0), Some(names)) => Ok(names),
            (End::Code(_), _) => Err(Tests::Whole),
            (end, _) => Err(Tests::Unknown(format!("it does not answer --list: {end}"))),
        })
    };
    let all = match ask(&[])? {
        Ok(names) => names,
        Err(other) => return Ok(other),
    };
    if all.is_empty() && !has_harness(binary, folder, stop)? {
        return Ok(Tests::Whole);
    }
    let wants_ignored = |word: &String| word == "--ignored" || word == "--include-ignored";
    let ignored = match filters.iter().any(wants_ignored) {
        true => Vec::new(),
        false => ask(&["--ignored"])?.unwrap_or_default(),
    };
    let test = |name: String| Test {
        ignored: ignored.contains(&name),
        name,
    };
    Ok(Tests::Named(all.into_iter().map(test).collect()))
}

/// Whether a program that lists nothing is one with a harness: a terse list of no tests is
/// empty, as is what a program prints that knows nothing of lists.
fn has_harness(
    binary: &Binary,
    folder: &std::path::Path,
    stop: &dyn Fn() -> bool,
) -> anyhow::Result<bool> {
    let scratch = Scratch::new(folder)?;
    let words = ["--list".to_owned()];
    process::run(&binary.start, &words, &[], &scratch, LIMIT, stop)?;
    let printed = scratch.stdout()?;
    let last = String::from_utf8_lossy(&printed).trim_end().to_owned();
    let last = last.lines().last().unwrap_or_default();
    Ok(last.contains(" test") && last.contains(", "))
}

/// The names in a terse list; `None` if it is none. Benchmarks are no tests.
fn names(printed: &str) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for line in printed.lines() {
        let (name, kind) = line.rsplit_once(": ")?;
        match kind {
            "test" => names.push(name.to_owned()),
            "benchmark" => {}
            _ => return None,
        }
    }
    Some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terse_list_is_told_from_anything_else() {
        let list = "a::b: test\nslow: benchmark\nsays: no: test\n";
        assert_eq!(names(list).unwrap(), ["a::b", "says: no"]);
        assert_eq!(names("").unwrap(), [""; 0]);
        assert_eq!(names("running 3 tests\n"), None);
        assert_eq!(names("listening on: port 80\n"), None);
    }
}
