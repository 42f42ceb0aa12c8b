//! What `cargo jostle` and the runtime in an instrumented program tell each other.
//!
//! `cargo jostle` starts one process for each test. It names a file in the environment
//! ([`VARIABLE`]) that holds a [`Session`]: which command of Jostle the process is to
//! execute on itself. The runtime in that process removes the variable, runs `main` up to
//! the first thread that it creates, executes the command from there, and writes what
//! became of it, an [`Outcome`], to the file that the session names.
//!
//! ```text
//! cargo jostle ── JOSTLE_SESSION=session.json ──> test binary --exact NAME --test-threads=1 --nocapture
//!      ^                                                │ the command's documents on stdout
//!      └──────────────── outcome.json <─────────────────┘ its exit code is the process's
//! ```
//!
//! - [`session`]: what the process is to do. [`outcome`]: what became of it.
//! - `file`: both as files.
//!
//! Both sides belong to one release and check that with [`VERSION`]. A process that ends
//! without an outcome was ended by something else: a signal, or an `exit` before the
//! runtime had the process. Reading never panics, whatever the file holds.
#![forbid(unsafe_code)]

mod file;
pub mod outcome;
pub mod session;

pub use file::Error;
pub use outcome::{Ending, Outcome};
pub use session::{Harness, Session};

/// The environment variable that names the file of the [`Session`]. A program that is
/// started without it behaves as if it were not instrumented.
pub const VARIABLE: &str = "JOSTLE_SESSION";

/// The environment variable that tells the program itself: its tests are explored as they
/// are. What explores by its own means leaves that to the process.
pub const UNMODIFIED: &str = "JOSTLE_UNMODIFIED";

/// The version of both files. There is no compatibility between versions: a program is
/// linked with the runtime of the `cargo jostle` that starts it.
pub const VERSION: u32 = 1;
