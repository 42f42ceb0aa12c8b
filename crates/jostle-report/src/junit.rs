//! The results of a hunt as JUnit XML, which CI systems show as a table of tests.
//!
//! One suite with a test case for each scenario. It fails as the command does,
//! with the report as its text; what a scenario expects is no failure. A fault of
//! Jostle is an error.

use std::io;
use std::time::Duration;

use jostle_core::campaign::{Summary, Verdict};
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::publish;
use crate::text::{clean_lines, message, without_colors};

/// What became of one scenario.
#[derive(Clone, Copy, Debug)]
pub struct Hunted<'a> {
    /// The result.
    pub summary: &'a Summary,
    /// The reports of the findings that are of interest.
    pub reports: &'a [String],
}

/// The document of a hunt.
///
/// # Errors
///
/// If it cannot be put as XML.
pub fn render(hunted: &[Hunted<'_>]) -> io::Result<String> {
    let cases: Vec<Case> = hunted
        .iter()
        .map(|hunted| case(hunted.summary, hunted.reports))
        .collect();
    let elapsed: Duration = hunted.iter().map(|hunted| hunted.summary.elapsed).sum();
    document("jostle hunt", &cases, elapsed)
}

/// A row of the table, of whatever was executed.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: String,
    /// What it belongs to.
    pub class: String,
    /// How long it took.
    pub time: Duration,
    /// Its file, where GitLab and others look for the source.
    pub file: String,
    /// Its line, if that is known.
    pub line: Option<u32>,
    /// Figures by their names.
    pub properties: Vec<(&'static str, u64)>,
    /// How it ended.
    pub outcome: Outcome,
}

/// How a case ended. The texts may hold anything.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// As it should.
    Passed,
    /// Nothing is known; with the reason.
    Skipped(String),
    /// It failed.
    Failed {
        /// In which way, in a word.
        kind: String,
        /// What happened.
        message: String,
        /// All that is known of it.
        text: String,
    },
    /// Jostle failed.
    Error {
        /// In which way, in a word.
        kind: String,
        /// What happened.
        message: String,
        /// All that is known of it.
        text: String,
    },
}

/// The document with one suite.
///
/// # Errors
///
/// If it cannot be put as XML.
pub fn document(suite: &str, cases: &[Case], elapsed: Duration) -> io::Result<String> {
    let mut table = TestSuite::new(suite);
    table.add_test_cases(cases.iter().map(row));
    table.set_time(elapsed);
    let mut report = Report::new("jostle");
    report.set_time(elapsed).add_test_suite(table);
    report.to_string().map_err(io::Error::other)
}

fn row(case: &Case) -> TestCase {
    let mut row = TestCase::new(legible(&case.name), case.outcome.status());
    row.set_classname(legible(&case.class));
    row.set_time(case.time);
    row.extra.insert("file".into(), legible(&case.file).into());
    if let Some(line) = case.line {
        row.extra.insert("line".into(), line.to_string().into());
    }
    let figures = case.properties.iter();
    row.add_properties(figures.map(|(name, figure)| Property::new(*name, figure.to_string())));
    row
}

impl Outcome {
    fn status(&self) -> TestCaseStatus {
        let (how, kind, message, text) = match self {
            Outcome::Passed => return TestCaseStatus::success(),
            Outcome::Skipped(why) => {
                let mut skipped = TestCaseStatus::skipped();
                skipped.set_message(legible(why));
                return skipped;
            }
            Outcome::Failed {
                kind,
                message,
                text,
            } => (NonSuccessKind::Failure, kind, message, text),
            Outcome::Error {
                kind,
                message,
                text,
            } => (NonSuccessKind::Error, kind, message, text),
        };
        let mut status = TestCaseStatus::non_success(how);
        status
            .set_type(legible(kind))
            .set_message(legible(&self::message(message)));
        if !text.is_empty() {
            status.set_description(legible(&without_colors(text)));
        }
        status
    }
}

fn case(summary: &Summary, reports: &[String]) -> Case {
    let subject = &summary.subject;
    Case {
        name: subject.name.to_owned(),
        class: subject.module.to_owned(),
        time: summary.elapsed,
        file: subject.site.file().to_owned(),
        line: Some(subject.site.line()),
        properties: vec![
            ("executions", summary.executions),
            ("distinct_interleavings", summary.distinct),
            ("steps", summary.steps),
        ],
        outcome: outcome(summary, reports.join("\n")),
    }
}

fn outcome(summary: &Summary, text: String) -> Outcome {
    let failed = |kind: &str, message: String, text: String| Outcome::Failed {
        kind: kind.to_owned(),
        message,
        text,
    };
    match summary.verdict() {
        Verdict::AsExpected => Outcome::Passed,
        Verdict::NotObservable => {
            Outcome::Skipped("only a ThreadSanitizer build sees a data race".to_owned())
        }
        Verdict::Stopped => {
            Outcome::Skipped(format!("stopped after {} executions", summary.executions))
        }
        Verdict::Unexpected => {
            let unexpected = summary.findings.iter().find(|found| !found.expected);
            let (kind, message) = unexpected.map_or(("finding", String::new()), |found| {
                (found.finding.kind.name(), found.finding.message.clone())
            });
            failed(kind, message, text)
        }
        Verdict::Missed => {
            let expected = publish::expectation(&summary.subject);
            let message = format!(
                "expects {expected}, not found in {} executions",
                summary.executions
            );
            failed("missed", message, text)
        }
        Verdict::NothingRan => failed("nothing-ran", summary.why_nothing_ran(), text),
        Verdict::Broken => Outcome::Error {
            kind: "broken".to_owned(),
            message: publish::fault(summary.broken.as_deref().unwrap_or_default()),
            text,
        },
    }
}

/// XML has no control characters but line ends and tabs, and no U+FFFE or U+FFFF, not even
/// escaped: they are shown as escapes, as everywhere.
fn legible(text: &str) -> String {
    clean_lines(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;

    /// The document read back.
    fn read_back(summaries: &[Summary], reports: &[Vec<String>]) -> Report {
        let hunted: Vec<Hunted<'_>> = summaries
            .iter()
            .zip(reports)
            .map(|(summary, reports)| Hunted { summary, reports })
            .collect();
        let text = render(&hunted).unwrap();
        let read = Report::deserialize_from_str(&text);
        read.unwrap_or_else(|error| panic!("{error}: {text}"))
    }

    #[test]
    fn a_case_fails_where_the_hunt_does() {
        let summaries = [
            samples::unexpected(),
            samples::as_expected(),
            samples::missed(),
            samples::nothing_ran(),
            samples::stopped(),
            samples::race(),
            samples::broken(),
        ];
        let mut reports = vec![Vec::new(); summaries.len()];
        reports[0].push(samples::MESSAGE.to_owned());
        let report = read_back(&summaries, &reports);
        assert_eq!((report.tests, report.failures, report.errors), (7, 3, 1));
        let outcomes = report.test_suites[0].test_cases.iter().map(|case| {
            let outcome = match &case.status {
                TestCaseStatus::NonSuccess { ty, .. } => ty.as_ref().unwrap().as_str(),
                TestCaseStatus::Skipped { .. } => "skipped",
                TestCaseStatus::Success { .. } => "passed",
            };
            (case.name.as_str(), outcome)
        });
        assert_eq!(
            outcomes.collect::<Vec<_>>(),
            [
                ("panics", "panic"),
                ("panics_as_expected", "passed"),
                ("expects_a_leak", "missed"),
                ("never_runs", "nothing-ran"),
                ("passes", "skipped"),
                ("races", "skipped"),
                ("breaks", "broken"),
            ]
        );
    }

    #[test]
    fn any_message_is_well_formed_and_legible() {
        let reports = [vec![samples::MESSAGE.to_owned()]];
        let report = read_back(&[samples::unexpected()], &reports);
        let case = &report.test_suites[0].test_cases[0];
        assert_eq!(
            case.extra.get("file").unwrap().as_str(),
            "crates/jostle-report/src/samples.rs"
        );
        let TestCaseStatus::NonSuccess {
            message,
            description,
            ..
        } = &case.status
        else {
            panic!("{:?}", case.status);
        };
        for text in [message, description] {
            let text = text.as_ref().unwrap().as_str();
            assert!(
                text.starts_with("50% of <a> & \"b\" ]]>: left, right"),
                "{text}"
            );
            assert!(
                !text.contains(['\u{1b}', '\u{1}', '\u{fffe}', '\u{ffff}']),
                "XML has no such signs: {text}"
            );
        }
    }

    /// Whether XML 1.0 has this character.
    fn is_in_xml(c: char) -> bool {
        matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
    }

    proptest::proptest! {
        #[test]
        fn every_text_is_well_formed(text in "(?s).*[\u{fffe}\u{ffff}\u{1b}\u{0}\u{9b}]?") {
            let mut summary = samples::unexpected();
            summary.findings[0].finding.message.clone_from(&text);
            let reports = [text];
            let hunted = Hunted { summary: &summary, reports: &reports };
            let xml = render(&[hunted]).unwrap();
            proptest::prop_assert!(xml.chars().all(is_in_xml), "{:?}", xml);
            proptest::prop_assert!(Report::deserialize_from_str(&xml).is_ok(), "{}", xml);
        }
    }
}
