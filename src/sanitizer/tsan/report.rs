//! TSan's reports, caught where they are made and read later.
//!
//! TSan makes a report in the middle of the access that shows the race, with its
//! own locks held. There `report.c` puts the bare numbers aside; the runtime asks
//! for them at the next decision.

use std::ffi::{CStr, c_char, c_void};

use super::{Edge, ffi, held, symbols, task_of};
use crate::sanitizer::{Access, Race};

const FRAMES: usize = 64;
const ACCESSES: usize = 2;
const MUTEXES: usize = 32;

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
    /// Nulls follow.
    mutexes: [*mut c_void; MUTEXES],
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
///
/// A race with another OS thread is none: a `static` is shared by executions that have
/// nothing to do with each other, and threads that a scenario starts itself are found
/// out by other means.
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
    let race = decode(raw);
    look_again(raw.accesses[0].address);
    let ours = race.accesses.iter().all(|access| access.task.is_some());
    ours.then_some(race)
}

/// Has TSan look at an address again that it has made a report about: it marks it as
/// one that is never written, and ignores reads of it until the memory is freed. The
/// places of edges never are, nor is a `static`; there the race would be found once in
/// the life of the process.
///
/// TSan forgets what it knows of a page when the page is unmapped, before it asks the
/// system to do that, which refuses if the address is not that of a page.
fn look_again(address: *mut c_void) {
    let statics = (&raw const ffi::__data_start).addr()..(&raw const ffi::_end).addr();
    if !Edge::is_at(address) && !statics.contains(&address.addr()) {
        return;
    }
    // SAFETY: `sysconf` takes a number and returns one.
    let size = unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as usize;
    let within = address.map_addr(|address| address & !(size - 1) | 1);
    // SAFETY: An address that is not a multiple of the page size is an error and has no
    // effect (POSIX, `munmap`).
    let status = unsafe { libc::munmap(within, size) };
    debug_assert_eq!(status, -1);
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
        .map(|access| (access, u64::try_from(access.fiber).ok().and_then(task_of)))
        .map(|(access, task)| Access {
            task,
            held: held::of(task, &raw.mutexes),
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
