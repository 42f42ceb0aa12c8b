//! Text on the standard streams, of which nothing does anything to a terminal, and files.

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context;
use jostle_report::{publish, text};

/// Prints an error and its causes.
pub(crate) fn complain(error: &anyhow::Error) {
    warn(&format!("error: {error:#}"));
}

/// Prints text of which nothing does anything to standard error.
pub(crate) fn warn(line: &str) {
    show(&publish::for_log(text::clean_lines(line)));
}

/// Prints a report, which may have colours, or a command of a CI system to standard
/// error.
pub(crate) fn show(text: &str) {
    // Nothing can be done about a closed standard error.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints a report, which may have colours, to standard output.
///
/// # Errors
///
/// If it cannot be written to; a closed pipe is no error.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    print_bytes(publish::for_log(text.to_owned()).as_bytes())
}

/// Prints to standard output as it is.
///
/// # Errors
///
/// As [`print()`].
pub(crate) fn print_bytes(bytes: &[u8]) -> anyhow::Result<()> {
    let mut stdout = io::stdout();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context(
            "the result cannot be written to standard output; make room, or redirect it elsewhere",
        ),
    }
}

/// Writes a file that `option` names, all of it or nothing.
///
/// # Errors
///
/// If it cannot be written there.
pub(crate) fn write(path: &Path, content: &[u8], option: &str) -> anyhow::Result<()> {
    publish::replace(path, content).with_context(|| {
        format!(
            "cannot write to {}; name another file with {option}",
            path.display()
        )
    })
}

/// Text that a process has printed as a report: its colours stay, and nothing else that
/// does something to a terminal.
pub(crate) fn inert(report: &str) -> String {
    let mut parts = report.split("\u{1b}[");
    let mut inert = text::clean_lines(parts.next().unwrap_or_default());
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        match end.map(|end| part.split_at(end)) {
            Some((codes, rest)) if rest.starts_with('m') && publish::colors() => {
                inert += &format!("\u{1b}[{codes}m{}", text::clean_lines(&rest[1..]));
            }
            Some((_, rest)) if rest.starts_with('m') => inert += &text::clean_lines(&rest[1..]),
            _ => inert += &text::clean_lines(&format!("\u{1b}[{part}")),
        }
    }
    inert
}

/// A report with the path of a file as the user would type it. Processes run in other
/// folders and know only the whole path.
pub(crate) fn with_path(report: &str, whole: &Path, typed: &Path) -> String {
    report.replace(&publish::quoted(whole), &publish::quoted(typed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_reach_a_terminal() {
        let hostile = "a\u{1b}[31mred\u{1b}[0m \u{1b}[2J\u{1b}]0;title\u{7} \u{202e}b\nc\u{1b}[";
        let shown = inert(hostile);
        assert!(shown.contains("red"), "{shown:?}");
        assert!(shown.contains("\\u{1b}[2J"), "{shown:?}");
        assert!(!shown.contains(['\u{7}', '\u{202e}']), "{shown:?}");
        assert!(shown.ends_with("\nc\\u{1b}["), "{shown:?}");
    }
}
