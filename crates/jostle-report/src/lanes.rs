//! Table layout: lanes, one per task, with one column of text; or the text alone.

use std::collections::BTreeMap;
use std::fmt;

use anstyle::Style;
use jostle_core::id::TaskId;

use crate::lines::{Event, Outcome};
use crate::names::Names;
use crate::palette::{Palette, paint, paint_cell};
use crate::text::{GAP, fit, width};

/// Names of tasks are cut to this many cells.
const MOST_NAME: usize = 24;

/// The lanes of a table.
pub(super) struct Lanes {
    /// The lane of each task: the indexes of its first and last event. Empty
    /// if the lanes do not fit.
    lanes: BTreeMap<TaskId, (usize, usize)>,
    lane: usize,
    what: usize,
    spare: usize,
}

impl Lanes {
    /// Lanes if they fit into `room` cells with the text and a gap before and
    /// after it; otherwise the text; nothing if that would have to be cut.
    pub(super) fn fit(events: &[&Event], names: &Names<'_>, room: usize) -> Option<Lanes> {
        let mut lanes: BTreeMap<TaskId, (usize, usize)> = BTreeMap::new();
        for (i, event) in events.iter().enumerate() {
            lanes.entry(event.task).or_insert((i, i)).1 = i;
        }
        let lane = lanes.keys().map(|task| width(&task.to_string())).max();
        let lane = lane.unwrap_or(0) + 1;
        let what = events.iter().map(|event| width(&said(event, names))).max();
        let what = what.unwrap_or(0).max(width(HEAD));

        let room = room.saturating_sub(2 * GAP.len());
        let with_lanes = what + lanes.len() * lane + GAP.len();
        if room < with_lanes {
            lanes.clear();
        }
        let needed = if lanes.is_empty() { what } else { with_lanes };
        Some(Lanes {
            lanes,
            lane,
            what,
            spare: room.checked_sub(needed)?,
        })
    }

    /// How much of the room is left over.
    pub(super) fn spare(&self) -> usize {
        self.spare
    }

    pub(super) fn write_head(&self, f: &mut fmt::Formatter<'_>, palette: Palette) -> fmt::Result {
        f.write_str(GAP)?;
        for task in self.lanes.keys() {
            write!(
                f,
                "{}",
                paint_cell(palette.head, &task.to_string(), self.lane)
            )?;
        }
        if !self.lanes.is_empty() {
            f.write_str(GAP)?;
        }
        let head = paint_cell(palette.head, HEAD, self.what);
        write!(f, "{head}{GAP}")
    }

    /// Writes the event with index `i`.
    pub(super) fn write_event(
        &self,
        f: &mut fmt::Formatter<'_>,
        i: usize,
        event: &Event,
        names: &Names<'_>,
        style: Style,
    ) -> fmt::Result {
        f.write_str(GAP)?;
        for (&task, &(first, last)) in &self.lanes {
            let at = width(&task.to_string()) / 2;
            let sign = match event.outcome {
                _ if task != event.task && first < i && i < last => "│".to_owned(),
                _ if task != event.task => " ".to_owned(),
                Outcome::Stuck | Outcome::Fails => paint(style, "✗"),
                Outcome::Done | Outcome::Waits => paint(style, "●"),
            };
            let after = self.lane.saturating_sub(at + 1);
            write!(f, "{:at$}{sign}{:after$}", "", "")?;
        }
        if !self.lanes.is_empty() {
            f.write_str(GAP)?;
        }
        write!(
            f,
            "{}{GAP}",
            paint_cell(style, &said(event, names), self.what)
        )
    }
}

/// The head of the text.
const HEAD: &str = "task: what";

/// What a line says without columns.
fn said(event: &Event, names: &Names<'_>) -> String {
    let task = fit(&names.head(event.task), MOST_NAME);
    format!("{task}: {}", event.what)
}
