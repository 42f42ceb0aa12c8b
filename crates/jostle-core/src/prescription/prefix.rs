//! A prefix: the beginning of an execution, replayed as far as it fits.
//!
//! A recorded replay must match exactly: a choice of another kind or arity is an error. A
//! prefix may not match, and is followed as far as possible. A search starts with one: the
//! choices of an execution that was worth keeping, cut off or rearranged, in the hope of
//! getting close to where that one got.

use crate::choice::{Choice, ChoiceKind};

/// One choice of a prefix.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Pick {
    /// What it is about.
    pub kind: ChoiceKind,
    /// A task number for [`ChoiceKind::Task`]; otherwise which alternative, modulo
    /// their number.
    pub picked: u32,
}

impl From<Choice> for Pick {
    fn from(choice: Choice) -> Pick {
        Pick {
            kind: choice.kind,
            picked: choice.picked,
        }
    }
}

/// Choices to begin an execution with.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct Prefix {
    /// In the order in which they are made.
    pub picks: Vec<Pick>,
    /// Whether the prefix ends at the first choice that it does not fit. Otherwise
    /// what does not fit is skipped: a task that is not runnable, and a choice of the
    /// environment that is not asked for.
    pub strict: bool,
}

/// A prefix that is being read.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    prefix: Prefix,
    next: usize,
}

impl Reading {
    pub(super) fn new(prefix: Prefix) -> Reading {
        Reading { prefix, next: 0 }
    }

    /// Begins anew.
    pub(super) fn begin(&mut self) {
        self.next = 0;
    }

    /// The task that goes on, if the prefix has one.
    pub(super) fn task(&mut self, is_ready: impl Fn(u32) -> bool) -> Option<u32> {
        while let Some(pick) = self.prefix.picks.get(self.next) {
            self.next += 1;
            if pick.kind == ChoiceKind::Task && is_ready(pick.picked) {
                return Some(pick.picked);
            }
            if self.prefix.strict {
                self.next = self.prefix.picks.len();
            }
        }
        None
    }

    /// What the environment does, if the prefix says so here.
    pub(super) fn other(&mut self, kind: ChoiceKind, arity: u32) -> Option<u32> {
        let pick = self.prefix.picks.get(self.next)?;
        if pick.kind == kind {
            self.next += 1;
            return Some(pick.picked % arity);
        }
        // A lenient prefix waits: its next choice may fit the next decision.
        if self.prefix.strict {
            self.next = self.prefix.picks.len();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(picked: u32) -> Pick {
        Pick {
            kind: ChoiceKind::Task,
            picked,
        }
    }

    fn reading(picks: &[Pick], strict: bool) -> Reading {
        Reading::new(Prefix {
            picks: picks.to_vec(),
            strict,
        })
    }

    const ARM: Pick = Pick {
        kind: ChoiceKind::Arm,
        picked: 7,
    };

    #[test]
    fn a_strict_prefix_ends_where_it_does_not_fit() {
        let mut prefix = reading(&[task(1), task(5), task(2)], true);
        assert_eq!(prefix.task(|t| t < 3), Some(1));
        assert_eq!(prefix.task(|t| t < 3), None);
        assert_eq!(prefix.task(|_| true), None);
        let mut prefix = reading(&[task(1), task(2)], true);
        assert_eq!(prefix.other(ChoiceKind::Arm, 3), None);
        assert_eq!(prefix.task(|_| true), None);
    }

    #[test]
    fn a_lenient_prefix_skips_what_does_not_fit() {
        let mut prefix = reading(&[task(1), task(5), ARM, task(2)], false);
        assert_eq!(prefix.other(ChoiceKind::Arm, 3), None);
        assert_eq!(prefix.task(|t| t < 3), Some(1));
        assert_eq!(prefix.task(|t| t < 3), Some(2));
        assert_eq!(prefix.task(|_| true), None);
    }

    #[test]
    fn choices_of_the_environment_are_read_in_their_place() {
        for strict in [false, true] {
            let mut prefix = reading(&[task(1), ARM, task(2)], strict);
            assert_eq!(prefix.task(|_| true), Some(1));
            assert_eq!(prefix.other(ChoiceKind::Arm, 4), Some(3), "7 modulo 4");
            assert_eq!(prefix.task(|_| true), Some(2));
            assert_eq!(prefix.other(ChoiceKind::Arm, 4), None);
        }
    }
}
