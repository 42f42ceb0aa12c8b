//! Answers every nondeterministic choice of an execution.
//!
//! - [`mod@self`]: [`Decisions`], which answers choices.
//! - `rng`: [`Rng`], the ChaCha stream that samplers draw from.
//!
//! What is prescribed is in [`prescription`](crate::prescription); here it is looked up by
//! the number of the decision.
//!
//! There are two kinds of randomness, and only one of them is recorded. A
//! strategy draws from [`Rng`] to decide, which is not recorded. What it then picks, and
//! what the environment does (which waiter wakes, which `select!` arm is taken,
//! whether a wait ends spuriously), are **choices**: a kind, the number of
//! alternatives, and the one picked. The list of choices
//! alone determines the execution, whatever strategy produced it.

mod rng;

pub use crate::choice::{Choice, ChoiceKind, Environment};
pub use crate::prescription::{Divergence, Override, Pick, Prefix, Prescription};
pub use rng::Rng;

use crate::prescription::Cursor;

/// Answers the choices of one execution. Which one is asked for is told by its
/// number, counted from 0; whoever asks records the answer.
#[derive(Debug)]
pub struct Decisions {
    /// What samplers draw from.
    pub rng: Rng,
    environment: Environment,
    cursor: Cursor,
}

/// One in this many opportunities for a rare event is taken. Rare enough that
/// most executions of a loop make progress, frequent enough that a scenario
/// with a handful of waits meets one within ten executions.
const RARE: u32 = 8;

/// One in this many executions is of an unusual kind. What such an execution shows better
/// costs it something elsewhere, so that most are of the usual kind; and a bug that needs
/// both the kind and a rare schedule has to come up in a few thousand executions.
const UNUSUAL: u32 = 4;

impl Decisions {
    /// Decisions for one execution: drawn from `seed`, except where `prescription`
    /// prescribes them. Of that it follows what is named by the number of a decision;
    /// the rest is for a strategy that is told of points, such as
    /// [`Directed`](crate::strategy::Directed).
    #[must_use]
    pub fn new(seed: u64, environment: Environment, prescription: Prescription) -> Decisions {
        let mut cursor = Cursor::default();
        cursor.follow_numbers(prescription);
        Decisions {
            rng: Rng::new(seed),
            environment,
            cursor,
        }
    }

    /// Starts over for another execution, keeping the memory.
    #[inline]
    pub fn reset(
        &mut self,
        seed: u64,
        environment: Environment,
        prescription: Option<Box<Prescription>>,
    ) {
        self.rng.reset(seed);
        self.environment = environment;
        if prescription.is_some() || self.cursor.has_numbers() {
            self.cursor
                .follow_numbers(*prescription.unwrap_or_default());
        }
    }

    /// A choice of the environment among `arity` alternatives, at least two: the
    /// one with number `at`.
    pub fn choose(&mut self, at: u32, kind: ChoiceKind, arity: u32) -> u32 {
        debug_assert!(kind != ChoiceKind::Task, "tasks are chosen by scheduled()");
        debug_assert!(arity > 1, "there is nothing to choose");
        match self.cursor.numbered_choice(at, kind, arity) {
            Some(picked) => picked,
            None if self.environment == Environment::First => 0,
            None => match kind {
                ChoiceKind::Spurious | ChoiceKind::WeakFailure | ChoiceKind::Cancel => {
                    u32::from(self.rng.below(RARE) == 0)
                }
                ChoiceKind::Delay | ChoiceKind::Reuse => u32::from(self.rng.below(UNUSUAL) == 0),
                _ => self.rng.below(arity),
            },
        }
    }

    /// Whether nothing is prescribed.
    #[inline]
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.cursor.is_free()
    }

    /// The task that is prescribed for decision `at`, among `arity` tasks, if one is.
    /// `nth` gives the task with a rank, and `is_ready` says whether a task may run.
    #[inline]
    pub fn scheduled(
        &mut self,
        at: u32,
        arity: u32,
        nth: impl FnOnce(u32) -> u32,
        is_ready: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        if self.cursor.is_free() {
            return None;
        }
        self.cursor.numbered_task(at, arity, nth, is_ready)
    }

    /// Where the execution left choices that it was to follow exactly.
    #[must_use]
    pub fn divergence(&self) -> Option<&Divergence> {
        self.cursor.divergence()
    }
}
