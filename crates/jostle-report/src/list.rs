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

/// Blanks before the lines of a step but the first one.
pub(super) const INDENT: usize = 4;

/// Writes who did what, where and with which outcome: in so many cells behind what has been
/// written of the first line, and in so many behind the indentation of the others.
pub(super) fn write_event(
    f: &mut fmt::Formatter<'_>,
    event: &Event,
    names: &Names<'_>,
    [first, room]: [usize; 2],
    style: Style,
    palette: Palette,
) -> fmt::Result {
    let task = format!("{}:", names.head(event.task));
    let word = event.outcome.word();
    let mut what = together(&[&task, &event.what], first);
    if what.len() > 1 {
        // Only the first line has something before it.
        what = wrap(&task, first);
        what.extend(wrap(&event.what, room));
    }
    let place = together(&[&event.place, word], room);
    for (i, line) in what.iter().enumerate() {
        let indent = if i == 0 { 0 } else { INDENT };
        writeln!(f, "{:indent$}{}", "", paint(style, line))?;
    }
    for line in &place {
        writeln!(f, "{:INDENT$}{}", "", paint(palette.faint, line))?;
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
