//! Finds the operations whose order decides between failing and passing.

use std::collections::{BTreeMap, BTreeSet};

use crate::explain::{Explanation, Pair};
use crate::finding::{Finding, Place};
use crate::id::{ObjectId, TaskId};
use crate::op::{Access, Op, OpKind};
use crate::prescription::Stay;
use crate::trace::{Step, Trace};

/// Pairs that are tried. A minimized failure has a dozen, but one in which tasks went
/// round in a loop until the steps were used up has thousands.
const MOST: usize = 64;

/// The trace of an execution, and its steps.
#[derive(Clone, Copy, Debug)]
pub struct TracedSteps<'a> {
    /// The record.
    pub trace: &'a Trace,
    /// The task that made each step, and what it did; see [`Transcript::steps`](crate::strategy::Transcript).
    pub steps: &'a [(TaskId, Op)],
}

/// The record of an execution in which nothing was found, and its steps as in [`TracedSteps`].
pub type Passing = (Trace, Vec<(TaskId, Op)>);

/// Explains `finding`, which is what the execution `failing` came to.
///
/// `run` makes an execution along the same schedule but for a task that is held. It
/// returns the record and the steps if nothing was found.
pub fn explain(
    finding: &Finding,
    failing: TracedSteps<'_>,
    run: &mut dyn FnMut(Stay) -> Option<Passing>,
) -> Explanation {
    let mut explanation = Explanation::default();
    let failing_steps = with_waits(finding, failing);
    let (trace, failing) = (failing.trace, failing_steps.as_slice());
    let mut most_common = None;
    let pairs = pairs(failing);
    let chosen = representatives(&pairs, failing, MOST);
    explanation.untried = pairs.len() - chosen.len();
    for (i, j) in chosen {
        let (Some(first), Some(second)) = (
            Ordinal::of(trace, failing, i),
            Ordinal::of(trace, failing, j),
        ) else {
            continue;
        };
        explanation.tried += 1;
        let hold = Stay {
            task: (first.key, first.nth - 1),
            until: (second.key, second.nth),
        };
        let Some((passing, steps)) = run(hold) else {
            continue;
        };
        // It may pass without the two having met.
        let steps = located(TracedSteps {
            trace: &passing,
            steps: &steps,
        });
        let Some(there) = reordered(&passing, &steps, &first, &second) else {
            continue;
        };
        let pair = Pair {
            first: failing[i].at,
            second: failing[j].at,
        };
        explanation.deciding.push(pair);
        let common = common(trace, &passing);
        if most_common.is_none_or(|most| common > most) {
            most_common = Some(common);
            explanation.nearest = Some((passing, there));
            explanation.reordered = Some(pair);
        }
    }
    explanation.relevant = relevant(finding, trace, &explanation.deciding);
    explanation
}

/// A step, or what a task waits to do.
#[derive(Clone, Debug)]
struct StepOrWait {
    task: TaskId,
    kind: OpKind,
    object: ObjectId,
    place: Place,
    /// See [`Pair`].
    at: usize,
}

impl StepOrWait {
    fn access(&self) -> Access {
        Access {
            object: self.object,
            effect: self.kind.effect(),
        }
    }

    fn conflicts_with(&self, other: &StepOrWait) -> bool {
        self.task != other.task && self.access().conflicts_with(other.access())
    }
}

/// The steps with their places in the trace, which also has what is no step.
fn located(execution: TracedSteps<'_>) -> Vec<StepOrWait> {
    let mut rest = execution.trace.steps.iter().enumerate();
    let locate = |&(task, op): &(TaskId, Op)| {
        let same =
            |s: &Step| (s.task, s.kind, s.object, s.site) == (task, op.kind, op.object, op.site);
        let (at, _) = rest.by_ref().find(|(_, s)| same(s))?;
        Some(StepOrWait {
            task,
            kind: op.kind,
            object: op.object,
            place: Place::from(op.site),
            at,
        })
    };
    execution.steps.iter().map_while(locate).collect()
}

/// The steps, and then what tasks wait to do and have not begun.
fn with_waits(finding: &Finding, execution: TracedSteps<'_>) -> Vec<StepOrWait> {
    let mut all = located(execution);
    for (n, wait) in finding.waits.iter().enumerate() {
        let last = all.iter().rfind(|d| d.task == wait.task);
        let begun = last
            .is_some_and(|d| (d.kind, d.object, &d.place) == (wait.op, wait.object, &wait.place));
        if !begun {
            all.push(StepOrWait {
                task: wait.task,
                kind: wait.op,
                object: wait.object,
                place: wait.place.clone(),
                at: execution.trace.steps.len() + n,
            });
        }
    }
    all
}

/// Steps that two executions begin with and that are the same.
fn common(a: &Trace, b: &Trace) -> usize {
    let steps = a.steps.iter().zip(&b.steps);
    let same = steps.take_while(|(a, b)| (a.task, a.kind, a.object) == (b.task, b.kind, b.object));
    same.count()
}

/// Which step of its task a step is.
struct Ordinal {
    key: u64,
    nth: u32,
    kind: OpKind,
    place: Place,
}

impl Ordinal {
    fn of(trace: &Trace, steps: &[StepOrWait], at: usize) -> Option<Ordinal> {
        let step = &steps[at];
        let before = steps[..=at].iter().filter(|d| d.task == step.task);
        Some(Ordinal {
            key: trace.tasks.get(step.task.index())?.key,
            nth: before.count() as u32,
            kind: step.kind,
            place: step.place.clone(),
        })
    }

    /// Where the same step of the same task is in another execution.
    fn find(&self, trace: &Trace, steps: &[StepOrWait]) -> Option<usize> {
        let task = trace.tasks.iter().position(|t| t.key == self.key)?;
        let mut own = steps.iter().filter(|d| d.task.index() == task);
        let step = own.nth(self.nth as usize - 1)?;
        (step.kind == self.kind && step.place == self.place).then_some(step.at)
    }
}

/// The two steps in another execution, if they are there in the other order.
fn reordered(
    trace: &Trace,
    steps: &[StepOrWait],
    first: &Ordinal,
    second: &Ordinal,
) -> Option<Pair> {
    let pair = Pair {
        first: second.find(trace, steps)?,
        second: first.find(trace, steps)?,
    };
    (pair.first < pair.second).then_some(pair)
}

/// Each step on an object with the last one before it that conflicts and is another
/// task's, the last ones first.
fn pairs(steps: &[StepOrWait]) -> Vec<(usize, usize)> {
    let mut on_object: BTreeMap<ObjectId, Vec<usize>> = BTreeMap::new();
    let mut pairs = Vec::new();
    for (j, step) in steps.iter().enumerate() {
        let earlier = on_object.entry(step.object).or_default();
        let conflicts = |&&i: &&usize| steps[i].conflicts_with(step);
        if let Some(&i) = earlier.iter().rev().find(conflicts) {
            pairs.push((i, j));
        }
        earlier.push(j);
    }
    pairs.reverse();
    pairs
}

/// `most` of the pairs, in the same order. Of pairs of the same operations of the same
/// tasks, which a loop makes, the outermost are taken before the others.
fn representatives(
    pairs: &[(usize, usize)],
    steps: &[StepOrWait],
    most: usize,
) -> Vec<(usize, usize)> {
    let class = |&(i, j): &(usize, usize)| {
        [i, j].map(|at| (steps[at].task, steps[at].kind, &steps[at].place))
    };
    let mut members: BTreeMap<_, Vec<usize>> = BTreeMap::new();
    for (at, pair) in pairs.iter().enumerate() {
        members.entry(class(pair)).or_default().push(at);
    }
    let mut ranked = Vec::new();
    for members in members.values() {
        let last = members.len() - 1;
        ranked.extend((0..=last).map(|n| (n.min(last - n), members[n])));
    }
    ranked.sort_unstable();
    ranked.truncate(most);
    let mut chosen: Vec<usize> = ranked.into_iter().map(|(_, at)| at).collect();
    chosen.sort_unstable();
    chosen.into_iter().map(|at| pairs[at]).collect()
}

fn relevant(finding: &Finding, trace: &Trace, deciding: &[Pair]) -> Vec<usize> {
    let mut steps: BTreeSet<usize> = BTreeSet::new();
    for pair in deciding {
        steps.extend([pair.first, pair.second]);
    }
    steps.retain(|&at| at < trace.steps.len());
    let waiting = finding.waits.iter().map(|wait| wait.task);
    for task in finding.task.into_iter().chain(waiting) {
        steps.extend(trace.steps.iter().rposition(|s| s.task == task));
    }
    steps.into_iter().collect()
}
