//! The report document, as JSON: all that is known of an execution, for other programs.
//!
//! Where a trace file holds what is needed to replay an execution, this document
//! holds what replaying it shows. It is one JSON object:
//!
//! | field | meaning |
//! |---|---|
//! | `jostle_report` | the version of the format, [`VERSION`] |
//! | `scenario` | `name`, `about`, `place` |
//! | `commands` | complete commands: `replay`, and `minimize` if there is one |
//! | `executions` | the execution that was asked for and, if there is one, one that passes, to be compared with it |
//! | `decides` | the two operations whose order decides, as `failing` and as `passing` has them: by index of the step or, after the last step, of the finding's wait; left out if none do |
//! | `places` | the places that are referred to by their index: `file`, `line`, `column` and the `source` around it, whose first line has number `first`; where they are known also the `operation` that is called there by its public name, the frames of libraries below it as `inner` and the `callers`, innermost first |
//!
//! An execution has its `fingerprint`, its `preemptions`, the virtual time
//! `time_ns` at its end, its `finding` if there is one, `tasks` and `objects` by
//! number, `steps` and `wakes` in order. Task 0 is the clock and task 1 the body
//! of the scenario; object 0 is whatever polls touch.
//!
//! | field of a step | meaning |
//! |---|---|
//! | `task`, `op`, `object`, `place` | who did what, to what, where; no `object` if it touches none |
//! | `value` | a detail such as the value loaded or the length of a channel; may be left out |
//! | `preemption` | another task was interrupted for it; left out if not |
//! | `blocks` | the task had to wait here; left out if not |
//! | `after` | earlier steps of other tasks on the same object whose order with this one can matter, by index; left out if there are none |
//!
//! A wake says that task `by` woke `task` after so many `steps`. A task is `born`
//! after so many steps and `ended` after so many, or `null` if it never did.
//! [`SCHEMA`] has every field. Ignore those that are not listed: later
//! builds may add some without a new version.

use crate::ReadSource;
use crate::document::Document;

pub use crate::document::VERSION;

/// The format as a JSON Schema, draft 2020-12.
pub const SCHEMA: &str = include_str!("report.schema.json");

/// The document, on one line that ends with a line feed.
#[must_use]
pub fn render(page: &crate::Page<'_>, read: ReadSource<'_>) -> String {
    let document = Document::new(page, read);
    let text = serde_json::to_string(&document).expect("strings and lists can be written as JSON");
    crate::text::inert_json(&text) + "\n"
}
