//! The kinds of choices that an execution makes, and the record of one choice.

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

// The order is part of file formats (fingerprints, site classes in inputs): append only.
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
    /// Whether threads may be slow in this execution, so that timers come early for them.
    Delay 'd' "delay",
    /// Whether memory that was freed may serve again in this execution.
    Reuse 'r' "reuse of memory",
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
    First,
    /// Drawn from [`Rng`](crate::decision::Rng); the rare events of [`ChoiceKind::Spurious`],
    /// [`ChoiceKind::WeakFailure`] and [`ChoiceKind::Cancel`] with probability
    /// one in eight, [`ChoiceKind::Delay`] and [`ChoiceKind::Reuse`] with one in four.
    Random,
}
