//! Finds a source line.

use std::fmt;

use jostle_core::finding::Place;

use crate::ReadSource;
use crate::palette::{Palette, paint};
use crate::text::{clean, fit, width};

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
    let room = max.saturating_sub(indent + number.len() + width(" │ "));
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Snippet<'a>(Place, &'a str, usize);

    impl fmt::Display for Snippet<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let Snippet(place, source, max) = self;
            let read = |file: &str| (file == "a.rs").then(|| (*source).to_owned());
            write(f, place, &read, 2, *max, Palette::default())
        }
    }

    fn snippet(line: u32, column: u32, source: &str, max: usize) -> String {
        let file = "a.rs".to_owned();
        Snippet(Place { file, line, column }, source, max).to_string()
    }

    #[test]
    fn the_caret_is_below_the_column() {
        let source = "fn f() {\n\t\tx.lock();\n}\n";
        assert_eq!(snippet(2, 5, source, 40), "  2 │ x.lock();\n    │   ^\n");
        assert_eq!(snippet(1, 1, source, 40), "  1 │ fn f() {\n    │ ^\n");
        assert_eq!(
            snippet(1, 8, "結果.waits();", 40),
            "  1 │ 結果.waits();\n    │          ^\n",
            "columns count characters, not cells"
        );
    }

    #[test]
    fn a_caret_that_would_point_at_nothing_is_left_out() {
        assert_eq!(snippet(1, 9, "x.lock()", 40), "  1 │ x.lock()\n");
        assert_eq!(snippet(1, 0, "x.lock()", 40), "  1 │ x.lock()\n");
        assert_eq!(snippet(1, 2, "    x.lock()", 40), "  1 │ x.lock()\n");
        assert_eq!(snippet(1, 8, "a_long_line()", 11), "  1 │ a_lo…\n");
        assert_eq!(
            snippet(1, 5, "a_long_line()", 11),
            "  1 │ a_lo…\n    │     ^\n"
        );
    }

    #[test]
    fn a_line_that_is_not_there_is_left_out() {
        for line in [0, 2, 4, u32::MAX] {
            assert_eq!(snippet(line, 1, "first\n\nlast", 40), "");
        }
        let elsewhere = Place {
            file: "b.rs".to_owned(),
            line: 1,
            column: 1,
        };
        assert_eq!(Snippet(elsewhere, "first", 40).to_string(), "");
    }
}
