//! The line of the source at a place.

use std::fmt;

use crate::finding::Place;
use crate::report::ReadSource;
use crate::report::palette::{Palette, paint};
use crate::report::text::{clean, fit, width};

/// Writes the line at `place` with a caret below its column, indented by
/// `indent`, or nothing if the file cannot be read or has no such line.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    place: &Place,
    read: ReadSource<'_>,
    indent: usize,
    max: usize,
    palette: Palette,
) -> fmt::Result {
    let Some(source) = read(&place.file) else {
        return Ok(());
    };
    let Some(line) = (place.line as usize)
        .checked_sub(1)
        .and_then(|line| source.lines().nth(line))
    else {
        return Ok(());
    };
    let code = line.trim();
    if code.is_empty() {
        return Ok(());
    }
    let number = place.line.to_string();
    let room = max.saturating_sub(indent + number.len() + " │ ".len());
    let bar = paint(palette.faint, &format!("{number} │"));
    writeln!(f, "{:indent$}{bar} {}", "", fit(&clean(code), room))?;

    // Columns count characters from 1; the indentation is not shown.
    let trimmed = line.len() - line.trim_start().len();
    let before = (place.column as usize)
        .checked_sub(1)
        .and_then(|column| column.checked_sub(line[..trimmed].chars().count()));
    match before {
        Some(before) if before < code.chars().count() => {
            let blank = width(&clean(&code.chars().take(before).collect::<String>()));
            if blank >= room {
                return Ok(());
            }
            let bar = paint(palette.faint, &format!("{:1$} │", "", number.len()));
            let caret = paint(palette.bad, "^");
            writeln!(f, "{:indent$}{bar} {:blank$}{caret}", "", "")
        }
        _ => Ok(()),
    }
}
