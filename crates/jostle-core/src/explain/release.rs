//! Lists the operations that could have ended a wait, and which task did them.

use std::collections::BTreeMap;

use crate::finding::{Finding, Place, Wait};
use crate::id::TaskId;
use crate::op::OpKind;
use crate::trace::Trace;

/// A wait of a finding, and what could have ended it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Release {
    /// The wait. Of several at the same place, the first.
    pub wait: Wait,
    /// How many tasks wait at the same place for the same.
    pub alike: usize,
    /// Operations that would end it and that somebody did on its object: what, who, how
    /// often, and whether that task has come to its end.
    pub done: Vec<(OpKind, TaskId, usize, bool)>,
    /// Operations that would end it and that nobody did.
    pub missing: Vec<OpKind>,
}

/// For each place at which tasks wait, who could have ended that. Waits for a task's end
/// or for a lock are not among them: those have somebody to wait for.
#[must_use]
pub fn releases(finding: &Finding, trace: &Trace) -> Vec<Release> {
    let mut places: BTreeMap<(OpKind, &Place), usize> = BTreeMap::new();
    let mut list: Vec<Release> = Vec::new();
    for wait in &finding.waits {
        let kinds = ending(wait.op, trace, wait);
        if kinds.is_empty() || !wait.on.is_empty() {
            continue;
        }
        let known = *places.entry((wait.op, &wait.place)).or_insert(list.len());
        match list.get_mut(known) {
            Some(release) => release.alike += 1,
            None => list.push(release(finding, wait, &kinds, trace)),
        }
    }
    list
}

fn release(finding: &Finding, wait: &Wait, kinds: &[&[OpKind]], trace: &Trace) -> Release {
    let mut done: BTreeMap<(OpKind, TaskId), usize> = BTreeMap::new();
    for (at, step) in trace.steps.iter().enumerate() {
        let helps = kinds.concat().contains(&step.kind) && step.object == wait.object;
        // Whoever waits in it has not done it.
        let last = !trace.steps[at + 1..].iter().any(|s| s.task == step.task);
        let waits = last && finding.waits.iter().any(|w| w.task == step.task);
        if helps && step.task != wait.task && !waits {
            *done.entry((step.kind, step.task)).or_default() += 1;
        }
    }
    let nobody = |alike: &&&[OpKind]| !done.keys().any(|(kind, _)| alike.contains(kind));
    Release {
        wait: wait.clone(),
        alike: 1,
        missing: kinds.iter().filter(nobody).map(|alike| alike[0]).collect(),
        done: done
            .into_iter()
            .map(|((kind, task), times)| {
                let info = trace.tasks.get(task.index());
                let ended = info.is_some_and(|info| info.ended.is_some());
                (kind, task, times, ended)
            })
            .collect(),
    }
}

/// What ends a wait: lists of operations that do the same.
fn ending(op: OpKind, trace: &Trace, wait: &Wait) -> Vec<&'static [OpKind]> {
    use OpKind::{
        Add, Barrier, Close, Disconnect, NotifyAll, NotifyOne, Park, Recv, Send, TryRecv, TrySend,
        Unpark, Wait,
    };
    let object = wait.object.index().and_then(|i| trace.objects.get(i));
    let kind = object.map_or("", |object| object.kind);
    match op {
        Recv => vec![&[Send, TrySend], &[Close, Disconnect]],
        Send => vec![&[Recv, TryRecv]],
        Wait if kind == "WaitGroup" => vec![&[Add]],
        Wait => vec![&[NotifyOne, NotifyAll]],
        Park => vec![&[Unpark]],
        OpKind::Barrier => vec![&[Barrier]],
        _ => Vec::new(),
    }
}
