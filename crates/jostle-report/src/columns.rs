//! Table layout: one column per task.

use std::collections::BTreeMap;
use std::fmt;

use anstyle::Style;
use jostle_core::id::TaskId;

use crate::lines::Event;
use crate::names::Names;
use crate::palette::{Palette, paint_cell};
use crate::text::{fit, width};

/// Names of tasks may be cut to this many cells.
const LEAST_HEAD: usize = 8;

/// The columns of a table.
pub(super) struct Columns {
    columns: BTreeMap<TaskId, Column>,
    /// What stands between two columns: a bar with a blank on its right and,
    /// if there is room, on its left.
    bar: &'static str,
    spare: usize,
}

struct Column {
    head: String,
    width: usize,
}

impl Columns {
    /// The columns if they fit into `room` cells with a bar before each and
    /// one after the last. What tasks do is never cut; their names may be.
    pub(super) fn fit(events: &[&Event], names: &Names<'_>, room: usize) -> Option<Columns> {
        let mut columns: BTreeMap<TaskId, Column> = BTreeMap::new();
        for event in events {
            let column = columns.entry(event.task).or_insert_with(|| {
                let head = names.head(event.task);
                let width = width(&head).min(LEAST_HEAD);
                Column { head, width }
            });
            column.width = column.width.max(width(&event.what));
        }
        let needed: usize = columns.values().map(|column| column.width).sum();
        let bars = columns.len() + 1;
        let (bar, mut spare) = [" │ ", "│ "].into_iter().find_map(|bar| {
            let needed = needed + bars * width(bar);
            Some((bar, room.checked_sub(needed)?))
        })?;
        for column in columns.values_mut() {
            let more = width(&column.head).saturating_sub(column.width).min(spare);
            column.width += more;
            spare -= more;
        }
        Some(Columns {
            columns,
            bar,
            spare,
        })
    }

    /// How much of the room is left over.
    pub(super) fn spare(&self) -> usize {
        self.spare
    }

    pub(super) fn write_head(&self, f: &mut fmt::Formatter<'_>, palette: Palette) -> fmt::Result {
        for Column { head, width } in self.columns.values() {
            let head = paint_cell(palette.head, &fit(head, *width), *width);
            write!(f, "{}{head}", self.bar)?;
        }
        f.write_str(self.bar)
    }

    /// Writes the line below the head, between parts of the given widths.
    pub(super) fn write_rule(
        &self,
        f: &mut fmt::Formatter<'_>,
        left: usize,
        right: usize,
    ) -> fmt::Result {
        let blanks = width(self.bar) - 1;
        let before = blanks - 1;
        write!(f, "{}", "─".repeat(left + before))?;
        for column in self.columns.values() {
            write!(f, "┼{}", "─".repeat(column.width + blanks))?;
        }
        writeln!(f, "┼{}", "─".repeat(right + 1))
    }

    pub(super) fn write_event(
        &self,
        f: &mut fmt::Formatter<'_>,
        event: &Event,
        style: Style,
    ) -> fmt::Result {
        for (&task, column) in &self.columns {
            let what = if task == event.task { &event.what } else { "" };
            write!(f, "{}{}", self.bar, paint_cell(style, what, column.width))?;
        }
        f.write_str(self.bar)
    }
}
