//! Oracles: rules that judge a stopped execution.
//!
//! - [`deadlock`]: a circle of tasks, or every task asleep before the body has
//!   returned.
//! - [`lost_wakeup`]: a notification while no task waited, or a waker that is gone.
//! - [`leak`]: tasks that remain when the body has returned.
//! - [`livelock`]: steps without end.
//! - `evidence`: converts blocked tasks into `Wait`s and messages.
//!
//! Each rule is a pure function of a [`Snapshot`] and says by itself when it
//! applies. Panics and misuse end the execution directly; no oracle is involved.
//! Executions in which every task has finished are not judged.

pub mod deadlock;
mod evidence;
pub mod leak;
pub mod livelock;
pub mod lost_wakeup;

use crate::finding::Finding;
use crate::snapshot::Snapshot;

/// The rules, the most telling first.
///
/// 1. A **circle** of tasks is a bug whatever else happened, and explains the
///    tasks that wait for its members. No wake-up could have opened it, so
///    that it goes before lost wake-ups.
/// 2. A **lost wake-up** explains why tasks sleep, where the next two rules
///    only say that they do.
/// 3. **All asleep** while the body has not returned.
/// 4. **Leaked**: asleep after the body has returned.
/// 5. **Livelock**: the body does not return.
/// 6. **Still running** after the body has returned.
///
/// Rules 3 to 6 exclude each other.
const RULES: [fn(&Snapshot) -> Option<Finding>; 6] = [
    deadlock::circle,
    lost_wakeup::lost,
    deadlock::asleep,
    leak::leaked,
    livelock::endless,
    leak::running,
];

/// Judges a stopped execution: the finding, if anything is wrong.
///
/// The first of these rules that applies decides: circle, lost wake-up, all
/// asleep, leaked, livelock, still running. An execution in which every task
/// has finished is never a finding.
#[must_use]
pub fn judge(snapshot: &Snapshot) -> Option<Finding> {
    RULES.iter().find_map(|rule| rule(snapshot))
}

#[cfg(test)]
mod tests;
