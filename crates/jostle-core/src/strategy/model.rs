//! A tiny executor for the tests of strategies: tasks are lists of operations.
//!
//! It keeps to the contract of [`Strategy`] as the real one does: a task that is
//! spawned runs at once to its first operation, there is a decision only where
//! two tasks are runnable, and no notification that a task stopped being runnable.

use crate::decision::Rng;
use crate::id::{ObjectId, TaskId};
use crate::op::{Op, OpKind, Site};
use crate::site_class::{Group, SiteClass, SiteClasses};
use crate::strategy::{Birth, Profile, Strategy, TaskSize, TaskView, View};
use crate::task_set::TaskSet;

/// One thing that a task does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Do {
    /// A step. `Lock` is enabled while nobody holds the object, `Spin` after
    /// another task has made a step, everything else always.
    Op(OpKind, usize),
    /// Spawns the task with this program, on the way to the next step.
    Spawn(usize),
}

/// A program to schedule.
#[derive(Debug)]
pub(super) struct Model {
    programs: Vec<Vec<Do>>,
    /// How often the clock fires. It is runnable from the start.
    pub(super) fires: usize,
    pub(super) profile: Profile,
    /// How many decisions the last execution made.
    pub(super) decisions: u32,
    /// What the last execution tells about each task.
    pub(super) sizes: Vec<TaskSize>,
}

#[derive(Debug)]
struct ModelTask {
    parent: TaskId,
    rest: Vec<Do>,
    children: u64,
    steps: u32,
    finished: bool,
}

struct Execution<'a> {
    programs: &'a [Vec<Do>],
    strategy: &'a mut dyn Strategy,
    rng: Rng,
    rows: Vec<ModelTask>,
    view: View,
    held: Vec<usize>,
    spinning: Vec<TaskId>,
}

pub(super) fn task(number: usize) -> TaskId {
    TaskId::from_index(number)
}

pub(super) fn numbers(order: &[TaskId]) -> Vec<usize> {
    order.iter().map(|t| t.index()).collect()
}

/// A program of `n` writes to `object`.
pub(super) fn writes(object: usize, n: usize) -> Vec<Do> {
    vec![Do::Op(OpKind::Store, object); n]
}

/// Asserts that `hits` of `n` trials is what an event with this probability
/// gives, within five standard deviations: the seeds are fixed, so that a test
/// that passes once passes always, and a wrong probability is far outside.
#[track_caller]
pub(super) fn assert_share(hits: u32, n: u64, probability: f64) {
    let mean = n as f64 * probability;
    let deviation = (mean * (1.0 - probability)).sqrt();
    assert!(
        (f64::from(hits) - mean).abs() <= 5.0 * deviation.max(1.0),
        "{hits} of {n}, expected {mean:.0} with a deviation of {deviation:.0}"
    );
}

impl Model {
    /// Main runs the first program after spawning all the others.
    pub(super) fn of(programs: impl IntoIterator<Item = Vec<Do>>) -> Model {
        let mut programs: Vec<Vec<Do>> = programs.into_iter().collect();
        let spawns = (1..programs.len()).map(Do::Spawn);
        let main = spawns.chain(programs[0].iter().copied()).collect();
        programs[0] = main;
        Model::spawning(programs)
    }

    /// Main runs the first program, which spawns the others.
    pub(super) fn spawning(programs: impl IntoIterator<Item = Vec<Do>>) -> Model {
        Model {
            programs: programs.into_iter().collect(),
            fires: 0,
            profile: Profile::default(),
            decisions: 0,
            sizes: Vec::new(),
        }
    }

    /// Makes the profile exact, from one execution.
    pub(super) fn measured(mut self) -> Model {
        self.run(&mut crate::strategy::NonPreemptive, 0);
        self.profile.observe(self.decisions, &self.sizes);
        self
    }

    /// The task that made each step of one execution.
    pub(super) fn run(&mut self, strategy: &mut dyn Strategy, seed: u64) -> Vec<TaskId> {
        let mut rng = Rng::new(seed);
        strategy.begin(&self.profile, &mut rng);
        let mut x = Execution {
            programs: &self.programs,
            strategy,
            rng,
            rows: Vec::new(),
            view: View {
                runnable: TaskSet::new(),
                tasks: Vec::new(),
                last: TaskId::MAIN,
                step: 0,
            },
            held: Vec::new(),
            spinning: Vec::new(),
        };
        x.spawn(TaskId::CLOCK, vec![Do::Op(OpKind::Fire, 0); self.fires]);
        x.spawn(TaskId::MAIN, self.programs[0].clone());
        let mut order: Vec<TaskId> = Vec::new();
        self.decisions = 0;
        loop {
            if x.view.runnable.is_empty() {
                // Nobody is left to make a step that those who spin wait for.
                for spinner in std::mem::take(&mut x.spinning) {
                    x.enable(spinner);
                }
                if x.view.runnable.is_empty() {
                    break;
                }
            }
            let next = if x.view.runnable.len() == 1 {
                x.view.runnable.nth(0)
            } else {
                self.decisions += 1;
                x.strategy.pick(&x.view, &mut x.rng)
            };
            assert!(x.view.runnable.contains(next), "{next} is not runnable");
            order.push(next);
            x.step(next);
        }
        assert!(x.rows.iter().all(|r| r.finished), "the model is deadlocked");
        let sizes = x
            .rows
            .iter()
            .zip(&x.view.tasks)
            .map(|(row, view)| TaskSize {
                parent: row.parent,
                key: view.key,
                steps: row.steps,
            });
        self.sizes = sizes.collect();
        order
    }
}

impl Execution<'_> {
    fn spawn(&mut self, parent: TaskId, program: Vec<Do>) {
        let new = task(self.rows.len());
        let key = match self.rows.get_mut(parent.index()) {
            Some(row) => {
                row.children += 1;
                self.view.tasks[parent.index()].key * 100 + row.children
            }
            None => new.index() as u64,
        };
        self.rows.push(ModelTask {
            parent,
            rest: program.into_iter().rev().collect(),
            children: 0,
            steps: 0,
            finished: false,
        });
        self.view.tasks.push(TaskView {
            op: op(OpKind::Start, 0),
            key,
        });
        if self.strategy.watches() {
            let birth = Birth {
                parent,
                key,
                site: site(),
            };
            self.strategy.spawned(new, &birth, &mut self.rng);
        }
        self.advance(new);
    }

    /// Lets the task run to its next operation.
    fn advance(&mut self, task: TaskId) {
        loop {
            match self.rows[task.index()].rest.pop() {
                Some(Do::Spawn(program)) => self.spawn(task, self.programs[program].clone()),
                Some(Do::Op(kind, object)) => return self.post(task, op(kind, object)),
                None => {
                    self.rows[task.index()].finished = true;
                    self.view.runnable.remove(task);
                    return;
                }
            }
        }
    }

    fn post(&mut self, task: TaskId, op: Op) {
        self.view.tasks[task.index()].op = op;
        if self.strategy.watches() {
            self.strategy.posted(task, &op, &mut self.rng);
        }
        let object = op.object.index().unwrap_or(0);
        let enabled = match op.kind {
            OpKind::Lock => !self.held.contains(&object),
            OpKind::Spin => {
                self.spinning.push(task);
                false
            }
            _ => true,
        };
        if enabled {
            self.enable(task);
        } else {
            self.view.runnable.remove(task);
        }
    }

    fn enable(&mut self, task: TaskId) {
        self.view.runnable.insert(task);
        if self.strategy.watches() {
            self.strategy.runnable(task);
        }
    }

    fn step(&mut self, task: TaskId) {
        let op = self.view.tasks[task.index()].op;
        self.rows[task.index()].steps += 1;
        self.view.last = task;
        self.view.step += 1;
        if self.strategy.watches() {
            self.strategy.ran(task, &op, &mut self.rng);
        }
        let object = op.object.index().unwrap_or(0);
        let waiters: Vec<TaskId> = (0..self.rows.len())
            .map(self::task)
            .filter(|&t| t != task && !self.rows[t.index()].finished)
            .filter(|t| {
                let other = self.view.tasks[t.index()].op;
                other.kind == OpKind::Lock && other.object == op.object
            })
            .collect();
        match op.kind {
            OpKind::Lock => {
                self.held.push(object);
                for waiter in waiters {
                    self.view.runnable.remove(waiter);
                }
            }
            OpKind::Unlock => {
                self.held.retain(|&held| held != object);
                for waiter in waiters {
                    self.enable(waiter);
                }
            }
            _ => {}
        }
        for spinner in std::mem::take(&mut self.spinning) {
            if spinner == task {
                self.spinning.push(spinner);
            } else {
                self.enable(spinner);
            }
        }
        self.advance(task);
    }
}

/// Where all of the model is.
fn site() -> Site {
    Site::caller()
}

fn op(kind: OpKind, object: usize) -> Op {
    Op {
        kind,
        object: match object {
            0 => ObjectId::NONE,
            n => ObjectId::from_index(n),
        },
        site: site(),
    }
}

/// The site class of operations of this kind that main does, or that a child of main
/// does. The model has one place only, and nobody says where objects were created.
pub(super) fn class(by_child: bool, kind: OpKind) -> SiteClass {
    SiteClasses::new().ops(tasks(by_child), Group::ROOT, &op(kind, 0))
}

/// The same, wherever it is done.
pub(super) fn class_anywhere(by_child: bool, kind: OpKind) -> SiteClass {
    SiteClasses::ops_anywhere(tasks(by_child), Group::ROOT, kind)
}

fn tasks(by_child: bool) -> Group {
    match by_child {
        true => SiteClasses::new().tasks(Group::ROOT, site()),
        false => Group::ROOT,
    }
}
