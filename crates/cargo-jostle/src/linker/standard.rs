//! Which archives are not instrumented.
//!
//! - `compiler_builtins`, wherever it is from: the calls that instrumentation adds end in
//!   its `memcpy`, which would call itself.
//! - Of the standard library, what runs only while a thread unwinds or a backtrace is
//!   written, and its private copies of general crates. None of it orders threads or
//!   shares data between them, and a backtrace would be tens of thousands of steps.
//!
//! A dependency of the user's with the same name (`memchr`, `object`) is user code and
//! instrumented: what decides is whether the file lies in the toolchain.

use std::path::Path;

use super::archive::owner;

/// Crates of the standard library that are left alone.
const UNSEEN: &[&str] = &[
    "addr2line",
    "adler2",
    "cfg_if",
    "gimli",
    "libc",
    "memchr",
    "miniz_oxide",
    "object",
    "panic_abort",
    "panic_unwind",
    "profiler_builtins",
    "rustc_demangle",
    "unwind",
];

/// Whether a file belongs to the toolchain.
pub(crate) fn is_standard(path: &Path, sysroot: &Path) -> bool {
    path.starts_with(sysroot)
}

/// Whether an archive is linked as it is.
pub(crate) fn is_left_alone(path: &Path, sysroot: &Path) -> bool {
    let name = owner(path);
    let name = name.as_str();
    name == "compiler_builtins" || is_standard(path, sysroot) && UNSEEN.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_of_a_crate_decides_not_its_name_alone() {
        let sysroot = Path::new("/toolchain");
        let alone = |path: &str| is_left_alone(Path::new(path), sysroot);
        assert!(alone("/toolchain/lib/libmemchr-0123456789abcdef.rlib"));
        assert!(!alone("/home/target/libmemchr-0123456789abcdef.rlib"));
        assert!(!alone("/toolchain/lib/libstd-0123456789abcdef.rlib"));
        assert!(alone(
            "/home/target/libcompiler_builtins-0123456789abcdef.rlib"
        ));
    }
}
