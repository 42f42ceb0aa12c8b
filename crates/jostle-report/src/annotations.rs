//! The results of a hunt as annotations of GitHub Actions, which show a finding next to its
//! source line in a pull request.
//!
//! A workflow command is one line, `::error file=…,line=…,col=…,title=…::message`,
//! on standard output or standard error of a step; see "Workflow commands for
//! GitHub Actions" in GitHub's documentation.

use jostle_core::campaign::{Summary, Verdict};
use jostle_core::finding::Place;

use crate::publish;
use crate::text::{clean, clean_lines, message, without_commands};

/// A line for everything that makes the hunt fail. What a scenario expects is no
/// error and gets none.
#[must_use]
pub fn render(summary: &Summary) -> Vec<String> {
    let subject = &summary.subject;
    let here = Place::from(subject.site);
    match summary.verdict() {
        Verdict::AsExpected | Verdict::Stopped | Verdict::NotObservable => Vec::new(),
        Verdict::Unexpected => {
            let unexpected = summary.findings.iter().filter(|found| !found.expected);
            unexpected
                .map(|found| {
                    let finding = &found.finding;
                    let title = format!("{} in {}", finding.kind, subject.name);
                    let place = finding.place.as_ref().unwrap_or(&here);
                    error(place, &title, &message(&finding.message))
                })
                .collect()
        }
        Verdict::Missed => {
            let title = format!("{} was missed", subject.name);
            let message = format!(
                "expects {}, not found in {} executions",
                publish::expectation(subject),
                summary.executions
            );
            vec![error(&here, &title, &message)]
        }
        Verdict::NothingRan => {
            let title = format!("{} never ran", subject.name);
            vec![error(&here, &title, &summary.why_nothing_ran())]
        }
        Verdict::Broken => {
            let title = format!("Jostle failed in {}", subject.name);
            let why = summary.broken.as_deref().unwrap_or_default();
            vec![error(&here, &title, &publish::fault(why))]
        }
    }
}

/// The line of an error. The texts may hold anything.
#[must_use]
pub fn error(place: &Place, title: &str, message: &str) -> String {
    format!(
        "::error file={},line={},col={},title={}::{}",
        property(&clean(&place.file)),
        place.line,
        place.column,
        property(&clean(title)),
        data(&without_commands(&clean_lines(message)))
    )
}

/// A command is one line, so that line ends are escaped, and with them the sign
/// that escapes.
fn data(text: &str) -> String {
    let text = text.replace('%', "%25");
    text.replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property also the signs that end one.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples;
    use proptest::prelude::*;

    fn place(file: &str) -> Place {
        Place {
            file: file.to_owned(),
            line: 7,
            column: 3,
        }
    }

    #[test]
    fn an_error_stands_at_its_place() {
        assert_eq!(
            error(
                &place("src/pool.rs"),
                "misuse in pool",
                "send on closed channel"
            ),
            "::error file=src/pool.rs,line=7,col=3,title=misuse in pool::send on closed channel"
        );
    }

    #[test]
    fn signs_that_end_something_are_escaped() {
        assert_eq!(
            error(&place("C:\\a,b.rs"), "50%", "left: 1\r\nright: 2"),
            "::error file=C%3A\\a%2Cb.rs,line=7,col=3,title=50%25::left: 1\\r%0Aright: 2"
        );
    }

    #[test]
    fn what_makes_a_hunt_fail_is_annotated_and_nothing_else() {
        let titles = |summary: &Summary| {
            let lines = render(summary);
            let title = |line: &String| {
                assert!(
                    line.contains("file=crates/jostle-report/src/samples.rs,line="),
                    "{line}"
                );
                let title = line.split_once("title=").unwrap().1;
                title.split_once("::").unwrap().0.to_owned()
            };
            lines.iter().map(title).collect::<Vec<String>>()
        };
        assert_eq!(titles(&samples::unexpected()), ["panic in panics"]);
        assert_eq!(titles(&samples::missed()), ["expects_a_leak was missed"]);
        assert_eq!(titles(&samples::nothing_ran()), ["never_runs never ran"]);
        assert_eq!(titles(&samples::broken()), ["Jostle failed in breaks"]);
        for fine in [samples::as_expected(), samples::stopped(), samples::race()] {
            assert!(titles(&fine).is_empty());
        }
    }

    /// What the runner of GitHub Actions makes of escaped text.
    fn unescaped(text: &str) -> String {
        let text = text.replace("%0D", "\r").replace("%0A", "\n");
        let text = text.replace("%3A", ":").replace("%2C", ",");
        text.replace("%25", "%")
    }

    proptest! {
        #[test]
        fn no_text_ends_its_line_or_its_property(text in "(?s).*") {
            let line = error(&place(&text), &text, &text);
            prop_assert!(!line.contains(['\r', '\n']));
            let (command, message) = line[2..].split_once("::").unwrap();
            let values: Vec<&str> = command.split(',').collect();
            prop_assert_eq!(values.len(), 4);
            prop_assert_eq!(unescaped(values[3].strip_prefix("title=").unwrap()), clean(&text));
            prop_assert_eq!(unescaped(message), without_commands(&clean_lines(&text)));
        }
    }
}
