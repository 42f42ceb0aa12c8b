//! Results as Markdown.

use std::fmt::{self, Write as _};

use crate::contender::Contender;
use crate::results::Results;
use crate::workload::Workload;

/// A figure that does not exist.
const NONE: &str = "–";

/// A table whose columns line up also as plain text; nothing at all if it has
/// only a head.
struct Table {
    /// How many columns at the left hold names; the others hold numbers.
    names: usize,
    rows: Vec<Vec<String>>,
}

impl Table {
    fn new(names: usize, head: &[&str]) -> Table {
        Table {
            names,
            rows: vec![head.iter().map(|&s| s.to_owned()).collect()],
        }
    }

    fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rows.len() == 1 {
            return Ok(());
        }
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            cells.max().unwrap_or(0)
        };
        for (at, row) in self.rows.iter().enumerate() {
            for (column, cell) in row.iter().enumerate() {
                let width = width(column);
                match column < self.names {
                    true => write!(f, "| {cell:width$} ")?,
                    false => write!(f, "| {cell:>width$} ")?,
                }
            }
            f.write_str("|\n")?;
            if at == 0 {
                for column in 0..row.len() {
                    let dashes = "-".repeat(width(column) + 1);
                    match column < self.names {
                        true => write!(f, "|{dashes}-")?,
                        false => write!(f, "|{dashes}:")?,
                    }
                }
                f.write_str("|\n")?;
            }
        }
        Ok(())
    }
}

/// The table of all workloads, without those that are only counted for
/// [`per_step`].
pub(crate) fn costs(results: &Results) -> String {
    let mut table = Table::new(
        2,
        &[
            "workload",
            "contender",
            "steps/exec",
            "instr/step",
            "× fewer",
            "instr/exec",
            "× fewer",
            "exec/s",
            "exec/CPU-s",
            "× faster",
        ],
    );
    let mut last = None;
    for row in &results.rows {
        if row.workload.is_auxiliary() {
            continue;
        }
        let (contender, workload) = (row.contender, row.workload);
        let name = match last.replace(workload) {
            Some(last) if last == workload => String::new(),
            _ => workload.name(),
        };
        table.row([
            name,
            contender.to_string(),
            number(row.cost.steps),
            number(row.cost.per_step()),
            ratio(results.fewer_per_step(contender, workload)),
            number(Some(row.cost.instructions)),
            ratio(results.fewer_per_execution(contender, workload)),
            number(row.speed.map(|s| s.wall)),
            number(row.speed.map(|s| s.cpu)),
            ratio(results.faster(contender, workload)),
        ]);
    }
    table.to_string()
}

/// How the cost of a step grows with the number of tasks.
pub(crate) fn per_step(results: &Results, contenders: &[Contender]) -> String {
    let mut table = Table::new(1, &["instr/step", "among 2", "among 1,000", "growth"]);
    for &contender in contenders {
        let (two, many) = (
            results.step_among_2(contender),
            results.step_among_1000(contender),
        );
        if two.is_some() && many.is_some() {
            table.row([
                contender.to_string(),
                number(two),
                number(many),
                ratio(many.zip(two).map(|(many, two)| many / two)),
            ]);
        }
    }
    table.to_string()
}

/// Who could not take part where, and why.
pub(crate) fn absences(workloads: &[Workload], contenders: &[Contender]) -> String {
    let mut text = String::new();
    for &contender in contenders {
        let mut why: Vec<(&str, Vec<String>)> = Vec::new();
        for &workload in workloads.iter().filter(|w| !w.is_auxiliary()) {
            if let Some(reason) = workload.impossible(contender) {
                match why.iter_mut().find(|(r, _)| *r == reason) {
                    Some((_, names)) => names.push(workload.name()),
                    None => why.push((reason, vec![workload.name()])),
                }
            }
        }
        for (reason, names) in why {
            let _ = writeln!(text, "- {contender}, not {}: {reason}", names.join(", "));
        }
    }
    text
}

/// A number with thousands separated; with decimals if it is small.
fn number(value: Option<f64>) -> String {
    let Some(value) = value else {
        return NONE.to_owned();
    };
    if value != 0.0 && value.abs() < 10.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = String::from(if value < 0.0 { "-" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn ratio(value: Option<f64>) -> String {
    value.map_or(NONE.to_owned(), |value| format!("{value:.1}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        for (value, text) in [
            (0.0, "0"),
            (9.96, "10.0"),
            (12.0, "12"),
            (999.4, "999"),
            (999.6, "1,000"),
            (1_234_567.0, "1,234,567"),
            (-1_000.0, "-1,000"),
        ] {
            assert_eq!(number(Some(value)), text);
        }
        assert_eq!(number(None), NONE);
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(2, &["a", "b", "× c"]);
        table.row(["long".to_owned(), String::new(), "1,000".to_owned()]);
        let expected = "\
| a    | b |   × c |
|------|---|------:|
| long |   | 1,000 |
";
        assert_eq!(table.to_string(), expected);
    }
}
