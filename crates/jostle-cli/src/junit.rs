//! The file of `hunt --junit`: what CI systems show as a table of tests.
//!
//! One suite with a test case for each scenario. It fails as the command does,
//! with the report as its text; what a scenario expects is no failure.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::campaign::{Summary, Verdict};
use crate::cli::list;

/// Writes the file. `reports` holds the reports of each scenario's findings.
pub(super) fn write(
    path: &Path,
    summaries: &[Summary],
    reports: &[Vec<String>],
) -> anyhow::Result<()> {
    let text = document(summaries, reports)?;
    fs::write(path, text).with_context(|| {
        format!(
            "the results cannot be written to {}; name another file with --junit",
            path.display()
        )
    })
}

fn document(summaries: &[Summary], reports: &[Vec<String>]) -> anyhow::Result<String> {
    let mut suite = TestSuite::new("jostle hunt");
    let cases = summaries.iter().zip(reports);
    suite.add_test_cases(cases.map(|(summary, reports)| case(summary, reports)));
    let elapsed: Duration = summaries.iter().map(|s| s.elapsed).sum();
    suite.set_time(elapsed);
    let mut report = Report::new("jostle");
    report.set_time(elapsed).add_test_suite(suite);
    Ok(report.to_string()?)
}

fn case(summary: &Summary, reports: &[String]) -> TestCase {
    let scenario = summary.scenario;
    let mut case = TestCase::new(scenario.name, status(summary, reports));
    case.set_classname(scenario.module);
    case.set_time(summary.elapsed);
    // Where GitLab and others look for the source.
    case.extra
        .insert("file".into(), scenario.site.file().into());
    case.extra
        .insert("line".into(), scenario.site.line().to_string().into());
    let figures = [
        ("executions", summary.executions),
        ("distinct_interleavings", summary.distinct),
        ("steps", summary.steps),
    ];
    let figures = figures.map(|(name, figure)| Property::new(name, figure.to_string()));
    case.add_properties(figures);
    case
}

fn status(summary: &Summary, reports: &[String]) -> TestCaseStatus {
    let (kind, message) = match summary.verdict() {
        Verdict::AsExpected => return TestCaseStatus::success(),
        Verdict::NotObservable => {
            return skipped("only a ThreadSanitizer build sees a data race".to_owned());
        }
        Verdict::Stopped => {
            return skipped(format!("stopped after {} executions", summary.executions));
        }
        Verdict::Unexpected => {
            let unexpected = summary.findings.iter().find(|found| !found.expected);
            unexpected.map_or(("finding", String::new()), |found| {
                (found.finding.kind.name(), found.finding.message.clone())
            })
        }
        Verdict::Missed => {
            let expected = list::expectation(summary.scenario);
            let message = format!(
                "expects {expected}, not found in {} executions",
                summary.executions
            );
            ("missed", message)
        }
        Verdict::NothingRan => ("nothing-ran", summary.why_nothing_ran()),
    };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(message);
    if !reports.is_empty() {
        status.set_description(reports.join("\n"));
    }
    status
}

fn skipped(why: String) -> TestCaseStatus {
    let mut skipped = TestCaseStatus::skipped();
    skipped.set_message(why);
    skipped
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::samples;

    /// The document read back.
    fn read_back(summaries: &[Summary], reports: &[Vec<String>]) -> Report {
        let text = document(summaries, reports).unwrap();
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
        ];
        let mut reports = vec![Vec::new(); summaries.len()];
        reports[0].push(samples::MESSAGE.to_owned());
        let report = read_back(&summaries, &reports);
        assert_eq!((report.tests, report.failures, report.errors), (6, 3, 0));
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
            "src/cli/samples.rs"
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
                !text.contains(['\u{1b}', '\u{1}']),
                "XML has no such signs: {text}"
            );
        }
    }
}
