//! Catches the reports of ThreadSanitizer where they are made, to be read later.
//!
//! TSan makes a report in the middle of the access that shows the race, with its own locks held.
//! There `report.c` puts the bare numbers aside; the runtime asks for them at the next decision.

use super::ffi::{self, Report};
use super::{Edge, held, symbols, task_of};
use crate::sanitizer::{Access, Race};

/// Drops what was reported after the end of the last execution.
pub(crate) fn forget() {
    Report::forget();
}

/// Whether [`reported`] has something to give.
#[inline]
pub(crate) fn has_reported() -> bool {
    Report::is_there()
}

/// The race that was reported since the last call, if there was one. Called
/// inside the runtime, by the OS thread's execution.
///
/// A race with another OS thread is none: a `static` is shared by executions that have
/// nothing to do with each other, and threads that a scenario starts itself are found
/// out by other means.
#[inline]
pub(crate) fn reported() -> Option<Race> {
    let race = Report::take(|report| {
        let race = decode(report);
        look_again(report);
        race
    })?;
    let ours = race.accesses.iter().all(|access| access.task.is_some());
    ours.then_some(race)
}

/// Has TSan look at an address again that it has made a report about: it marks it as
/// one that is never written, and ignores reads of it until the memory is freed. The
/// places of edges never are, nor is a `static`; there the race would be found once in
/// the life of the process.
fn look_again(report: &Report) {
    if let Some(access) = report.accesses().first()
        && (Edge::is_at(access.address) || ffi::is_static(access.address))
    {
        ffi::forget_page(access.address);
    }
}

#[cold]
fn decode(report: &Report) -> Race {
    let accesses = report
        .accesses()
        .iter()
        .map(|access| (access, u64::try_from(access.fiber).ok().and_then(task_of)))
        .map(|(access, task)| Access {
            task,
            held: held::of(task, &report.mutexes),
            modelled: Edge::is_at(access.address),
            write: access.write != 0,
            atomic: access.atomic != 0,
            size: access.size.unsigned_abs(),
            frames: access
                .stack
                .iter()
                .take_while(|address| !address.is_null())
                .flat_map(|address| symbols::frames(*address))
                .collect(),
        })
        .collect();
    Race {
        kind: report.kind(),
        accesses,
    }
}
