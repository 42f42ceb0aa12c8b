//! The files that this process consists of, and where they are loaded.

#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, c_int, c_void};
#[cfg(test)]
use std::io;
use std::os::unix::ffi::OsStrExt;
#[cfg(test)]
use std::path::Path;
use std::path::PathBuf;

/// A file that is loaded.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Object {
    /// What is added to the addresses that the file gives.
    pub bias: usize,
    /// The first address that the file covers here.
    pub start: usize,
    /// The address behind the last one.
    pub end: usize,
    /// The file.
    pub path: PathBuf,
}

impl Object {
    /// A file as it would be loaded with this bias.
    ///
    /// # Errors
    ///
    /// If it cannot be read or is no object file.
    #[cfg(test)]
    pub(crate) fn of_file(bias: usize, path: &Path) -> io::Result<Object> {
        use object::{Object as _, ObjectSegment as _};
        let map = super::image::mapped(&std::fs::File::open(path)?)?;
        let file = object::File::parse(&*map).map_err(io::Error::other)?;
        let ends = |s: &object::Segment<'_, '_>| (s.address(), s.address() + s.size());
        let start = file.segments().map(|s| ends(&s).0).min().unwrap_or(0);
        let end = file.segments().map(|s| ends(&s).1).max().unwrap_or(0);
        Ok(Object {
            bias,
            start: bias.wrapping_add(start as usize),
            end: bias.wrapping_add(end as usize),
            path: path.to_owned(),
        })
    }

    /// Whether the address is in the file.
    #[must_use]
    pub(crate) fn covers(&self, address: usize) -> bool {
        (self.start..self.end).contains(&address)
    }
}

/// The files that are loaded now.
///
/// It allocates and calls `dl_iterate_phdr` of the C library. It is meant for the start of the
/// process, before any other thread is there: what is loaded later is not known then.
#[must_use]
pub(crate) fn loaded_objects() -> Vec<Object> {
    let mut objects: Vec<Object> = Vec::new();
    let data = (&raw mut objects).cast::<c_void>();
    // SAFETY: `add` is what `dl_iterate_phdr` expects, and gets the pointer to the list
    // that outlives the call. Nothing else uses the list until it returns.
    unsafe { libc::dl_iterate_phdr(Some(add), data) };
    objects
}

/// Adds one file to the list.
///
/// # Safety
///
/// `info` is what `dl_iterate_phdr` gives, and `data` points to a `Vec<Object>` that nobody
/// else uses.
unsafe extern "C" fn add(info: *mut libc::dl_phdr_info, _size: usize, data: *mut c_void) -> c_int {
    // SAFETY: The caller says so.
    let (info, objects) = unsafe { (&*info, &mut *data.cast::<Vec<Object>>()) };
    let bias = info.dlpi_addr as usize;
    // SAFETY: The loader gives as many headers as it says; they live as long as the file
    // is loaded.
    let headers = unsafe { std::slice::from_raw_parts(info.dlpi_phdr, info.dlpi_phnum.into()) };
    let loaded = headers.iter().filter(|h| h.p_type == libc::PT_LOAD);
    let start = loaded.clone().map(|h| h.p_vaddr as usize).min();
    let end = loaded.map(|h| (h.p_vaddr + h.p_memsz) as usize).max();
    // SAFETY: The name is a C string of the loader's.
    let name = unsafe { CStr::from_ptr(info.dlpi_name) };
    let path = match (name.is_empty(), objects.is_empty()) {
        // The program itself comes first and has no name.
        (true, true) => PathBuf::from("/proc/self/exe"),
        // The kernel's code has no file.
        (true, false) => return 0,
        _ => PathBuf::from(OsStr::from_bytes(name.to_bytes())),
    };
    if let (Some(start), Some(end)) = (start, end) {
        objects.push(Object {
            bias,
            start: bias.wrapping_add(start),
            end: bias.wrapping_add(end),
            path,
        });
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_program_and_the_c_library_are_found_where_they_are() {
        let objects = loaded_objects();
        let own = this_program_and_the_c_library_are_found_where_they_are as fn() as usize;
        let program: Vec<&Object> = objects.iter().filter(|o| o.covers(own)).collect();
        assert_eq!(program.len(), 1);
        assert_eq!(program[0].path, Path::new("/proc/self/exe"));
        let of_libc = libc::getpid as unsafe extern "C" fn() -> i32 as usize;
        // It may be linked in.
        let libc = objects.iter().find(|o| o.covers(of_libc)).unwrap();
        assert!(libc.path.is_absolute());
    }

    #[test]
    fn a_file_says_what_the_loader_says() {
        let loaded = &loaded_objects()[0];
        let path = std::env::current_exe().unwrap();
        let object = Object::of_file(loaded.bias, &path).unwrap();
        assert_eq!((object.start, object.end), (loaded.start, loaded.end));
        assert!(Object::of_file(0, Path::new("/no/such/file")).is_err());
        assert!(Object::of_file(0, Path::new("/dev/null")).is_err());
    }
}
