//! Prescriptions: rules that an execution has to follow, and following them.
//!
//! A [`Prescription`] is a list of rules. They differ in how they name the decision that
//! they are about:
//!
//! | rule | names | used by |
//! | --- | --- | --- |
//! | [`Recorded`] | every choice, by number | replay of a trace |
//! | [`Override`] | one choice, by number | inputs of a fuzzer |
//! | [`Prefix`] | the first choices, in order | search |
//! | [`Row`] | a point, in words | regression tests |
//! | [`Deviation`] | a point: who made the last step, and how many | minimizer |
//! | [`Stay`] | a task from one point until another task's | explanation |
//! | [`Order`], [`Hold`] | site classes of operations | search |
//!
//! One [`Cursor`] follows them all, from `cursor`. It queries:
//!
//! - `numbered`: rules keyed by decision number, from `recorded`, `overrides` and `prefix`.
//! - `point`: rules keyed by point.
//! - `words`: rules keyed by words, from `row` (their text) and `actors` (the names of tasks
//!   and points).
//! - `held`: rules keyed by site class, from `constraint`.

mod actors;
mod constraint;
mod cursor;
mod held;
mod numbered;
mod overrides;
mod point;
mod prefix;
mod recorded;
mod row;
mod words;

pub use constraint::{Hold, Order};
pub use cursor::Cursor;
pub use overrides::Override;
pub use point::{Deviation, Point, Stay};
pub use prefix::{Pick, Prefix};
pub use recorded::{Divergence, Recorded};
pub use row::{BadRow, Row, Then, What, Where, Who};
pub use words::Missed;

pub(crate) use actors::Actors;
pub(crate) use point::key_of;

use crate::choice::Choice;
use numbered::Numbered;

/// What is prescribed about an execution.
///
/// Where two rules have something to say about the same decision, the one that stands
/// first here does. Constraints say who may not go on; they bind whoever picks where no
/// other rule applies.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Prescription {
    /// Every choice.
    pub recorded: Option<Recorded>,
    /// Single decisions. Of several for the same one the first one counts.
    pub overrides: Vec<Override>,
    /// Choices to begin with. Where an override applies the prefix does not move.
    pub prefix: Prefix,
    /// Deviations from the non-preemptive schedule in words, to be followed one after
    /// the other.
    pub rows: Vec<Row>,
    /// Deviations from the non-preemptive schedule, as far as they apply.
    pub deviations: Vec<Deviation>,
    /// As long as anybody else can go on, this task does not.
    pub stay: Option<Stay>,
    /// Which operations are to come before which.
    pub orders: Vec<Order>,
    /// A task to be held back.
    pub hold: Option<Hold>,
}

impl Prescription {
    /// Nothing is prescribed.
    #[must_use]
    pub fn free() -> Prescription {
        Prescription::default()
    }

    /// Some decisions are prescribed.
    #[must_use]
    pub fn overrides(overrides: Vec<Override>) -> Prescription {
        Prescription {
            overrides,
            ..Prescription::default()
        }
    }

    /// Every decision is prescribed. After the first divergence, or when the choices
    /// have run out, nothing is prescribed any more.
    #[must_use]
    pub fn exact(choices: Vec<Choice>) -> Prescription {
        let exact = true;
        Prescription {
            recorded: Some(Recorded { choices, exact }),
            ..Prescription::default()
        }
    }

    /// Every decision is prescribed, as far as the choices fit.
    #[must_use]
    pub fn recorded(choices: Vec<Choice>) -> Prescription {
        let exact = false;
        Prescription {
            recorded: Some(Recorded { choices, exact }),
            ..Prescription::default()
        }
    }

    /// The non-preemptive schedule but for these deviations.
    #[must_use]
    pub fn deviations(deviations: Vec<Deviation>) -> Prescription {
        Prescription {
            deviations,
            ..Prescription::default()
        }
    }

    /// The non-preemptive schedule but for these rows.
    #[must_use]
    pub fn rows(rows: Vec<Row>) -> Prescription {
        Prescription {
            rows,
            ..Prescription::default()
        }
    }

    /// The same, with choices to begin with.
    #[must_use]
    pub fn with_prefix(self, prefix: Prefix) -> Prescription {
        Prescription { prefix, ..self }
    }

    /// The same, with a task that stays where it is.
    #[must_use]
    pub fn with_stay(self, stay: Option<Stay>) -> Prescription {
        Prescription { stay, ..self }
    }

    fn into_numbered(self) -> Numbered {
        Numbered::new(self.recorded, self.overrides, self.prefix)
    }
}
