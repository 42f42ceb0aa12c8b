//! The figures as Markdown.

use std::fmt::Write as _;

use crate::hunt;
use crate::published::published;
use crate::suite::{Row, Suite};

/// Executions to the first bug: a row for each program.
pub(crate) fn executions(suite: &Suite, rows: &[Row]) -> String {
    let published_columns = rows.iter().any(|row| published(row.program.name).is_some());
    let mut header = vec!["program".to_owned()];
    header.extend(suite.contenders.iter().map(ToString::to_string));
    if published_columns {
        let names = ["RFF", "its POS", "its PCT3", "its QL", "prototype"];
        header.extend(names.map(str::to_owned));
    }
    let mut lines = vec![header];
    for row in rows {
        let mut line = vec![row.program.name.to_owned()];
        for (contender, sample) in suite.contenders.iter().zip(&row.samples) {
            line.push(match sample {
                Some(sample) => sample.to_string(),
                None if hunt::impossible(contender, &row.program).is_some() => "n/a".to_owned(),
                None => String::new(),
            });
        }
        if published_columns {
            line.extend(match published(row.program.name) {
                Some(p) => [p.rff, p.pos, p.pct3, p.q_learning, p.prototype].map(|f| f.to_string()),
                None => Default::default(),
            });
        }
        lines.push(line);
    }
    markdown(&lines)
}

/// One program in one line, for who waits for the table.
pub(crate) fn line(suite: &Suite, row: &Row) -> String {
    let cells = suite.contenders.iter().zip(&row.samples);
    let cells =
        cells.filter_map(|(contender, sample)| Some(format!("{contender} {}", sample.as_ref()?)));
    let cells: Vec<_> = cells.collect();
    format!("{}: {}", row.program.name, cells.join(", "))
}

/// Hunts that went wrong, one line for each program and contender.
pub(crate) fn troubles(suite: &Suite, rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        for (contender, sample) in suite.contenders.iter().zip(&row.samples) {
            if let Some(trouble) = sample.as_ref().and_then(|s| s.trouble()) {
                let _ = writeln!(text, "! {} {contender}: {trouble}", row.program.name);
            }
        }
    }
    text
}

/// A table whose first line is the header, its first column aligned left and all
/// others right.
fn markdown(lines: &[Vec<String>]) -> String {
    let columns = lines.first().map_or(0, Vec::len);
    let width = |column: usize| {
        let cells = lines.iter().filter_map(|line| line.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for (number, line) in lines.iter().enumerate() {
        for (column, (cell, &width)) in line.iter().zip(&widths).enumerate() {
            let _ = match column {
                0 => write!(text, "| {cell:width$} "),
                _ => write!(text, "| {cell:>width$} "),
            };
        }
        text += "|\n";
        if number == 0 {
            for (column, &width) in widths.iter().enumerate() {
                let end = if column == 0 { "-" } else { ":" };
                let _ = write!(text, "|{}{end}", "-".repeat(width + 1));
            }
            text += "|\n";
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up() {
        let lines = [["a", "–"], ["long", "12 (1–30)"]];
        let lines = lines.map(|line| line.map(str::to_owned).to_vec());
        let expected = "\
| a    |         – |
|------|----------:|
| long | 12 (1–30) |
";
        assert_eq!(markdown(&lines), expected);
    }
}
