//! Decisions: every nondeterministic choice of an execution passes through
//! this module.
//!
//! - [`mod@self`]: [`Decisions`], which answers choices.
//! - `rng`: [`Rng`], the ChaCha stream that samplers draw from.
//! - `script`: recorded choices read back, and the first divergence.
//! - `tape`: the beginning of an execution, read back as far as it fits.
//!
//! There are two kinds of randomness, and only one of them is recorded. A
//! strategy draws from [`Rng`] to make up its mind; that is its own affair.
//! What it then picks, and what the environment does (which waiter wakes, which
//! `select!` arm is taken, whether a wait ends spuriously), are **choices**: a
//! kind, the number of alternatives, and the one picked. The list of choices
//! alone determines the execution, whatever strategy produced it.

mod rng;
mod script;
mod tape;

pub use rng::Rng;
pub use script::{Divergence, Override, Script};
pub use tape::{Pick, Tape};

use std::fmt;

macro_rules! choice_kinds {
    ($($(#[$doc:meta])* $kind:ident $code:literal $name:literal,)*) => {
        /// What a choice is about.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum ChoiceKind { $($(#[$doc])* $kind,)* }

        impl ChoiceKind {
            /// Every kind.
            pub const ALL: &'static [ChoiceKind] = &[$(ChoiceKind::$kind,)*];

            /// The letter that trace files use.
            #[must_use]
            pub const fn code(self) -> char {
                match self { $(ChoiceKind::$kind => $code,)* }
            }

            /// The word that reports use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(ChoiceKind::$kind => $name,)* }
            }
        }
    };
}

choice_kinds! {
    /// Which task goes on; the value picked is the number of the task.
    Task 't' "task",
    /// Which waiter wakes.
    Waiter 'w' "waiter",
    /// Which of the ready arms of a `select!` is taken.
    Arm 'a' "select arm",
    /// Which of several timers with the same deadline fires first.
    Timer 'c' "timer",
    /// Whether a wait ends without having been woken.
    Spurious 's' "spurious wake-up",
    /// Whether a weak compare-exchange fails although the values are equal.
    WeakFailure 'f' "weak failure",
    /// Whether a task is cancelled at an await.
    Cancel 'x' "cancellation",
    /// A value that the scenario asks for.
    Value 'v' "value",
}

impl ChoiceKind {
    /// The kind with this letter.
    #[must_use]
    pub fn from_code(code: char) -> Option<ChoiceKind> {
        ChoiceKind::ALL.iter().copied().find(|k| k.code() == code)
    }
}

impl fmt::Display for ChoiceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One recorded choice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Choice {
    /// What it was about.
    pub kind: ChoiceKind,
    /// How many alternatives there were, at least two.
    pub arity: u32,
    /// The one picked: a task number for [`ChoiceKind::Task`], otherwise a
    /// number below `arity`.
    pub picked: u32,
}

/// How the environment behaves where nothing prescribes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Environment {
    /// The first alternative, always: no spurious wake-ups, no cancellations,
    /// first in first out.
    Calm,
    /// Drawn from [`Rng`]; the rare events of [`ChoiceKind::Spurious`],
    /// [`ChoiceKind::WeakFailure`] and [`ChoiceKind::Cancel`] with probability
    /// one in eight.
    Random,
}

/// Answers the choices of one execution. Which one is asked for is told by its
/// number, counted from 0; whoever asks records the answer.
#[derive(Debug)]
pub struct Decisions {
    /// What samplers draw from.
    pub rng: Rng,
    environment: Environment,
    script: Script,
}

/// One in this many opportunities for a rare event is taken. Rare enough that
/// most executions of a loop make progress, frequent enough that a scenario
/// with a handful of waits meets one within ten executions.
const RARE: u32 = 8;

impl Decisions {
    /// Decisions for one execution: drawn from `seed`, except where `script`
    /// prescribes them.
    #[must_use]
    pub fn new(seed: u64, environment: Environment, script: Script) -> Decisions {
        Decisions {
            rng: Rng::new(seed),
            environment,
            script,
        }
    }

    /// Starts over for another execution, keeping the memory.
    pub fn reset(&mut self, seed: u64, environment: Environment, script: Script) {
        self.rng.reset(seed);
        self.environment = environment;
        self.script = script;
    }

    /// A choice of the environment among `arity` alternatives, at least two: the
    /// one with number `at`.
    pub fn choose(&mut self, at: u32, kind: ChoiceKind, arity: u32) -> u32 {
        debug_assert!(kind != ChoiceKind::Task, "tasks are chosen by schedule()");
        debug_assert!(arity > 1, "there is nothing to choose");
        match self.script.prescribed(at as usize, kind, arity) {
            Some(picked) => picked,
            None if self.environment == Environment::Calm => 0,
            None => match kind {
                ChoiceKind::Spurious | ChoiceKind::WeakFailure | ChoiceKind::Cancel => {
                    u32::from(self.rng.below(RARE) == 0)
                }
                _ => self.rng.below(arity),
            },
        }
    }

    /// Whether nothing is prescribed.
    #[must_use]
    pub fn is_free(&self) -> bool {
        self.script.is_free()
    }

    /// The task that the script prescribes for decision `at`, among `arity`
    /// tasks, if it prescribes one. `nth` gives the task with a rank, and
    /// `is_ready` says whether a task may run.
    #[inline]
    pub fn scheduled(
        &mut self,
        at: u32,
        arity: u32,
        nth: impl FnOnce(u32) -> u32,
        is_ready: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        if self.script.is_free() {
            return None;
        }
        self.script
            .prescribed_task(at as usize, arity, nth, is_ready)
    }

    /// Where the execution left a script that it was to follow exactly.
    #[must_use]
    pub fn divergence(&self) -> Option<&Divergence> {
        self.script.divergence()
    }
}
