//! Logs events and notes, and makes environment choices.

use jostle_core::decision::ChoiceKind;
use jostle_core::id::ObjectId;
use jostle_core::op::{Op, OpKind, Site};

use crate::rt::current;

/// Records something that the running task did and that is no scheduling point.
#[inline]
pub(crate) fn event(kind: OpKind, object: ObjectId, site: Site) {
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.event(Op { kind, object, site }));
    }
}

/// Notes a detail of the running task's last step.
#[inline]
pub(crate) fn note(value: u32) {
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.note(value));
    }
}

/// Notes that the running task's last step could have written and did not.
#[inline]
pub(crate) fn note_futile() {
    if let Some(current) = current::try_get() {
        current.with(|x| x.kernel.note_futile());
    }
}

/// A choice of the environment among `arity` alternatives; 0 in teardown.
pub(crate) fn choose(kind: ChoiceKind, arity: u32) -> u32 {
    current::get("choice").with(|x| x.choose(kind, arity))
}
