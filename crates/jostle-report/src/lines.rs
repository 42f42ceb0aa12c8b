//! Describes a step in words, whatever the layout.

use jostle_core::finding::{Finding, Kind};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::trace::{Step, Trace};

use crate::clues::Clues;
use crate::names::Names;
use crate::rows::{self, Row};

/// So many waits that are not among the steps are added to them.
const ADDED: usize = 8;

/// A line of the interleaving.
pub(super) enum Line {
    /// Something a task did or came to.
    Event(Event),
    /// A remark on lines that are not there.
    Note(String),
}

/// Something a task did or came to.
pub(super) struct Event {
    /// The number of the step, counted from 1; none if it is no step.
    pub(super) step: Option<usize>,
    /// Whether another task was interrupted for it.
    pub(super) preemption: bool,
    /// Who.
    pub(super) task: TaskId,
    /// What.
    pub(super) what: String,
    /// What came of it.
    pub(super) outcome: Outcome,
    /// Where, short.
    pub(super) place: String,
    /// To what.
    pub(super) object: ObjectId,
}

/// What came of something a task did.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was done.
    Done,
    /// The task had to wait and went on later.
    Waits,
    /// The task waits for ever.
    Stuck,
    /// It ended the execution.
    Fails,
}

impl Outcome {
    /// The word for it, if it needs one.
    pub(super) fn word(self) -> &'static str {
        match self {
            Outcome::Done | Outcome::Fails => "",
            Outcome::Waits => "waits",
            Outcome::Stuck => "stuck",
        }
    }
}

/// The events among `lines`.
pub(super) fn events(lines: &[Line]) -> impl Iterator<Item = &Event> {
    lines.iter().filter_map(|line| match line {
        Line::Event(event) => Some(event),
        Line::Note(_) => None,
    })
}

/// The lines to show: the last `last` rows or, without a limit, all.
pub(super) fn lines(
    finding: &Finding,
    trace: &Trace,
    names: &Names<'_>,
    clues: &Clues,
    last: Option<usize>,
) -> Vec<Line> {
    let keep = clues.to_show(finding);
    let rows = rows::fold(&trace.steps, &keep);
    let rows = match last {
        Some(last) => rows::window(&rows, last, &keep),
        None => rows,
    };
    let mut gaps = 0;
    let mut lines: Vec<Line> = Vec::new();
    for row in rows {
        lines.push(match row {
            Row::Step(i) => Line::Event(event(i, &trace.steps[i], names, clues)),
            Row::Repeat { period, times } => Line::Note(repeated(period, times)),
            Row::Skipped(steps) => {
                gaps += 1;
                Line::Note(skipped(steps, gaps == 1))
            }
        });
    }
    let ends = waits_without_step(finding, names, clues).chain(failure(finding, names));
    lines.extend(ends.map(Line::Event));
    lines
}

fn event(index: usize, step: &Step, names: &Names<'_>, clues: &Clues) -> Event {
    let mut what = names.op(step.word(), step.object);
    if let Some(value) = step.value {
        what += &format!(" = {value}");
    }
    Event {
        step: Some(index + 1),
        preemption: step.preemption,
        task: step.task,
        what,
        outcome: match (clues.is_stuck(index), step.blocks) {
            (true, _) => Outcome::Stuck,
            (false, true) => Outcome::Waits,
            (false, false) => Outcome::Done,
        },
        place: names.site(step.site),
        object: step.object,
    }
}

fn waits_without_step(
    finding: &Finding,
    names: &Names<'_>,
    clues: &Clues,
) -> impl Iterator<Item = Event> {
    let waits = finding.waits.iter().filter(|wait| {
        let last = clues.last(wait.task);
        !last.is_some_and(|last| clues.is_stuck(last))
    });
    waits.take(ADDED).map(|wait| Event {
        step: None,
        preemption: false,
        task: wait.task,
        what: names.op(wait.word(), wait.object),
        outcome: Outcome::Stuck,
        place: names.place(&wait.place),
        object: wait.object,
    })
}

/// The end of an execution that a panic or a misuse ended. It is not a step: a
/// panic need not stand where the last operation stands.
fn failure(finding: &Finding, names: &Names<'_>) -> Option<Event> {
    if !matches!(finding.kind, Kind::Panic | Kind::Misuse) {
        return None;
    }
    let place = finding.place.as_ref().map(|place| names.place(place));
    Some(Event {
        step: None,
        preemption: false,
        task: finding.task?,
        what: format!("✗ {}", finding.kind),
        outcome: Outcome::Fails,
        place: place.unwrap_or_default(),
        object: ObjectId::NONE,
    })
}

fn skipped(steps: usize, first: bool) -> String {
    match (first, steps) {
        (true, 1) => "… 1 earlier step; --full shows it".to_owned(),
        (true, _) => format!("… {steps} earlier steps; --full shows them"),
        (false, 1) => "… 1 step".to_owned(),
        (false, _) => format!("… {steps} steps"),
    }
}

fn repeated(period: usize, times: usize) -> String {
    match period {
        1 => format!("⋮ this step {times} more times"),
        _ => format!("⋮ these {period} steps {times} more times"),
    }
}
