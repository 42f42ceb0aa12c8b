//! TSan's reports, caught where they are made and read later.
//!
//! TSan makes a report in the middle of the access that shows the race, with its
//! own locks held. There `report.c` puts the bare numbers aside; the runtime asks
//! for them at the next decision.

use std::ffi::{CStr, c_char, c_void};

use super::{Edge, symbols, task_of};
use crate::sanitizer::{Access, Race};

const FRAMES: usize = 64;
const ACCESSES: usize = 2;

/// `struct access` of `report.c`.
#[repr(C)]
struct RawAccess {
    fiber: i64,
    address: *mut c_void,
    write: i32,
    atomic: i32,
    size: i32,
    reserved: i32,
    stack: [*mut c_void; FRAMES],
}

/// `struct report` of `report.c`.
#[repr(C)]
struct RawReport {
    caught: i32,
    count: i32,
    kind: *const c_char,
    accesses: [RawAccess; ACCESSES],
}

unsafe extern "C" {
    fn jostle_tsan_report() -> *mut RawReport;
}

/// Drops what was reported after the end of the last execution.
pub(crate) fn forget() {
    // SAFETY: As in `reported`.
    unsafe { (*jostle_tsan_report()).caught = 0 };
}

/// Whether [`reported`] has something to give.
#[inline]
pub(crate) fn has_reported() -> bool {
    // SAFETY: As in `reported`.
    unsafe { (*jostle_tsan_report()).caught != 0 }
}

/// The race that was reported since the last call, if there was one. Called
/// inside the runtime, by the OS thread's execution.
#[inline]
pub(crate) fn reported() -> Option<Race> {
    // SAFETY: A thread-local of this OS thread, which is written only while one
    // of the thread's accesses is being reported. That is not the case here: the
    // runtime's own are not.
    let raw = unsafe { &mut *jostle_tsan_report() };
    if raw.caught == 0 {
        return None;
    }
    raw.caught = 0;
    Some(decode(raw))
}

#[cold]
fn decode(raw: &RawReport) -> Race {
    let kind = if raw.kind.is_null() {
        "data-race".to_owned()
    } else {
        // SAFETY: TSan's words for kinds of reports are constants.
        let kind = unsafe { CStr::from_ptr(raw.kind) };
        kind.to_string_lossy().into_owned()
    };
    let accesses = raw.accesses[..raw.count as usize]
        .iter()
        .map(|access| Access {
            task: u64::try_from(access.fiber).ok().and_then(task_of),
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
    Race { kind, accesses }
}
