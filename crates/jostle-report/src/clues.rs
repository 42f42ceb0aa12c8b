//! Selects the steps that explain a finding, however early they occurred.

use std::collections::{BTreeMap, BTreeSet};

use jostle_core::finding::{Finding, Kind, Place, Wait};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind;
use jostle_core::trace::{Step, Trace};

/// So many steps at most are shown although they are long ago.
const MOST: usize = 12;

/// The steps that explain a finding, by index.
pub(super) struct Clues {
    /// The last step of each task.
    last: BTreeMap<TaskId, usize>,
    /// The last steps of tasks that wait, if they are the waits.
    stuck: BTreeSet<usize>,
    /// For a task that waits, the step that keeps it waiting.
    causes: BTreeMap<TaskId, usize>,
    /// For a misuse, who used the object before.
    before: Option<usize>,
}

impl Clues {
    pub(super) fn new(finding: &Finding, trace: &Trace) -> Clues {
        let steps = &trace.steps;
        let last: BTreeMap<TaskId, usize> =
            steps.iter().enumerate().map(|(i, s)| (s.task, i)).collect();
        let fault = finding.task.and_then(|task| last.get(&task));
        let mut clues = Clues {
            before: fault.and_then(|&fault| used_before(finding, steps, fault)),
            last,
            stuck: BTreeSet::new(),
            causes: BTreeMap::new(),
        };
        for wait in &finding.waits {
            if let Some(last) = clues.last(wait.task)
                && (steps[last].kind, steps[last].object) == (wait.op, wait.object)
            {
                clues.stuck.insert(last);
            }
        }
        let on_object = by_object(finding, steps);
        for wait in &finding.waits {
            let mut candidates = on_object.get(&wait.object).into_iter().flatten().rev();
            let cause = candidates
                .find(|&i| !clues.stuck.contains(i) && is_cause(finding, wait, &steps[*i]));
            if let Some(&cause) = cause {
                clues.causes.insert(wait.task, cause);
            }
        }
        clues
    }

    /// The last step of `task`.
    pub(super) fn last(&self, task: TaskId) -> Option<usize> {
        self.last.get(&task).copied()
    }

    /// Whether a task waits for ever at this step.
    pub(super) fn is_stuck(&self, step: usize) -> bool {
        self.stuck.contains(&step)
    }

    /// The step that keeps `task` waiting: the lock by the owner, if there is
    /// but one, or the notification that came too early.
    pub(super) fn cause(&self, task: TaskId) -> Option<usize> {
        self.causes.get(&task).copied()
    }

    /// `" since step 6"`: how long the owner has held what `task` waits for,
    /// or nothing if that is not recorded.
    pub(super) fn since(&self, task: TaskId) -> String {
        match self.cause(task) {
            Some(step) => format!(" since step {}", step + 1),
            None => String::new(),
        }
    }

    /// For a misuse: who closed the object before or, failing that, who else
    /// used it last.
    pub(super) fn before(&self) -> Option<usize> {
        self.before
    }

    /// All of these steps, or the most telling if there are many.
    pub(super) fn to_show(&self, finding: &Finding) -> BTreeSet<usize> {
        // Of tasks that wait at the same place, the latest stands for all.
        let mut groups: BTreeMap<(OpKind, &Place), (Option<usize>, TaskId)> = BTreeMap::new();
        for wait in &finding.waits {
            let member = (self.last(wait.task), wait.task);
            let latest = groups.entry((wait.op, &wait.place)).or_insert(member);
            *latest = member.max(*latest);
        }
        let fault = finding.task.filter(|_| finding.waits.is_empty());
        let tasks = fault
            .into_iter()
            .chain(finding.cycle.iter().copied())
            .chain(groups.values().map(|&(_, task)| task));
        let steps = tasks.flat_map(|task| [self.last(task), self.cause(task)]);
        let mut shown = BTreeSet::new();
        for step in std::iter::once(self.before).chain(steps).flatten() {
            if shown.len() < MOST {
                shown.insert(step);
            }
        }
        shown
    }
}

/// The steps on each object that a task of the finding waits for.
fn by_object(finding: &Finding, steps: &[Step]) -> BTreeMap<ObjectId, Vec<usize>> {
    let waits = finding.waits.iter();
    let mut on_object: BTreeMap<ObjectId, Vec<usize>> =
        waits.map(|wait| (wait.object, Vec::new())).collect();
    for (i, step) in steps.iter().enumerate() {
        if let Some(on_object) = on_object.get_mut(&step.object) {
            on_object.push(i);
        }
    }
    on_object
}

fn is_cause(finding: &Finding, wait: &Wait, step: &Step) -> bool {
    use OpKind::{Lock, NotifyAll, NotifyOne, Park, ReadLock, TryLock, TryReadLock, Unpark, Wait};
    match wait.op {
        Lock | ReadLock => {
            matches!(step.kind, Lock | ReadLock | TryLock | TryReadLock) && wait.on == [step.task]
        }
        Wait | Park => {
            matches!(step.kind, NotifyOne | NotifyAll | Unpark)
                && finding.kind == Kind::LostWakeup
                && step.task != wait.task
        }
        _ => false,
    }
}

/// See [`Clues::before`]. `fault` is the last step of the task at fault; unless
/// the finding shows at that step, nothing is known of the object.
fn used_before(finding: &Finding, steps: &[Step], fault: usize) -> Option<usize> {
    let step = steps.get(fault)?;
    let shows = finding.place.as_ref()? == &Place::from(step.site);
    if finding.kind != Kind::Misuse || !shows || step.object == ObjectId::NONE {
        return None;
    }
    let earlier = || (0..fault).rev().filter(|&i| steps[i].object == step.object);
    earlier()
        .find(|&i| steps[i].kind == OpKind::Close)
        .or_else(|| earlier().find(|&i| steps[i].task != step.task))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jostle_core::finding::Call;
    use jostle_core::op::Site;

    use OpKind::{Add, Close, Lock, NotifyOne, ReadLock, Recv, Send, Unlock, Wait as Await};

    fn task(number: usize) -> TaskId {
        TaskId::from_index(number)
    }

    /// Steps of tasks on one object, all at the same site.
    fn trace(steps: &[(usize, OpKind)]) -> Trace {
        let step = |&(number, kind): &(usize, OpKind)| Step {
            site: Site::caller(),
            value: None,
            task: task(number),
            object: ObjectId::from_index(1),
            choices: 0,
            kind,
            preemption: false,
            blocks: false,
        };
        Trace {
            steps: steps.iter().map(step).collect(),
            ..Trace::default()
        }
    }

    fn wait(number: usize, op: OpKind, on: &[usize], trace: &Trace) -> Wait {
        Wait {
            task: task(number),
            op,
            object: ObjectId::from_index(1),
            place: Place::from(trace.steps[0].site),
            call: Call::from(trace.steps[0].site),
            on: on.iter().copied().map(task).collect(),
        }
    }

    fn finding(kind: Kind, waits: Vec<Wait>) -> Finding {
        Finding {
            waits,
            ..Finding::new(kind, "")
        }
    }

    #[test]
    fn a_lock_is_explained_by_how_its_owner_came_by_it() {
        let trace = trace(&[(2, Lock), (2, Unlock), (2, Lock), (3, Add), (4, Lock)]);
        let found = finding(Kind::Deadlock, vec![wait(4, Lock, &[2], &trace)]);
        let clues = Clues::new(&found, &trace);
        assert_eq!(clues.cause(task(4)), Some(2));
        assert!(clues.is_stuck(4) && !clues.is_stuck(2));
        assert_eq!(clues.to_show(&found), BTreeSet::from([2, 4]));
    }

    #[test]
    fn a_task_that_waits_for_itself_is_explained_by_its_first_lock() {
        let trace = trace(&[(2, Lock), (2, Lock)]);
        let found = finding(Kind::Deadlock, vec![wait(2, Lock, &[2], &trace)]);
        assert_eq!(Clues::new(&found, &trace).cause(task(2)), Some(0));
    }

    #[test]
    fn of_several_owners_none_is_singled_out() {
        let trace = trace(&[(2, ReadLock), (3, ReadLock), (4, Lock)]);
        let found = finding(Kind::Deadlock, vec![wait(4, Lock, &[2, 3], &trace)]);
        assert_eq!(Clues::new(&found, &trace).cause(task(4)), None);
    }

    #[test]
    fn a_lost_wakeup_is_explained_by_the_last_notification() {
        let trace = trace(&[(2, NotifyOne), (2, NotifyOne), (3, Await), (3, NotifyOne)]);
        let waits = vec![wait(3, Await, &[], &trace)];
        let found = finding(Kind::LostWakeup, waits.clone());
        let clues = Clues::new(&found, &trace);
        assert_eq!(clues.cause(task(3)), Some(1));
        assert!(!clues.is_stuck(3), "the last step is another");
        let leak = finding(Kind::Leak, waits);
        assert_eq!(Clues::new(&leak, &trace).cause(task(3)), None);
    }

    #[test]
    fn a_misuse_is_explained_by_the_close_or_by_the_last_other_use() {
        let ends = |kind, steps| {
            let trace = trace(steps);
            let found = Finding {
                task: Some(task(2)),
                place: Some(Place::from(trace.steps[0].site)),
                ..Finding::new(kind, "")
            };
            Clues::new(&found, &trace).before()
        };
        let fails = |steps| ends(Kind::Misuse, steps);
        assert_eq!(fails(&[(1, Close), (3, Recv), (2, Send)]), Some(0));
        assert_eq!(fails(&[(2, Close), (3, Recv), (2, Close)]), Some(0));
        assert_eq!(fails(&[(3, Add), (2, Add), (2, Add), (3, Add)]), Some(0));
        assert_eq!(fails(&[(2, Add)]), None);
        assert_eq!(ends(Kind::Panic, &[(1, Close), (2, Send)]), None);
    }

    #[test]
    fn of_tasks_at_the_same_place_the_latest_is_shown() {
        let steps: Vec<_> = (2..42).map(|number| (number, Recv)).collect();
        let trace = trace(&steps);
        let waits = (2..42).map(|number| wait(number, Recv, &[], &trace));
        let mut found = finding(Kind::Leak, waits.collect());
        let clues = Clues::new(&found, &trace);
        assert_eq!(clues.to_show(&found), BTreeSet::from([39]));
        found.cycle = (2..42).map(task).collect();
        assert_eq!(clues.to_show(&found).len(), MOST);
    }
}
