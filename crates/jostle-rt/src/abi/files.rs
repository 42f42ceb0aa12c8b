//! Changes to the file system: what an execution creates goes away with it, the rest is
//! named in the report.

#![allow(unsafe_code)]

use std::ffi::{CStr, OsStr, c_char, c_int};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::abi::call::system_calls;
use crate::abi::descriptors::uncontrolled;
use crate::abi::sockets::opened;
use crate::engine::with;
use crate::hot;
use crate::outside::paths;
use crate::real;
use crate::sys;

/// What happens to the file that a path names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Change {
    /// It comes to be, if nothing is there.
    Create,
    /// It is changed or removed.
    Change,
}

/// Makes a call that changes what lies at a path, which begins at a folder if it is
/// relative. `name` is what the report calls it.
///
/// # Safety
///
/// The path is a C string, or null.
unsafe fn changing(
    name: &str,
    change: Change,
    folder: usize,
    path: usize,
    call: impl FnOnce() -> isize,
) -> isize {
    if !hot::is_running() || path == 0 {
        return call();
    }
    // SAFETY: As the caller promises.
    let path = unsafe { CStr::from_ptr(path as *const c_char) };
    let folder = folder as i32;
    // What is known of the path before the call stays in the runtime's storage: nothing is
    // kept here that would be lost if the call were the last one of its execution.
    let existed = with(|e| e.inside(|_| kind(&resolve(folder, path))));
    let result = call();
    if result < 0 {
        return result;
    }
    with(|e| {
        e.inside(|e| {
            let path = resolve(folder, path);
            if existed.is_none() && change == Change::Create {
                e.outside.paths.created(path);
            } else if existed == Some(true) && !e.outside.paths.goes_away(&path) {
                stays(name, &path);
            }
        });
    });
    result
}

/// Whether something is at a path, and whether changes to it are of interest: devices and the
/// like are no files.
fn kind(path: &Path) -> Option<bool> {
    let found = path.symlink_metadata().ok()?.file_type();
    Some(found.is_file() || found.is_dir() || found.is_symlink())
}

/// The path from the root.
fn resolve(folder: i32, path: &CStr) -> PathBuf {
    let path = Path::new(OsStr::from_bytes(path.to_bytes()));
    if path.is_absolute() {
        return paths::absolute(Path::new("/"), path);
    }
    let base = match folder {
        libc::AT_FDCWD => fs::read_link("/proc/self/cwd"),
        fd => fs::read_link(format!("/proc/self/fd/{fd}")),
    };
    paths::absolute(&base.unwrap_or_default(), path)
}

fn stays(name: &str, path: &Path) {
    crate::cautions::add(&format!(
        "{name} changes {}, which stays changed: executions after the first one see it",
        path.display()
    ));
}

/// `open` with flags that create or allow to write.
///
/// # Safety
///
/// The path is a C string.
pub(super) unsafe fn opening(
    folder: usize,
    path: usize,
    flags: c_int,
    call: impl FnOnce() -> isize,
) -> isize {
    let change = match flags & libc::O_CREAT {
        0 => Change::Change,
        _ => Change::Create,
    };
    // SAFETY: As the caller promises.
    unsafe { changing("opening for writing", change, folder, path, call) }
}

const HERE: usize = libc::AT_FDCWD as usize;

/// Calls with a path, in the order of their arguments: the folder or none, the path.
macro_rules! path_calls {
    ($($symbol:ident($($arg:ident),*), $register:literal => $number:ident($($given:expr),*),
       $change:ident at $folder:expr, $path:ident;)*) => {
        $(
            mod $symbol {
                use super::*;

                pub(super) unsafe fn call($($arg: usize,)* _: usize) -> isize {
                    // SAFETY: As the program promises the system.
                    unsafe {
                        changing(stringify!($symbol), Change::$change, $folder, $path, || {
                            sys::call(libc::$number, [$($given),*])
                        })
                    }
                }

                pub(super) unsafe extern "C" fn body($($arg: usize,)* pc: usize) -> isize {
                    // SAFETY: As the program promises libc.
                    sys::libc_result(unsafe { call($($arg,)* pc) })
                }
            }
            crate::abi::with_return_address! { $symbol => $symbol::body, $register; }
        )*
    };
}

path_calls! {
    mkdir(path, mode), "rdx" => SYS_mkdir(path, mode), Create at HERE, path;
    mkdirat(folder, path, mode), "rcx" => SYS_mkdirat(folder, path, mode), Create at folder, path;
    mknod(path, mode, device), "rcx" => SYS_mknod(path, mode, device), Create at HERE, path;
    mknodat(folder, path, mode, device), "r8"
        => SYS_mknodat(folder, path, mode, device), Create at folder, path;
    mkfifo(path, mode), "rdx"
        => SYS_mknod(path, mode | libc::S_IFIFO as usize, 0), Create at HERE, path;
    mkfifoat(folder, path, mode), "rcx"
        => SYS_mknodat(folder, path, mode | libc::S_IFIFO as usize, 0), Create at folder, path;
    symlink(target, path), "rdx" => SYS_symlink(target, path), Create at HERE, path;
    symlinkat(target, folder, path), "rcx"
        => SYS_symlinkat(target, folder, path), Create at folder, path;
    link(target, path), "rdx" => SYS_link(target, path), Create at HERE, path;
    linkat(from, target, folder, path, flags), "r9"
        => SYS_linkat(from, target, folder, path, flags), Create at folder, path;
    unlink(path), "rsi" => SYS_unlink(path), Change at HERE, path;
    unlinkat(folder, path, flags), "rcx" => SYS_unlinkat(folder, path, flags), Change at folder, path;
    rmdir(path), "rsi" => SYS_rmdir(path), Change at HERE, path;
    truncate(path, size), "rdx" => SYS_truncate(path, size), Change at HERE, path;
    truncate64(path, size), "rdx" => SYS_truncate(path, size), Change at HERE, path;
    chmod(path, mode), "rdx" => SYS_chmod(path, mode), Change at HERE, path;
    chown(path, owner, group), "rcx" => SYS_chown(path, owner, group), Change at HERE, path;
    lchown(path, owner, group), "rcx" => SYS_lchown(path, owner, group), Change at HERE, path;
    fchownat(folder, path, owner, group, flags), "r9"
        => SYS_fchownat(folder, path, owner, group, flags), Change at folder, path;
    utimensat(folder, path, times, flags), "r8"
        => SYS_utimensat(folder, path, times, flags), Change at folder, path;
    utimes(path, times), "rdx" => SYS_utimes(path, times), Change at HERE, path;
    setxattr(path, name, value, size, flags), "r9"
        => SYS_setxattr(path, name, value, size, flags), Change at HERE, path;
    lsetxattr(path, name, value, size, flags), "r9"
        => SYS_lsetxattr(path, name, value, size, flags), Change at HERE, path;
    removexattr(path, name), "rdx" => SYS_removexattr(path, name), Change at HERE, path;
    lremovexattr(path, name), "rdx" => SYS_lremovexattr(path, name), Change at HERE, path;
}

system_calls! {
    rename(from, to), "rdx" => rename_path;
    renameat(from_folder, from, to_folder, to), "r8" => rename_in;
    renameat2(from_folder, from, to_folder, to, flags), "r9" => rename_with;
    chdir(path), "rsi" => change_folder;
    fchdir(fd), "rsi" => change_folder_to;
}

unsafe fn rename_path(from: usize, to: usize, pc: usize) -> isize {
    // SAFETY: As the caller promises.
    unsafe { rename_with(HERE, from, HERE, to, 0, pc) }
}

unsafe fn rename_in(
    from_folder: usize,
    from: usize,
    to_folder: usize,
    to: usize,
    pc: usize,
) -> isize {
    // SAFETY: As the caller promises.
    unsafe { rename_with(from_folder, from, to_folder, to, 0, pc) }
}

unsafe fn rename_with(
    from_folder: usize,
    from: usize,
    to_folder: usize,
    to: usize,
    flags: usize,
    _: usize,
) -> isize {
    let arguments = [from_folder, from, to_folder, to, flags];
    // SAFETY: As the caller promises.
    let call = || unsafe { sys::call(libc::SYS_renameat2, arguments) };
    if !hot::is_running() || from == 0 || to == 0 {
        return call();
    }
    // SAFETY: As the caller promises.
    let (from, to) = unsafe {
        (
            CStr::from_ptr(from as *const c_char),
            CStr::from_ptr(to as *const c_char),
        )
    };
    let (from_folder, to_folder) = (from_folder as i32, to_folder as i32);
    let existed = with(|e| e.inside(|_| kind(&resolve(to_folder, to))));
    let result = call();
    if result == 0 {
        with(|e| {
            e.inside(|e| {
                let (from, to) = (resolve(from_folder, from), resolve(to_folder, to));
                let paths = &mut e.outside.paths;
                if !paths.goes_away(&from) {
                    stays("rename", &from);
                }
                match existed {
                    None => paths.renamed(&from, to),
                    Some(_) if !paths.goes_away(&to) => stays("rename", &to),
                    Some(_) => {}
                }
            });
        });
    }
    result
}

unsafe fn change_folder(path: usize, _: usize) -> isize {
    moved();
    // SAFETY: As the caller promises.
    unsafe { sys::call(libc::SYS_chdir, [path]) }
}

unsafe fn change_folder_to(fd: usize, _: usize) -> isize {
    moved();
    // SAFETY: It has no conditions.
    unsafe { sys::call(libc::SYS_fchdir, [fd]) }
}

fn moved() {
    if hot::is_running() {
        with(|e| e.outside.state.moved());
    }
}

/// Templates of temporary files: `mkstemp` and its relatives create what they name.
macro_rules! templates {
    ($($name:ident($($arg:ident),*);)*) => {
        $(
            #[doc = concat!("`", stringify!($name), "(3)`.")]
            ///
            /// # Safety
            ///
            /// As of libc's.
            #[unsafe(no_mangle)]
            pub(crate) unsafe extern "C" fn $name(template: *mut c_char, $($arg: c_int),*) -> c_int {
                // SAFETY: As the caller promises.
                let fd = unsafe { real::$name(template, $($arg),*) };
                if fd >= 0 && hot::is_running() {
                    opened(fd as isize);
                    // SAFETY: libc has filled it in.
                    unsafe { created(template) };
                }
                fd
            }
        )*
    };
}

templates! {
    mkstemp();
    mkstemp64();
    mkostemp(flags);
    mkostemp64(flags);
    mkstemps(suffix);
    mkostemps(suffix, flags);
}

/// `mkdtemp(3)`.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn mkdtemp(template: *mut c_char) -> *mut c_char {
    // SAFETY: As the caller promises.
    let made = unsafe { real::mkdtemp(template) };
    if !made.is_null() && hot::is_running() {
        // SAFETY: libc has filled it in.
        unsafe { created(template) };
    }
    made
}

/// # Safety
///
/// It is a C string.
unsafe fn created(path: *const c_char) {
    // SAFETY: As the caller promises.
    let path = unsafe { CStr::from_ptr(path) };
    with(|e| e.inside(|e| e.outside.paths.created(resolve(libc::AT_FDCWD, path))));
}

/// `shm_open(3)`: shared memory with a name is seen by others.
///
/// # Safety
///
/// As of libc's.
#[unsafe(no_mangle)]
pub(crate) unsafe extern "C" fn shm_open(
    name: *const c_char,
    flags: c_int,
    mode: libc::mode_t,
) -> c_int {
    if hot::is_running() {
        uncontrolled(
            "shared memory with a name (`shm_open`) stays: executions after the first one see it",
        );
    }
    // SAFETY: As the caller promises.
    let fd = unsafe { real::shm_open(name, flags, mode) };
    opened(fd as isize) as c_int
}
