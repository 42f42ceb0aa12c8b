//! The beginning of an execution, read back as far as it fits.
//!
//! A record names every choice with its arity, and a replay that comes to another
//! one has gone wrong. A tape is what a search plays: the choices of an execution
//! that was worth keeping, cut off or rearranged, in the hope of getting close to
//! where that one got. It need not fit.

use crate::decision::{Choice, ChoiceKind};

/// One choice on a tape.
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
pub struct Tape {
    /// In the order in which they are played.
    pub picks: Vec<Pick>,
    /// Whether the tape ends at the first choice that it does not fit. Otherwise
    /// what does not fit is skipped: a task that is not ready, and a choice of the
    /// environment that is not asked for.
    pub strict: bool,
}

/// A tape that is being played.
#[derive(Clone, Debug)]
pub(super) struct Winding {
    tape: Tape,
    next: usize,
}

impl Winding {
    pub(super) fn new(tape: Tape) -> Winding {
        Winding { tape, next: 0 }
    }

    /// The task that goes on, if the tape has one.
    pub(super) fn task(&mut self, is_ready: impl Fn(u32) -> bool) -> Option<u32> {
        while let Some(pick) = self.tape.picks.get(self.next) {
            self.next += 1;
            if pick.kind == ChoiceKind::Task && is_ready(pick.picked) {
                return Some(pick.picked);
            }
            if self.tape.strict {
                self.next = self.tape.picks.len();
            }
        }
        None
    }

    /// What the environment does, if the tape says so here.
    pub(super) fn other(&mut self, kind: ChoiceKind, arity: u32) -> Option<u32> {
        let pick = self.tape.picks.get(self.next)?;
        if pick.kind == kind {
            self.next += 1;
            return Some(pick.picked % arity);
        }
        // A lenient tape waits: its next choice may fit the next decision.
        if self.tape.strict {
            self.next = self.tape.picks.len();
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

    fn winding(picks: &[Pick], strict: bool) -> Winding {
        Winding::new(Tape {
            picks: picks.to_vec(),
            strict,
        })
    }

    const ARM: Pick = Pick {
        kind: ChoiceKind::Arm,
        picked: 7,
    };

    #[test]
    fn a_strict_tape_ends_where_it_does_not_fit() {
        let mut tape = winding(&[task(1), task(5), task(2)], true);
        assert_eq!(tape.task(|t| t < 3), Some(1));
        assert_eq!(tape.task(|t| t < 3), None);
        assert_eq!(tape.task(|_| true), None);
        let mut tape = winding(&[task(1), task(2)], true);
        assert_eq!(tape.other(ChoiceKind::Arm, 3), None);
        assert_eq!(tape.task(|_| true), None);
    }

    #[test]
    fn a_lenient_tape_skips_what_does_not_fit() {
        let mut tape = winding(&[task(1), task(5), ARM, task(2)], false);
        assert_eq!(tape.other(ChoiceKind::Arm, 3), None);
        assert_eq!(tape.task(|t| t < 3), Some(1));
        assert_eq!(tape.task(|t| t < 3), Some(2));
        assert_eq!(tape.task(|_| true), None);
    }

    #[test]
    fn choices_of_the_environment_are_played_in_their_place() {
        for strict in [false, true] {
            let mut tape = winding(&[task(1), ARM, task(2)], strict);
            assert_eq!(tape.task(|_| true), Some(1));
            assert_eq!(tape.other(ChoiceKind::Arm, 4), Some(3), "7 modulo 4");
            assert_eq!(tape.task(|_| true), Some(2));
            assert_eq!(tape.other(ChoiceKind::Arm, 4), None);
        }
    }
}
