//! Verification: executes every behaviour of a small scenario once.
//!
//! - [`mod@self`]: [`Verification`], which explores, and its result.
//! - `tree`: explores the tree of decisions, one branch at a time.
//! - `happens_before`: the partial order of the events of one execution.
//! - `races`: finds pairs of events that could have happened in the other order.
//! - `event`: the observable effects of a transition.
//!
//! # What is explored
//!
//! Two schedules that differ only in the order of steps that touch nothing in
//! common are the same behaviour. Such schedules form a *class*: a Mazurkiewicz
//! trace, which is to say a partial order of events, what happens before what.
//! Without a bound on preemptions one execution of each class is enough, found by
//! dynamic partial-order reduction with source sets and sleep sets (Abdulla,
//! Aronis, Jonsson, Sagonas: "Optimal Dynamic Partial Order Reduction", POPL 2014;
//! Flanagan, Godefroid: "Dynamic Partial-Order Reduction for Model Checking
//! Software", POPL 2005). Locks and other operations that may be disabled are
//! treated as in the latter: what opened a gate and what passed it cannot change
//! places, so that the one that passed races with the event that shut the gate before.
//!
//! With a bound every schedule of at most so many preemptions is covered
//! (Musuvathi, Qadeer: "Iterative Context Bounding for Systematic Testing of
//! Multithreaded Programs", PLDI 2007). There sleep sets would be unsound, because
//! of two schedules of one class the one that is kept may be beyond the bound.
//! Instead a beginning is given up that is equivalent to one that was reached with
//! no more preemptions and the same task running.
//!
//! # What a proof means
//!
//! Operations are sequentially consistent. What the environment may do is covered:
//! which waiter wakes, which `select!` arm is taken, which timer fires first, all
//! of it; spurious wake-ups, weak failures and cancellations up to
//! [`Bounds::rare`] in one execution. A scenario's argument has one value.
//!
//! A step is taken to touch what Jostle's primitives know of, and a poll of a
//! future everything that any other poll does. State that tasks share behind
//! Jostle's back (a real atomic, a `std` lock) is not seen, except between polls.

mod event;
mod happens_before;
mod races;
mod tree;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::backend::{Broken, Suite, TargetOf};
use crate::campaign::{Confirmed, Run, Runner, confirm};
use crate::coverage::Equivalence;
use crate::history::History;
use crate::strategy::Policy;
use crate::verify::tree::{Given, Tree};

/// How schedules are left out that show nothing new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reduction {
    /// None is: every schedule is executed. Only for comparison.
    None,
    /// One schedule of each class.
    Sources,
    /// Every class with a schedule of at most this many preemptions.
    Preemptions(u32),
}

/// How far an exploration goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// Steps of one execution.
    pub steps: u32,
    /// Spurious wake-ups, weak failures and cancellations in one execution.
    pub rare: u32,
}

impl Bounds {
    /// 2,000 steps and one rare event.
    pub const DEFAULT: Bounds = Bounds {
        steps: 2_000,
        rare: 1,
    };
}

/// An exploration of one scenario.
#[derive(Clone, Debug)]
pub struct Verification {
    /// Which schedules are left out.
    pub reduction: Reduction,
    /// How far it goes.
    pub bounds: Bounds,
    /// How many executions at most, `None` for no limit.
    pub runs: Option<u64>,
    /// How long at most, `None` for no limit.
    pub time: Option<Duration>,
    /// What the scenario's argument is made of.
    pub data: Vec<u8>,
}

/// What an exploration came to.
#[derive(Clone, Debug)]
pub struct Verified {
    /// How it ended.
    pub end: End,
    /// How many classes were executed to their end.
    pub classes: u64,
    /// How many executions there were.
    pub executions: u64,
    /// How many of them were given up because they could show nothing new.
    pub redundant: u64,
    /// How many were cut off because they made too many steps.
    pub cut: u64,
    /// Whether something was left out because of [`Bounds`].
    pub limited: bool,
    /// The steps of the longest execution.
    pub longest: u32,
    /// How long it took.
    pub elapsed: Duration,
}

/// How an exploration ended.
#[derive(Clone, Debug)]
pub enum End {
    /// There is nothing more to explore.
    Exhausted,
    /// Something was found, and confirmed by a replay.
    Found(Box<Confirmed>),
    /// A limit was reached.
    Limit,
    /// Somebody called [`Progress::stop`].
    Stopped,
    /// The scenario's argument cannot be made of the data.
    Rejected,
    /// The same decisions gave another execution, so that there is no tree to
    /// explore.
    Astray,
    /// The backend failed, in words.
    Broken(String),
}

/// What an exploration has come to so far, for a progress line on another thread.
#[derive(Debug, Default)]
pub struct Progress {
    executions: AtomicU64,
    classes: AtomicU64,
    stop: AtomicBool,
}

impl Progress {
    /// Executions made so far.
    #[must_use]
    pub fn executions(&self) -> u64 {
        self.executions.load(Ordering::Relaxed)
    }

    /// Classes executed so far.
    #[must_use]
    pub fn classes(&self) -> u64 {
        self.classes.load(Ordering::Relaxed)
    }

    /// Ends the exploration after the execution at hand.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

impl Verification {
    /// One schedule of each class within the default bounds, without a limit.
    #[must_use]
    pub fn new() -> Verification {
        Verification {
            reduction: Reduction::Sources,
            bounds: Bounds::DEFAULT,
            runs: None,
            time: None,
            data: Vec::new(),
        }
    }

    /// Explores `scenario` on this OS thread until something is found or nothing
    /// is left.
    ///
    /// # Panics
    ///
    /// If this thread already runs an execution.
    #[must_use]
    pub fn explore<S: Suite>(
        &self,
        suite: &S,
        target: &TargetOf<S>,
        progress: &Progress,
    ) -> Verified {
        self.explore_with(suite, target, progress, |_| true)
    }

    /// As [`explore`](Verification::explore); `after` sees each execution that came
    /// to an end, and says whether a finding ends the exploration. If it goes on, not
    /// every finding need be met: behind one that stops an execution at once (a panic, a
    /// circle) it is not known what other tasks were about to do.
    #[doc(hidden)]
    pub fn explore_with<S: Suite>(
        &self,
        suite: &S,
        target: &TargetOf<S>,
        progress: &Progress,
        mut after: impl FnMut(&Run) -> bool,
    ) -> Verified {
        self.explore_each(suite, target, progress, |run, _, _| after(run))
    }

    /// The classes of the executions that came to an end: each here, and in
    /// [`Equivalence`]. No class here may fall into two there; see
    /// [`torn`](crate::coverage::dependence::torn).
    #[doc(hidden)]
    #[must_use]
    pub fn classes_of<S: Suite>(&self, suite: &S, target: &TargetOf<S>) -> Vec<(u64, u64)> {
        let mut classes = Vec::new();
        let mut equivalence = Equivalence::default();
        let mut history = History::default();
        let _ = self.explore_each(suite, target, &Progress::default(), |_, runner, class| {
            runner.recount(&mut history);
            classes.push((class, equivalence.class(&history, &self.data)));
            false
        });
        classes
    }

    /// As [`explore_with`](Verification::explore_with); `after` is also given who made
    /// the execution, and its class.
    fn explore_each<S: Suite>(
        &self,
        suite: &S,
        target: &TargetOf<S>,
        progress: &Progress,
        mut after: impl FnMut(&Run, &Runner<S::Backend>, u64) -> bool,
    ) -> Verified {
        let start = Instant::now();
        let mut tree = Tree::new(self.reduction, self.bounds);
        let mut runner = Runner::of(suite);
        let mut verified = Verified {
            end: End::Limit,
            classes: 0,
            executions: 0,
            redundant: 0,
            cut: 0,
            limited: false,
            longest: 0,
            elapsed: Duration::ZERO,
        };
        while !self.is_over(&verified, start) {
            if progress.stop.load(Ordering::Relaxed) {
                verified.end = End::Stopped;
                break;
            }
            let run = runner.under(
                target,
                Policy::Explore(&mut tree),
                u32::MAX,
                false,
                &self.data,
            );
            verified.executions += 1;
            verified.longest = verified.longest.max(run.outcome.steps);
            if let Some(why) = run.broken {
                verified.end = End::Broken(why);
                break;
            }
            if run.rejected {
                verified.end = End::Rejected;
                break;
            }
            match tree.end() {
                None => {
                    let decisive = after(&run, &runner, tree.class());
                    if let Some(finding) = run.outcome.finding.filter(|_| decisive) {
                        let confirmed = confirm(suite, target, finding, runner.trace(), &self.data);
                        verified.end = match confirmed {
                            Ok(confirmed) => End::Found(Box::new(confirmed)),
                            Err(Broken(why)) => End::Broken(why),
                        };
                        break;
                    }
                }
                Some(Given::Redundant) => verified.redundant += 1,
                Some(Given::TooLong) => verified.cut += 1,
                Some(Given::Astray) => {
                    verified.end = End::Astray;
                    break;
                }
            }
            progress.executions.fetch_add(1, Ordering::Relaxed);
            progress.classes.store(tree.classes(), Ordering::Relaxed);
            if !tree.advance() {
                verified.end = End::Exhausted;
                break;
            }
        }
        verified.classes = tree.classes();
        verified.limited = tree.is_limited();
        verified.elapsed = start.elapsed();
        verified
    }

    fn is_over(&self, verified: &Verified, start: Instant) -> bool {
        self.runs.is_some_and(|runs| verified.executions >= runs)
            || self.time.is_some_and(|time| start.elapsed() >= time)
    }
}

impl Default for Verification {
    fn default() -> Verification {
        Verification::new()
    }
}
