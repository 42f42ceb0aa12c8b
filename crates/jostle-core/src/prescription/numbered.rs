//! Rules keyed by decision number: recorded choices, overrides, a prefix.
//!
//! The fast path of an execution queries only these, and they need no notifications.

use crate::choice::ChoiceKind;
use crate::prescription::overrides::Overrides;
use crate::prescription::prefix::Reading;
use crate::prescription::recorded::{Divergence, Recorded};
use crate::prescription::{Override, Prefix};

/// The rules that go by number, in the order in which they are asked.
#[derive(Clone, Default, Debug)]
pub(super) struct Numbered {
    recorded: Option<Recorded>,
    overrides: Overrides,
    prefix: Option<Reading>,
    divergence: Option<Divergence>,
    /// There is something to be asked.
    active: bool,
}

impl Numbered {
    pub(super) fn new(
        recorded: Option<Recorded>,
        overrides: Vec<Override>,
        prefix: Prefix,
    ) -> Numbered {
        let mut numbered = Numbered {
            recorded,
            overrides: Overrides::new(overrides),
            prefix: (!prefix.picks.is_empty()).then(|| Reading::new(prefix)),
            divergence: None,
            active: false,
        };
        numbered.update();
        numbered
    }

    /// An execution begins.
    pub(super) fn begin(&mut self) {
        self.divergence = None;
        self.overrides.begin();
        if let Some(prefix) = &mut self.prefix {
            prefix.begin();
        }
        self.update();
    }

    fn update(&mut self) {
        let recorded = self.recorded.is_some() && self.divergence.is_none();
        self.active = recorded || !self.overrides.is_empty() || self.prefix.is_some();
    }

    /// Whether there is any rule, whether or not it still applies.
    #[inline]
    pub(super) fn is_made(&self) -> bool {
        self.recorded.is_some() || !self.overrides.is_empty() || self.prefix.is_some()
    }

    #[inline]
    pub(super) fn is_active(&self) -> bool {
        self.active
    }

    pub(super) fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    /// What the environment does at decision `at`.
    pub(super) fn choice(&mut self, at: u32, kind: ChoiceKind, arity: u32) -> Option<u32> {
        if !self.active {
            return None;
        }
        self.recorded(at, kind, arity, |picked| picked < arity)
            .or_else(|| self.overrides.take(at).map(|pick| pick % arity))
            .or_else(|| self.prefix.as_mut()?.other(kind, arity))
    }

    /// The task that goes on at decision `at`, among `arity` that are runnable.
    pub(super) fn task(
        &mut self,
        at: u32,
        arity: u32,
        nth: impl FnOnce(u32) -> u32,
        is_ready: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        self.recorded(at, ChoiceKind::Task, arity, &is_ready)
            .or_else(|| self.overrides.take(at).map(|pick| nth(pick % arity)))
            .or_else(|| self.prefix.as_mut()?.task(is_ready))
    }

    fn recorded(
        &mut self,
        at: u32,
        kind: ChoiceKind,
        arity: u32,
        can_be_had: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let recorded = self.recorded.as_ref()?;
        if self.divergence.is_some() {
            return None;
        }
        let fitting = recorded.fitting(at, kind, arity, can_be_had);
        if fitting.is_none() && recorded.exact {
            self.divergence = Some(recorded.divergence(at, kind, arity));
            self.update();
        }
        fitting
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::Choice;
    use crate::prescription::{Pick, Prescription};
    use ChoiceKind::{Arm, Task, Waiter};

    fn choice(kind: ChoiceKind, arity: u32, picked: u32) -> Choice {
        Choice {
            kind,
            arity,
            picked,
        }
    }

    /// Of tasks 10 and above; the one with rank `n` is 10 + n.
    fn task(numbered: &mut Numbered, at: u32, arity: u32) -> Option<u32> {
        let runnable = |task| (10..10 + arity).contains(&task);
        numbered.task(at, arity, |rank| 10 + rank, runnable)
    }

    #[test]
    fn nothing_prescribed_is_not_active() {
        let mut free = Prescription::free().into_numbered();
        assert!(!free.is_active());
        assert_eq!(free.choice(0, Arm, 2), None);
        assert_eq!(task(&mut free, 1, 3), None);
    }

    #[test]
    fn exact_choices_end_at_the_first_divergence() {
        let choices = vec![
            choice(Task, 3, 12),
            choice(Arm, 2, 1),
            choice(Task, 2, 11),
            choice(Waiter, 4, 3),
        ];
        let mut exact = Prescription::exact(choices.clone()).into_numbered();
        assert_eq!(task(&mut exact, 0, 3), Some(12));
        assert_eq!(exact.choice(1, Arm, 2), Some(1));
        assert_eq!(task(&mut exact, 2, 3), None, "out of three, not two");
        assert!(!exact.is_active());
        assert_eq!(exact.choice(3, Waiter, 4), None);
        let divergence = exact.divergence().unwrap();
        assert_eq!((divergence.at, divergence.arity), (2, 3));
        assert_eq!(divergence.recorded, Some(choices[2]));
        exact.begin();
        assert_eq!(task(&mut exact, 0, 3), Some(12));

        let mut passed_over = Prescription::recorded(choices).into_numbered();
        assert_eq!(task(&mut passed_over, 0, 2), None, "12 is not runnable");
        assert_eq!(passed_over.choice(1, Arm, 2), Some(1));
        assert_eq!(passed_over.choice(3, Waiter, 4), Some(3));
        assert_eq!(passed_over.choice(4, Waiter, 4), None, "it has ended");
        assert_eq!(passed_over.divergence(), None);
        assert!(passed_over.is_active());
    }

    #[test]
    fn an_override_goes_before_the_prefix_which_does_not_move() {
        let overrides = [(1, 5), (1, 0), (3, 7)].map(|(at, pick)| Override { at, pick });
        let picks = [11, 12].map(|picked| Pick { kind: Task, picked });
        let prefix = Prefix {
            picks: picks.to_vec(),
            strict: true,
        };
        let both = Prescription::overrides(overrides.to_vec()).with_prefix(prefix);
        let mut both = both.into_numbered();
        assert_eq!(task(&mut both, 0, 3), Some(11));
        assert_eq!(task(&mut both, 1, 3), Some(12), "rank 5 modulo 3");
        assert_eq!(task(&mut both, 2, 3), Some(12), "of the prefix");
        assert_eq!(both.choice(3, Arm, 4), Some(3), "7 modulo 4");
        assert_eq!(task(&mut both, 4, 3), None);
        assert!(both.is_active(), "as long as there are rules");
    }
}
