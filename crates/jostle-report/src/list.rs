//! The interleaving as a list, for pages too narrow for a table: nothing is cut, and what
//! does not fit into a line continues in the next one.

use std::fmt;

use anstyle::Style;

use crate::lines::Event;
use crate::names::Names;
use crate::palette::{Palette, paint};
use crate::text::{GAP, width, wrap};

/// The words of the head.
pub(super) const HEAD: &str = "what, where";

/// Writes who did what, where and with which outcome, in `room` cells behind what has been
/// written of the first line and `indent` blanks in the others.
pub(super) fn write_event(
    f: &mut fmt::Formatter<'_>,
    event: &Event,
    names: &Names<'_>,
    (indent, room): (usize, usize),
    style: Style,
    palette: Palette,
) -> fmt::Result {
    let task = format!("{}:", names.head(event.task));
    let word = event.outcome.word();
    let mut first = true;
    for (parts, style) in [
        ([task.as_str(), &event.what], style),
        ([event.place.as_str(), word], palette.faint),
    ] {
        for line in together(&parts, room) {
            if !std::mem::take(&mut first) {
                write!(f, "{:indent$}", "")?;
            }
            writeln!(f, "{}", paint(style, &line))?;
        }
    }
    Ok(())
}

/// The parts in one line of `room` cells, or else each in as many as it takes.
pub(super) fn together(parts: &[&str], room: usize) -> Vec<String> {
    let parts: Vec<&str> = parts
        .iter()
        .copied()
        .filter(|part| !part.is_empty())
        .collect();
    let line = parts.join(GAP);
    match width(&line) <= room {
        true => vec![line],
        false => parts.iter().flat_map(|part| wrap(part, room)).collect(),
    }
}
