//! Cargo: builds the tests, and says how it would start them.
//!
//! - `options`: the options that are passed on. `native`: flags for C code. `roles`: under
//!   which names cargo calls this program back.
//! - `rustc`: this program in the place of rustc, which adds our flags.
//! - `runner`, `rustdoc`: this program in the place of what starts tests and doctests.
//! - `invocation`: a call of cargo with all of it in place.
//! - `build`: builds, and gives the programs, each a `binary`. `host`: the machine and the target folder.
//!
//! # Flags
//!
//! Ours have to come to those of the user without replacing them. The settings of cargo
//! cannot do that: `RUSTFLAGS`, `target.*.rustflags` and `build.rustflags` exclude each
//! other, and which of them counts depends on files in all folders above. So cargo is given
//! this program as `RUSTC_WRAPPER`: it sees each command line when everything is decided,
//! and appends to those for the target. Build scripts and procedural macros are compiled
//! without `--target` and stay as they are. The wrapper also sees which linker the user
//! has configured, in any way.
//!
//! # Environment
//!
//! Tests rely on what cargo sets for them: `CARGO_MANIFEST_DIR`, `CARGO_BIN_EXE_*`,
//! `LD_LIBRARY_PATH`, `OUT_DIR` of build scripts, `[env]` of the configuration, the working
//! directory. Instead of imitating that, cargo is let run the tests with this program as
//! the runner, which writes down how it was called and starts nothing. Being the runner for
//! good would be simpler still, but cargo runs one program after another, and one list of
//! results could not be made of it.

pub(crate) mod binary;
pub(crate) mod build;
pub(crate) mod host;
pub(crate) mod invocation;
pub(crate) mod native;
pub(crate) mod options;
pub(crate) mod roles;
pub(crate) mod runner;
pub(crate) mod rustc;
pub(crate) mod rustdoc;
