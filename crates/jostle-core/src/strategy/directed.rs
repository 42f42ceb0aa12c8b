//! Preempts only where a prescription says so, and records a transcript: every decision
//! with its alternatives, and every step.

use crate::decision::{ChoiceKind, Environment, Rng};
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, Site};
use crate::prescription::{Cursor, Deviation, Missed, Point, Prescription, key_of};
use crate::strategy::non_preemptive;
use crate::strategy::{Birth, Profile, Strategy, View};
use crate::task_set::TaskSet;

/// A choice that was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Decision {
    /// Where.
    pub at: Point,
    /// What about.
    pub kind: ChoiceKind,
    /// Which choice of the execution it was, counted from 0.
    pub number: u32,
    /// What there was to choose from: keys of tasks, by the numbers of the tasks,
    /// or numbers of alternatives.
    pub options: Vec<u64>,
    /// What the non-preemptive schedule would have chosen.
    pub default: u64,
    /// What was chosen.
    pub picked: u64,
    /// The key of the task that could have gone on, so that choosing another one
    /// is a preemption.
    pub running: Option<u64>,
}

impl Decision {
    /// The deviation that chooses `pick` here.
    #[must_use]
    pub fn deviation(&self, pick: u64) -> Deviation {
        Deviation {
            at: self.at,
            kind: self.kind,
            pick,
        }
    }

    /// Whether choosing `pick` is a preemption.
    #[must_use]
    pub fn preempts(&self, pick: u64) -> bool {
        self.running.is_some_and(|running| running != pick)
    }

    /// The position of what was picked among the options, as an
    /// [`Override`](crate::decision::Override) has it.
    #[must_use]
    pub fn rank(&self) -> u32 {
        let at = self.options.iter().position(|&o| o == self.picked);
        at.unwrap_or(0) as u32
    }
}

/// The transcript of an execution by a [`Directed`] strategy, for the minimizer and for
/// explanations: unlike a [`Log`](crate::log::Log) it has the alternatives of decisions.
#[derive(Clone, Default, Debug)]
pub struct Transcript {
    /// Every choice among two or more, in order; of a very long execution, those
    /// at its beginning.
    pub decisions: Vec<Decision>,
    /// The task that made each step, and what it did.
    pub steps: Vec<(TaskId, Op)>,
}

impl Transcript {
    /// The deviations from the non-preemptive schedule, in order.
    #[must_use]
    pub fn deviations(&self) -> Vec<Deviation> {
        let deviating = self.decisions.iter().filter(|d| d.picked != d.default);
        deviating.map(|d| d.deviation(d.picked)).collect()
    }
}

/// Decisions and steps that are noted at most. Each costs a hundred bytes, and
/// an execution that does not end makes as many steps as its budget has.
const MOST: usize = 1 << 16;

/// Follows a prescription, without a preemption where that says nothing, and keeps a
/// [`Transcript`].
#[derive(Default, Debug)]
pub struct Directed {
    cursor: Cursor,
    transcript: Transcript,
    /// How many choices there were.
    number: u32,
    /// Room for those who may go on.
    free: TaskSet,
}

impl Directed {
    /// One that follows the non-preemptive schedule.
    #[must_use]
    pub fn new() -> Directed {
        Directed::default()
    }

    /// What the next executions follow.
    pub fn follow(&mut self, prescription: Prescription) {
        self.cursor.follow(prescription);
    }

    /// Whether the last decision was not the one of the non-preemptive schedule.
    #[must_use]
    pub fn deviates(&self) -> bool {
        let last = self.transcript.decisions.last();
        last.is_some_and(|d| d.picked != d.default && d.number + 1 == self.number)
    }

    /// The transcript of the last execution; empty if it has been taken.
    #[must_use]
    pub fn transcript(&mut self) -> Transcript {
        std::mem::take(&mut self.transcript)
    }

    /// The first row that the last execution could not follow.
    #[must_use]
    pub fn missed(&self) -> Option<Missed> {
        self.cursor.missed()
    }

    /// The runnable tasks that are not held back; `None` if none is held back.
    fn free(&mut self, view: &View, stays: Option<TaskId>) -> Option<&TaskSet> {
        let narrowed = self.cursor.narrow(&view.runnable, &mut self.free);
        // There is no base strategy to be told of the released tasks.
        self.cursor.each_released(|_| {});
        let stays = stays.filter(|&task| view.runnable.contains(task));
        if !narrowed {
            stays?;
            self.free.clear();
            self.free.insert_all(&view.runnable);
        }
        if let Some(stays) = stays {
            self.free.remove(stays);
        }
        (!self.free.is_empty()).then_some(&self.free)
    }

    fn note(&mut self, decision: Decision) {
        self.number += 1;
        if self.transcript.decisions.len() < MOST {
            self.transcript.decisions.push(decision);
        }
    }
}

impl Strategy for Directed {
    fn begin(&mut self, _profile: &Profile, _rng: &mut Rng) {
        self.cursor.begin();
        self.transcript = Transcript::default();
        self.number = 0;
    }

    fn environment(&self) -> Environment {
        Environment::First
    }

    fn watches(&self) -> bool {
        true
    }

    fn pick(&mut self, view: &View, _rng: &mut Rng) -> TaskId {
        let last = view.tasks[view.last.index()].op.kind;
        let told = self.cursor.task(self.number, view);
        let picked = match told.goes_on {
            Some(task) => task,
            None => {
                let runnable = self.free(view, told.stays);
                non_preemptive::pick(runnable.unwrap_or(&view.runnable), view.last, last)
            }
        };
        let goes_on = view.runnable.contains(view.last)
            && view.last != TaskId::CLOCK
            && !last.offers_to_wait();
        let default = non_preemptive::pick(&view.runnable, view.last, last);
        self.note(Decision {
            at: told.at,
            kind: ChoiceKind::Task,
            number: self.number,
            options: view.runnable.iter().map(|t| key_of(view, t)).collect(),
            default: key_of(view, default),
            picked: key_of(view, picked),
            running: goes_on.then_some(told.at.task),
        });
        picked
    }

    fn answer(&mut self, view: &View, kind: ChoiceKind, arity: u32) -> Option<u32> {
        let (at, told) = self.cursor.choice(self.number, view, kind, arity);
        let picked = told.unwrap_or(0);
        self.note(Decision {
            at,
            kind,
            number: self.number,
            options: (0..u64::from(arity)).collect(),
            default: 0,
            picked: u64::from(picked),
            running: None,
        });
        Some(picked)
    }

    fn spawned(&mut self, task: TaskId, birth: &Birth, _rng: &mut Rng) {
        self.cursor.spawned(task, birth);
    }

    fn appeared(&mut self, object: ObjectId, site: Site) {
        self.cursor.appeared(object, site);
    }

    fn called(&mut self, task: TaskId, name: &str) {
        self.cursor.called(task, name);
    }

    fn posted(&mut self, task: TaskId, op: &Op, _rng: &mut Rng) {
        self.cursor.posted(task, op);
    }

    fn ran(&mut self, task: TaskId, op: &Op, _rng: &mut Rng) {
        self.cursor.ran(task, op);
        if self.transcript.steps.len() < MOST {
            self.transcript.steps.push((task, *op));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Choice;
    use crate::op::OpKind;
    use crate::prescription::{Order, Stay};
    use crate::regression::Witness;
    use crate::strategy::model::{Model, class, numbers, task, writes};
    use crate::strategy::{NonPreemptive, Random};

    /// Main spawns tasks 2 and 3; each makes three steps.
    fn three() -> Model {
        Model::of([writes(1, 3), writes(1, 3), writes(1, 3)])
    }

    fn run(prescription: Prescription) -> (Vec<usize>, Transcript) {
        let mut directed = Directed::new();
        directed.follow(prescription);
        let order = three().run(&mut directed, 0);
        (numbers(&order), directed.transcript())
    }

    fn deviations(list: &[(u64, u32, u64)]) -> Prescription {
        let deviation = |&(task, steps, pick): &(u64, u32, u64)| Deviation {
            at: Point {
                task,
                steps,
                nth: 0,
            },
            kind: ChoiceKind::Task,
            pick,
        };
        Prescription::deviations(list.iter().map(deviation).collect())
    }

    // The model gives main the key 1, and the tasks that it spawns 101 and 102.

    #[test]
    fn without_deviations_it_never_preempts() {
        let (order, transcript) = run(deviations(&[]));
        assert_eq!(order, numbers(&three().run(&mut NonPreemptive, 0)));
        assert!(transcript.deviations().is_empty());
        assert_eq!(transcript.steps.len(), 9);
        assert_eq!(transcript.steps[3].0, task(2));
    }

    #[test]
    fn a_deviation_applies_where_its_task_stands() {
        // After main's first step task 3, after whose second step task 2.
        let (order, transcript) = run(deviations(&[(102, 2, 101), (1, 1, 102)]));
        assert_eq!(order, [1, 3, 3, 2, 2, 2, 1, 1, 3]);
        let taken = transcript.deviations();
        assert_eq!(taken.len(), 2);
        assert!(taken[0].at.task == 1 && taken[1].at.task == 102);
        let preempting = |d: &&Decision| d.preempts(d.picked);
        assert_eq!(transcript.decisions.iter().filter(preempting).count(), 2);
    }

    #[test]
    fn what_does_not_apply_changes_nothing() {
        let without = run(deviations(&[])).0;
        // A task that is not there, a point that is not reached, one who has ended.
        for wrong in [(1, 1, 7), (1, 9, 102), (102, 1, 1)] {
            let (order, transcript) = run(deviations(&[wrong]));
            assert_eq!(order, without, "{wrong:?}");
            assert!(transcript.deviations().is_empty());
        }
    }

    #[test]
    fn any_execution_is_deviations_from_the_non_preemptive_one() {
        for seed in 0..50 {
            let order = numbers(&three().run(&mut Random, seed));
            // Those at which two or more could go on, as the record has them.
            let mut left = [3; 3];
            let mut choices = Vec::new();
            for &task in &order {
                let arity = left.iter().filter(|n| **n > 0).count() as u32;
                left[task - 1] -= 1;
                let picked = task as u32;
                choices.push(Choice {
                    kind: ChoiceKind::Task,
                    arity,
                    picked,
                });
            }
            choices.retain(|c| c.arity > 1);
            let (again, transcript) = run(Prescription::recorded(choices.clone()));
            assert_eq!(again, order);
            let (exactly, _) = run(Prescription::exact(choices.clone()));
            assert_eq!(exactly, order);
            let (followed, _) = run(Prescription::deviations(transcript.deviations()));
            assert_eq!(followed, order);
        }
    }

    #[test]
    fn any_execution_is_rows_in_words() {
        for seed in 0..50 {
            // Deviations at points that the schedule may or may not come to.
            let mut rng = Rng::new(seed);
            let keys = [1, 101, 102];
            let mut any = |n| keys[rng.below(n) as usize];
            let list: Vec<_> = (0..4).map(|n| (any(3), n % 3, any(3))).collect();
            let mut directed = Directed::new();
            directed.follow(deviations(&list));
            let mut witness = Witness::new(&mut directed);
            let order = three().run(&mut witness, 0);
            let rows = witness.rows().expect("every task has a name in words");
            assert_eq!(rows.len(), directed.transcript().deviations().len());
            directed.follow(Prescription::rows(rows));
            assert_eq!(three().run(&mut directed, 0), order);
            assert_eq!(directed.missed(), None);
        }
    }

    #[test]
    fn a_row_that_cannot_be_followed_is_told() {
        // Main has made its first step and would go on; nobody sends.
        let row = "main before store #2 -> (send)";
        let mut directed = Directed::new();
        directed.follow(Prescription::rows(vec![row.parse().unwrap()]));
        let order = numbers(&three().run(&mut directed, 0));
        // It stays where it is as long as somebody else can go on.
        assert_eq!(order, [1, 2, 2, 2, 3, 3, 3, 1, 1]);
        let missed = directed.missed().unwrap();
        assert!(missed.reached);
        assert_eq!(
            missed.to_string(),
            format!("`{row}`: (send) could not go on there")
        );
    }

    #[test]
    fn constraints_bind_also_where_nothing_else_is_said() {
        let order = Order {
            first: class(true, OpKind::Store),
            then: class(false, OpKind::Store),
        };
        let (order, transcript) = run(Prescription {
            orders: vec![order],
            ..Prescription::free()
        });
        assert_eq!(order, [2, 2, 2, 1, 1, 1, 3, 3, 3]);
        assert_eq!(transcript.deviations().len(), 1);
    }

    #[test]
    fn who_is_held_waits_for_the_other_one() {
        let stay = Stay {
            task: (1, 1),
            until: (102, 2),
        };
        let (order, transcript) = run(Prescription::free().with_stay(Some(stay)));
        // Nobody but main is held: task 2 goes first, as in the non-preemptive schedule.
        assert_eq!(order, [1, 2, 2, 2, 3, 3, 3, 1, 1]);
        let (again, _) = run(Prescription::deviations(transcript.deviations()));
        assert_eq!(again, order);
    }

    #[test]
    fn who_is_held_goes_on_if_nobody_else_can() {
        let stay = Stay {
            task: (1, 1),
            until: (77, 1),
        };
        let (order, _) = run(Prescription::free().with_stay(Some(stay)));
        assert_eq!(order, [1, 2, 2, 2, 3, 3, 3, 1, 1]);
    }
}
