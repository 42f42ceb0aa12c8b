//! Colours of a report.

use anstyle::{AnsiColor, Style};

use crate::text::width;

/// How the parts of a report are painted. Without colours every style is the
/// empty one, which writes nothing.
#[derive(Clone, Copy, Default)]
pub(super) struct Palette {
    /// The kind of the finding, and where the execution ends in it.
    pub(super) bad: Style,
    /// What orders the page: names of columns and of tasks, commands.
    pub(super) head: Style,
    /// What explains the finding: preemptions, waits.
    pub(super) telling: Style,
    /// What is there to look up and not to read.
    pub(super) faint: Style,
}

impl Palette {
    pub(super) fn new(color: bool) -> Palette {
        if !color {
            return Palette::default();
        }
        Palette {
            bad: AnsiColor::Red.on_default().bold(),
            head: Style::new().bold(),
            telling: AnsiColor::Yellow.on_default(),
            faint: Style::new().dimmed(),
        }
    }
}

/// `text` in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    format!("{style}{text}{style:#}")
}

/// `text` in a style, filled up with plain blanks to `to` cells.
pub(super) fn paint_cell(style: Style, text: &str, to: usize) -> String {
    let blanks = to.saturating_sub(width(text));
    format!("{}{:blanks$}", paint(style, text), "")
}
