//! Replays recorded choices.

use std::fmt;

use crate::choice::{Choice, ChoiceKind};

/// The choices of an execution, each for the decision with its number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// Every choice, in order.
    pub choices: Vec<Choice>,
    /// Whether all ends at the first choice that does not fit, where the execution has
    /// [diverged](Divergence). Otherwise what does not fit is passed over.
    pub exact: bool,
}

impl Recorded {
    /// The choice with number `at`, if it is of this kind and out of as many, and what it
    /// picked can be had.
    pub(super) fn fitting(
        &self,
        at: u32,
        kind: ChoiceKind,
        arity: u32,
        can_be_had: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let choice = self.choices.get(at as usize)?;
        let fits = choice.kind == kind && choice.arity == arity && can_be_had(choice.picked);
        fits.then_some(choice.picked)
    }

    /// How choice number `at` differs from what the execution came to.
    pub(super) fn divergence(&self, at: u32, kind: ChoiceKind, arity: u32) -> Divergence {
        Divergence {
            at: at as usize,
            recorded: self.choices.get(at as usize).copied(),
            kind,
            arity,
        }
    }
}

/// Where an execution left the recorded choices that it was to follow.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Divergence {
    /// Which decision, counted from 0.
    pub at: usize,
    /// What was recorded, `None` if the record had ended.
    pub recorded: Option<Choice>,
    /// The kind of choice that the execution came to.
    pub kind: ChoiceKind,
    /// How many alternatives it had.
    pub arity: u32,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "decision {}: the execution chose a {} among {}, ",
            self.at, self.kind, self.arity
        )?;
        match self.recorded {
            Some(c) if c.kind == ChoiceKind::Task => write!(
                f,
                "the trace has task {} among {}",
                crate::id::TaskId(c.picked),
                c.arity
            ),
            Some(c) => write!(f, "the trace has {} {} among {}", c.kind, c.picked, c.arity),
            None => f.write_str("the trace has ended"),
        }
    }
}
