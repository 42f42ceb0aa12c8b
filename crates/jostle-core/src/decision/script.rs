//! Recorded choices read back, prefixes of them, and sparse deviations from a
//! sampler.

use std::fmt;

use super::tape::{Tape, Winding};
use super::{Choice, ChoiceKind};

/// A deviation: what to pick at one decision, whatever the sampler says.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Override {
    /// Which decision of the execution, counted from 0.
    pub at: u32,
    /// Which alternative, modulo the number of alternatives. For a scheduling
    /// decision: the rank among the ready tasks, in the order of their numbers.
    pub pick: u32,
}

/// What is prescribed about the choices of an execution.
#[derive(Clone, Debug)]
pub struct Script {
    mode: Mode,
    /// Played before the overrides are asked; see [`Script::with_tape`].
    tape: Option<Winding>,
    divergence: Option<Divergence>,
}

#[derive(Clone, Debug)]
enum Mode {
    Free,
    /// Invariant: sorted by `at`, no two with the same `at`.
    Overrides {
        list: Vec<Override>,
        next: usize,
    },
    Exact(Vec<Choice>),
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

impl Default for Script {
    fn default() -> Script {
        Script::free()
    }
}

impl Script {
    /// Nothing is prescribed.
    #[must_use]
    pub fn free() -> Script {
        Script {
            mode: Mode::Free,
            tape: None,
            divergence: None,
        }
    }

    /// Some decisions are prescribed; of several overrides of the same decision
    /// the first one counts.
    #[must_use]
    pub fn overrides(mut list: Vec<Override>) -> Script {
        if list.is_empty() {
            return Script::free();
        }
        list.sort_by_key(|o| o.at);
        list.dedup_by_key(|o| o.at);
        Script {
            mode: Mode::Overrides { list, next: 0 },
            tape: None,
            divergence: None,
        }
    }

    /// Every decision is prescribed. After the first divergence, or when the
    /// choices have run out, nothing is prescribed any more.
    #[must_use]
    pub fn exact(choices: Vec<Choice>) -> Script {
        Script {
            mode: Mode::Exact(choices),
            tape: None,
            divergence: None,
        }
    }

    /// The same, after what `tape` says: where an override prescribes something,
    /// it goes before the tape, which does not move.
    #[must_use]
    pub fn with_tape(self, tape: Tape) -> Script {
        let tape = (!tape.picks.is_empty()).then(|| Winding::new(tape));
        Script { tape, ..self }
    }

    pub(super) fn is_free(&self) -> bool {
        matches!(self.mode, Mode::Free) && self.tape.is_none()
    }

    pub(super) fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    pub(super) fn prescribed(&mut self, at: usize, kind: ChoiceKind, arity: u32) -> Option<u32> {
        self.ruled(at, kind, arity)
            .or_else(|| self.tape.as_mut()?.other(kind, arity))
    }

    fn ruled(&mut self, at: usize, kind: ChoiceKind, arity: u32) -> Option<u32> {
        match &mut self.mode {
            Mode::Free => None,
            Mode::Overrides { list, next } => take(list, next, at).map(|pick| pick % arity),
            Mode::Exact(choices) => {
                let recorded = choices.get(at).copied();
                match recorded {
                    Some(c) if c.kind == kind && c.arity == arity && c.picked < arity => {
                        Some(c.picked)
                    }
                    _ => {
                        self.diverged(at, recorded, kind, arity);
                        None
                    }
                }
            }
        }
    }

    pub(super) fn prescribed_task(
        &mut self,
        at: usize,
        arity: u32,
        nth: impl FnOnce(u32) -> u32,
        is_ready: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        self.ruled_task(at, arity, nth, &is_ready)
            .or_else(|| self.tape.as_mut()?.task(is_ready))
    }

    fn ruled_task(
        &mut self,
        at: usize,
        arity: u32,
        nth: impl FnOnce(u32) -> u32,
        is_ready: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        match &mut self.mode {
            Mode::Free => None,
            Mode::Overrides { list, next } => take(list, next, at).map(|pick| nth(pick % arity)),
            Mode::Exact(choices) => {
                let recorded = choices.get(at).copied();
                match recorded {
                    Some(c)
                        if c.kind == ChoiceKind::Task && c.arity == arity && is_ready(c.picked) =>
                    {
                        Some(c.picked)
                    }
                    _ => {
                        self.diverged(at, recorded, ChoiceKind::Task, arity);
                        None
                    }
                }
            }
        }
    }

    fn diverged(&mut self, at: usize, recorded: Option<Choice>, kind: ChoiceKind, arity: u32) {
        self.divergence = Some(Divergence {
            at,
            recorded,
            kind,
            arity,
        });
        self.mode = Mode::Free;
    }
}

/// The pick of the override for decision `at`, if there is one. Decisions come
/// in order, so `next` only moves forward.
fn take(list: &[Override], next: &mut usize, at: usize) -> Option<u32> {
    while let Some(o) = list.get(*next) {
        match (o.at as usize).cmp(&at) {
            std::cmp::Ordering::Less => *next += 1,
            std::cmp::Ordering::Equal => {
                *next += 1;
                return Some(o.pick);
            }
            std::cmp::Ordering::Greater => return None,
        }
    }
    None
}
