//! What may be missing, and how to get it.

use std::path::PathBuf;

use super::TARGET;

/// Why programs cannot be instrumented or run here. The text of each ends with a remedy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Missing {
    /// The compiler cannot be run.
    #[error("`{rustc}` cannot be run ({reason}); install Rust with rustup, or set RUSTC")]
    Compiler {
        /// What was run.
        rustc: String,
        /// Why it failed.
        reason: String,
    },
    /// The host uses another libc.
    #[error(
        "the toolchain is for `{0}`, and the runtime needs glibc; install the toolchain stable-x86_64-unknown-linux-gnu on a system with glibc"
    )]
    Libc(String),
    /// The host is of another kind.
    #[error("the toolchain is for `{0}`; so far only x86_64-unknown-linux-gnu is supported")]
    Host(String),
    /// The toolchain has no LLVM that can be called.
    #[error(
        "there is no shared libLLVM below {0}, as the compilers of distributions contain theirs; install the toolchain with rustup"
    )]
    Llvm(PathBuf),
    /// The standard library is not there.
    #[error("there is no standard library below {0}; run `rustup target add {TARGET}`")]
    StandardLibrary(PathBuf),
    /// The processor or the kernel forbids to set the thread pointer.
    #[error(
        "the processor or the kernel lacks FSGSBASE, by which threads are switched; Linux 5.9 and a processor of 2012 or later have it, unless it is turned off by the kernel parameter `nofsgsbase` or by a virtual machine"
    )]
    FsGsBase,
    /// glibc cannot be asked for the thread-local storage of a new thread.
    #[error(
        "{0} does not export `_dl_allocate_tls`, by which logical threads get their thread-local storage; use a system with glibc 2.17 or later"
    )]
    ThreadLocalStorage(PathBuf),
    /// The cache cannot be used.
    #[error("{0}")]
    Cache(String),
}
