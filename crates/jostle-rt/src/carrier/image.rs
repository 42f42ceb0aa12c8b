//! The state that every execution starts from.
//!
//! At the fork point everything that the program can change is kept: the writable segments
//! of the executable and of its libraries, libc among them (its environment, locale and lists
//! hold pointers into the heap that is put back), the heap, the main thread's stack and its
//! thread-local storage. What stays as it is: this library, which keeps what was learnt, and
//! the loader, whose lists of loaded objects only grow.
//!
//! A small range is copied, and copied back before each execution. A large one is written to
//! a file in memory, of which a private mapping takes its place: the system then copies the
//! pages that an execution writes to, and forgets the copies when the next one begins. So
//! the cost of an execution follows what it changes, however large the heap is.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_int, c_void};
use std::ops::Range;
use std::slice;

use crate::sys;

/// From this size on a range is mapped. Below, a copy costs less than the page faults.
const LARGE: usize = 1 << 20;

const PAGE: usize = 4096;

/// How a range of memory is put back.
#[derive(Debug)]
enum Part {
    /// From a copy.
    Copied { at: usize, bytes: Box<[u8]> },
    /// By the system, which has it in a file. Whole pages.
    Mapped(Range<usize>),
}

/// Everything that is put back.
#[derive(Debug, Default)]
pub(crate) struct Image {
    parts: Vec<Part>,
}

impl Image {
    /// Keeps `ranges` and the writable segments of the loaded objects.
    ///
    /// # Safety
    ///
    /// The ranges are mapped privately, readable and writable, and the program does not run.
    pub(crate) unsafe fn take(ranges: &[Range<usize>]) -> Image {
        let mut image = Image::default();
        for range in segments().into_iter().chain(ranges.iter().cloned()) {
            let pages = range.start.next_multiple_of(PAGE)..range.end & !(PAGE - 1);
            // SAFETY: As the caller promises; a loaded segment is mapped like that, too.
            unsafe {
                if range.len() >= LARGE && map(&pages) {
                    image.copy(range.start..pages.start);
                    image.copy(pages.end..range.end);
                    image.parts.push(Part::Mapped(pages));
                } else {
                    image.copy(range);
                }
            }
        }
        image
    }

    /// Keeps a copy of `range`.
    ///
    /// # Safety
    ///
    /// It is readable, and the program does not run.
    unsafe fn copy(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let from = std::ptr::with_exposed_provenance::<u8>(range.start);
        // SAFETY: As the caller promises.
        let bytes = unsafe { slice::from_raw_parts(from, range.len()) }.into();
        self.parts.push(Part::Copied {
            at: range.start,
            bytes,
        });
    }

    /// Puts everything back.
    ///
    /// # Safety
    ///
    /// The ranges are still mapped and writable, and the program does not run.
    pub(crate) unsafe fn restore(&self) {
        for part in &self.parts {
            match part {
                Part::Copied { at, bytes } => {
                    let at = std::ptr::with_exposed_provenance_mut::<u8>(*at);
                    // SAFETY: As the caller promises; the copy lies elsewhere.
                    unsafe { at.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
                }
                Part::Mapped(pages) => {
                    // SAFETY: What the pages hold is to be forgotten.
                    unsafe { forget_changes(pages) };
                }
            }
        }
    }
}

/// Has a private mapping of a file with the same contents take the place of `pages`. Returns
/// whether that was possible; if not, the contents are what they were.
///
/// # Safety
///
/// They are whole pages of private mappings, readable and writable, and the program does not
/// run. The running stack is elsewhere.
unsafe fn map(pages: &Range<usize>) -> bool {
    // SAFETY: The name is a C string.
    let file = unsafe {
        sys::call(
            libc::SYS_memfd_create,
            [c"jostle-image".as_ptr().addr(), libc::MFD_CLOEXEC as usize],
        )
    };
    if file < 0 {
        return false;
    }
    let mut at = pages.start;
    while at < pages.end {
        // SAFETY: As the caller promises.
        let written = unsafe { sys::call(libc::SYS_write, [file as usize, at, pages.end - at]) };
        if written <= 0 {
            break;
        }
        at += written as usize;
    }
    let protection = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_FIXED | libc::MAP_NORESERVE;
    // SAFETY: The file has what the pages hold, so that nobody can tell the difference.
    let mapped = at == pages.end
        && unsafe {
            sys::call(
                libc::SYS_mmap,
                [
                    pages.start,
                    pages.len(),
                    protection as usize,
                    flags as usize,
                    file as usize,
                    0,
                ],
            )
        } == pages.start as isize;
    // SAFETY: Opened above; a mapping does not need the descriptor.
    unsafe { sys::call(libc::SYS_close, [file as usize]) };
    // Refused where pages are locked in memory.
    // SAFETY: Nothing was changed since.
    mapped && unsafe { forget_changes(pages) }
}

/// The pages of a mapped file are again what the file has. Returns whether the system does it.
///
/// # Safety
///
/// [`map`] has mapped them, and what was written to them since is not needed.
unsafe fn forget_changes(pages: &Range<usize>) -> bool {
    // SAFETY: As the caller promises.
    let done = unsafe {
        sys::call(
            libc::SYS_madvise,
            [pages.start, pages.len(), libc::MADV_DONTNEED as usize],
        )
    };
    done == 0
}
/// The writable segments of the loaded objects but this library, the loader and the vdso.
pub(crate) fn segments() -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    // SAFETY: The callback gets the list that it was given, for the length of the call.
    unsafe {
        crate::real::dl_iterate_phdr(Some(collect), (&raw mut found).cast());
    }
    found
}

unsafe extern "C" fn collect(info: *mut libc::dl_phdr_info, _: usize, found: *mut c_void) -> c_int {
    // SAFETY: The loader gives a valid description, and `found` is the list of `segments`.
    let (info, found) = unsafe { (&*info, &mut *found.cast::<Vec<Range<usize>>>()) };
    let name = match info.dlpi_name.is_null() {
        true => c"",
        // SAFETY: The loader gives a C string.
        false => unsafe { CStr::from_ptr(info.dlpi_name) },
    };
    let name = name.to_bytes();
    let contains = |part: &[u8]| name.windows(part.len()).any(|w| w == part);
    if contains(b"ld-linux") || contains(b"vdso") {
        return 0;
    }
    // SAFETY: The loader gives that many headers.
    let headers = unsafe { slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    let base = info.dlpi_addr as usize;
    let own = (&raw const crate::own_memory::MARK).addr();
    let range = |h: &libc::Elf64_Phdr| {
        let start = base + h.p_vaddr as usize;
        start..start + h.p_memsz as usize
    };
    let loaded = headers.iter().filter(|h| h.p_type == libc::PT_LOAD);
    if loaded.clone().any(|h| range(h).contains(&own)) {
        return 0;
    }
    // Made read-only by the loader once it is relocated.
    let relro = headers.iter().find(|h| h.p_type == libc::PT_GNU_RELRO);
    let relro = relro.map_or(0..0, |h| {
        let r = range(h);
        r.start & !4095..r.end.next_multiple_of(4096)
    });
    for header in loaded.filter(|h| h.p_flags & libc::PF_W != 0) {
        let mut range = range(header);
        if relro.contains(&range.start) {
            range.start = relro.end.min(range.end);
        }
        found.push(range);
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raw;

    #[test]
    fn a_large_range_is_what_it_was_however_often_it_is_changed() {
        let size = 3 * LARGE;
        let at = raw::map(0, size).expect("mapped").cast::<u64>();
        let words = size / 8;
        let range = at.expose_provenance() + 8..at.addr() + size - 8;
        // SAFETY: Mapped above, and used by this test only.
        unsafe {
            for word in 0..words {
                at.add(word).write(word as u64);
            }
            let mut image = Image::default();
            let pages = range.start.next_multiple_of(PAGE)..range.end & !(PAGE - 1);
            assert!(map(&pages));
            image.copy(range.start..pages.start);
            image.copy(pages.end..range.end);
            image.parts.push(Part::Mapped(pages));
            for _ in 0..3 {
                for word in [1, 2, words / 2, words - 3, words - 2] {
                    assert_eq!(at.add(word).read(), word as u64);
                    at.add(word).write(0);
                }
                image.restore();
            }
        }
    }
}
