//! What is explored: a test of a program, or the program.
//!
//! # Names
//!
//! A name stands in trace files and has to lead back to the test, in the whole workspace:
//!
//! | program | name |
//! | --- | --- |
//! | the library of `net` | `net:tests::closes` |
//! | its test target `api` | `net:api:uploads` |
//! | its binary `server` | `net:bin.server:tests::starts` |
//! | its example `demo`, without a test harness | `net:example.demo` |
//!
//! A path in Rust has no single colon, so that the parts can be told apart.

use std::path::PathBuf;

use crate::cargo::runner::Start;

/// A program that cargo has built.
#[derive(Clone, Debug)]
pub(crate) struct Binary {
    /// The package.
    pub(crate) package: String,
    /// `lib`, `bin`, `example`, `test` or `bench`.
    pub(crate) kind: &'static str,
    /// The name of the target.
    pub(crate) target: String,
    /// Its root file.
    pub(crate) source: PathBuf,
    /// Whether its target has doctests, which nobody has asked for.
    pub(crate) has_doctests: bool,
    /// How cargo starts it.
    pub(crate) start: Start,
}

impl Binary {
    /// Its name, which those of its tests begin with.
    pub(crate) fn id(&self) -> String {
        match self.kind {
            "lib" => self.package.clone(),
            "test" => format!("{}:{}", self.package, self.target),
            kind => format!("{}:{kind}.{}", self.package, self.target),
        }
    }

    /// Its tests in the name of trace files.
    pub(crate) fn name_of(&self, test: Option<&str>) -> String {
        match test {
            Some(test) => format!("{}:{test}", self.id()),
            None => format!("{}:{}.{}", self.package, self.kind, self.target),
        }
    }
}

/// Where a name leads: a target of a package, and a test in it.
#[derive(PartialEq, Eq, Debug)]
pub(crate) struct Origin {
    /// The package.
    pub(crate) package: String,
    /// The options that select the target.
    pub(crate) selects: Vec<String>,
    /// The test; none for the whole program.
    pub(crate) test: Option<String>,
}

impl Origin {
    /// Takes a name apart; `None` if it is no name of a test.
    pub(crate) fn of(name: &str) -> Option<Origin> {
        let mut parts = Vec::new();
        let mut rest = name;
        while let Some(at) = single_colon(rest) {
            parts.push(&rest[..at]);
            rest = &rest[at + 1..];
        }
        let whole = |target: &str| Some(target).filter(|t| t.contains('.')).map(select);
        let select_test = |target: &str| {
            whole(target).unwrap_or_else(|| vec!["--test".to_owned(), target.to_owned()])
        };
        let (package, selects, test) = match parts[..] {
            [package] => match whole(rest) {
                Some(selects) => (package, selects, None),
                None => (package, vec!["--lib".to_owned()], Some(rest)),
            },
            [package, target] => (package, select_test(target), Some(rest)),
            _ => return None,
        };
        Some(Origin {
            package: package.to_owned(),
            selects,
            test: test.map(str::to_owned),
        })
    }
}

/// `bin.server` as options.
fn select(target: &str) -> Vec<String> {
    let (kind, name) = target.split_once('.').unwrap_or(("test", target));
    match kind {
        "lib" => vec!["--lib".to_owned()],
        kind => vec![format!("--{kind}"), name.to_owned()],
    }
}

/// Where the first colon is that has no other beside it.
fn single_colon(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    (0..bytes.len()).find(|&at| {
        bytes[at] == b':' && (at == 0 || bytes[at - 1] != b':') && bytes.get(at + 1) != Some(&b':')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(name: &str) -> (String, String, Option<String>) {
        let origin = Origin::of(name).unwrap();
        (origin.package, origin.selects.join(" "), origin.test)
    }

    #[test]
    fn a_name_leads_back_to_its_test() {
        let test = |name: &str| Some(name.to_owned());
        let net = || "net".to_owned();
        assert_eq!(
            origin("net:tests::closes"),
            (net(), "--lib".to_owned(), test("tests::closes"))
        );
        assert_eq!(
            origin("net:api:uploads"),
            (net(), "--test api".to_owned(), test("uploads"))
        );
        assert_eq!(
            origin("net:bin.server:a::b"),
            (net(), "--bin server".to_owned(), test("a::b"))
        );
        assert_eq!(
            origin("net:example.demo"),
            (net(), "--example demo".to_owned(), None)
        );
        assert_eq!(
            origin("net:test.api"),
            (net(), "--test api".to_owned(), None)
        );
        assert_eq!(Origin::of("lost_update"), None);
        assert_eq!(Origin::of("a::b"), None);
    }
}
