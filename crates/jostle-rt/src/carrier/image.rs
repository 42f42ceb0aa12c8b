//! The state that every execution starts from.
//!
//! At the fork point everything that the program can change is copied: the writable segments
//! of the executable and of its libraries, libc among them (its environment, locale and lists
//! hold pointers into the heap that is put back), the heap, the main thread's stack and its
//! thread-local storage. What stays as it is: this library, which keeps what was learnt, and
//! the loader, whose lists of loaded objects only grow.

#![allow(unsafe_code)]

use std::ffi::{CStr, c_int, c_void};
use std::ops::Range;
use std::slice;

/// A copy of a range of memory.
#[derive(Debug)]
struct Part {
    at: usize,
    bytes: Box<[u8]>,
}

/// The copies.
#[derive(Debug, Default)]
pub(crate) struct Image {
    parts: Vec<Part>,
}

impl Image {
    /// Copies `ranges` and the writable segments of the loaded objects.
    ///
    /// # Safety
    ///
    /// The ranges are readable, and the program does not run.
    pub(crate) unsafe fn take(ranges: &[Range<usize>]) -> Image {
        let parts = segments().into_iter().chain(ranges.iter().cloned());
        let copy = |range: Range<usize>| Part {
            at: range.start,
            // SAFETY: As the caller promises; a loaded segment is readable.
            bytes: unsafe {
                slice::from_raw_parts(
                    std::ptr::with_exposed_provenance::<u8>(range.start),
                    range.len(),
                )
            }
            .into(),
        };
        Image {
            parts: parts.filter(|r| !r.is_empty()).map(copy).collect(),
        }
    }

    /// Puts everything back.
    ///
    /// # Safety
    ///
    /// The ranges are still mapped and writable, and the program does not run.
    pub(crate) unsafe fn restore(&self) {
        for part in &self.parts {
            let at = std::ptr::with_exposed_provenance_mut::<u8>(part.at);
            // SAFETY: As the caller promises; the copy lies elsewhere.
            unsafe { at.copy_from_nonoverlapping(part.bytes.as_ptr(), part.bytes.len()) };
        }
    }
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
