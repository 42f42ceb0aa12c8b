//! The interleaving as a table, time downwards, in the first of these layouts
//! that fits.
//!
//! A column for each task:
//!
//! ```text
//!   step │ main       │ t2 worker   │ where
//! ───────┼────────────┼─────────────┼─────────
//!      7 │            │ receive #2  │ pool.rs:9  waits
//! »    8 │ close #2   │             │ pool.rs:7
//! ```
//!
//! A lane for each task, and one column of text:
//!
//! ```text
//!   step  main  t2   task: what             where
//!      7    │   ●    t2 worker: receive #2  pool.rs:9  waits
//! »    8    ●        main: close #2         pool.rs:7
//! ```
//!
//! The text alone. A step belongs to one task, so one column of places serves
//! all layouts.
//!
//! A list, where even that does not fit: see [`list`].

use std::fmt;

use crate::columns::Columns;
use crate::lanes::Lanes;
use crate::lines::{self, Event, Line, Outcome};
use crate::list;
use crate::names::Names;
use crate::palette::{Palette, paint, paint_cell};
use crate::text::{GAP, fit, fit_end, width, wrap};

/// Stands before a step that is a preemption.
pub(super) const PREEMPTION: &str = "»";

/// Places may be cut to this many cells.
const LEAST_PLACE: usize = 16;

/// Writes the table.
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    lines: &[Line],
    names: &Names<'_>,
    max: usize,
    palette: Palette,
) -> fmt::Result {
    let events: Vec<&Event> = lines::events(lines).collect();
    let table = Table::new(&events, names, max);
    table.write_head(f, palette)?;
    let mut event = 0;
    for line in lines {
        match line {
            Line::Event(what) => {
                table.write_event(f, event, what, names, palette)?;
                event += 1;
            }
            Line::Note(note) => {
                let indent = table.step + GAP.len();
                let room = max.saturating_sub(indent);
                let notes = match table.layout {
                    Layout::List(_) => wrap(note, room),
                    _ => vec![fit(note, room)],
                };
                for note in notes {
                    writeln!(f, "{:indent$}{}", "", paint(palette.faint, &note))?;
                }
            }
        }
    }
    Ok(())
}

/// How wide the parts are that all layouts have, and the layout.
struct Table {
    /// The step number with the mark before it.
    step: usize,
    layout: Layout,
    place: usize,
}

enum Layout {
    Columns(Columns),
    Lanes(Lanes),
    /// In so many cells.
    List(usize),
}

impl Table {
    fn new(events: &[&Event], names: &Names<'_>, max: usize) -> Table {
        let number = events.iter().filter_map(|event| event.step).max();
        let digits = number.unwrap_or(0).to_string().len();
        let step = width(PREEMPTION) + 1 + digits.max("step".len());

        let place = events.iter().map(|event| width(&event.place)).max();
        let place = place.unwrap_or(0).max("where".len());
        let word = events.iter().map(|event| event.outcome.word().len()).max();
        let word = word.filter(|&word| word > 0).map(|word| GAP.len() + word);
        let room = max.saturating_sub(step + word.unwrap_or(0));

        // What tasks do is never cut in columns. Places are, if that helps.
        for least in [place, place.min(LEAST_PLACE)] {
            if let Some(columns) = Columns::fit(events, names, room.saturating_sub(least)) {
                return Table {
                    step,
                    place: place.min(least + columns.spare()),
                    layout: Layout::Columns(columns),
                };
            }
        }
        let least = place.min(LEAST_PLACE);
        let Some(lanes) = Lanes::fit(events, names, room.saturating_sub(least)) else {
            let room = max.saturating_sub(list::INDENT);
            return Table {
                step,
                place: 0,
                layout: Layout::List(room),
            };
        };
        Table {
            step,
            place: place.min(least + lanes.spare()),
            layout: Layout::Lanes(lanes),
        }
    }

    fn write_head(&self, f: &mut fmt::Formatter<'_>, palette: Palette) -> fmt::Result {
        let step = paint(palette.head, "step");
        let blank = self.step.saturating_sub("step".len());
        write!(f, "{:blank$}{step}", "")?;
        match &self.layout {
            Layout::Columns(columns) => columns.write_head(f, palette)?,
            Layout::Lanes(lanes) => lanes.write_head(f, palette)?,
            Layout::List(_) => {
                return writeln!(f, "{GAP}{}", paint(palette.head, list::HEAD));
            }
        }
        writeln!(f, "{}", paint(palette.head, "where"))?;
        match &self.layout {
            Layout::Columns(columns) => columns.write_rule(f, self.step, self.place),
            Layout::Lanes(_) | Layout::List(_) => Ok(()),
        }
    }

    /// Writes the event with index `i`.
    fn write_event(
        &self,
        f: &mut fmt::Formatter<'_>,
        i: usize,
        event: &Event,
        names: &Names<'_>,
        palette: Palette,
    ) -> fmt::Result {
        let number = event.step.map_or_else(String::new, |step| step.to_string());
        let digits = self.step - width(PREEMPTION);
        let (mark, style) = match event.preemption {
            true => (PREEMPTION, palette.telling),
            false => (" ", palette.faint),
        };
        write!(f, "{}", paint(style, &format!("{mark}{number:>digits$}")))?;

        let style = match event.outcome {
            Outcome::Done => anstyle::Style::new(),
            Outcome::Waits => palette.telling,
            Outcome::Stuck | Outcome::Fails => palette.bad,
        };
        match &self.layout {
            Layout::Columns(columns) => columns.write_event(f, event, style)?,
            Layout::Lanes(lanes) => lanes.write_event(f, i, event, names, style)?,
            Layout::List(room) => {
                f.write_str(GAP)?;
                let first = room.saturating_sub(self.step + GAP.len() - list::INDENT);
                return list::write_event(f, event, names, [first, *room], style, palette);
            }
        }
        let place = fit_end(&event.place, self.place);
        match event.outcome.word() {
            "" => writeln!(f, "{}", paint(palette.faint, &place)),
            word => {
                let place = paint_cell(palette.faint, &place, self.place);
                writeln!(f, "{place}{GAP}{}", paint(style, word))
            }
        }
    }
}
