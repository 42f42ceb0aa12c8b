//! What a link found out that a report has to say: which code is not instrumented, which
//! is out of control, what was redirected. A JSON document beside each output.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

use super::allocators::Redirected;
use super::assembly::Kind;
use super::facts::Native;
use super::instrument::Outcome;
use crate::toolchain::Toolchain;

/// Raised when a reader of the version before would misunderstand.
const VERSION: u32 = 1;

/// The document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Notes {
    /// The version of the format.
    pub(crate) version: u32,
    /// The toolchain, such as `rustc 1.95.0 (59807616e 2026-04-14), LLVM 22.1.2`.
    pub(crate) toolchain: String,
    /// The runtime that was linked. None for a shared library.
    pub(crate) runtime: Option<PathBuf>,
    /// Whether all code was instrumented.
    pub(crate) complete: bool,
    /// Counts.
    pub(crate) instrumented: Instrumented,
    /// Code of other compilers, by the crate or library that brings it.
    pub(crate) native: Vec<NativeCode>,
    /// Shared libraries that are not part of libc or of the compiler.
    pub(crate) shared: Vec<String>,
    /// Assembly in Rust code, by crate.
    pub(crate) assembly: Vec<AssemblyIn>,
    /// tokio's constructors, for each tokio in the program.
    pub(crate) tokio: Vec<Tokio>,
    /// Allocators written in C.
    pub(crate) allocators: Vec<Redirected>,
}

/// How much was instrumented, and how much of that by this link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Instrumented {
    /// Objects that are instrumented, those in archives included.
    pub(crate) objects: usize,
    /// Functions in them.
    pub(crate) functions: usize,
    /// Objects that this link made.
    pub(crate) made: usize,
    /// Objects and archives that this link found in the cache.
    pub(crate) reused: usize,
}

/// Objects without bitcode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct NativeCode {
    /// The crate or library.
    pub(crate) owner: String,
    /// Its objects.
    pub(crate) objects: Vec<Native>,
}

/// Assembly of one kind in a crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AssemblyIn {
    /// The crate whose object contains it, after inlining.
    #[serde(rename = "crate")]
    pub(crate) owner: String,
    /// Which kind.
    pub(crate) kind: Kind,
    /// The first function that has some.
    pub(crate) function: Option<String>,
    /// How many places.
    pub(crate) places: usize,
}

/// One build of tokio in the program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tokio {
    /// What `new_current_thread` builds.
    pub(crate) current_thread: Builds,
    /// Whether it could build the other one: `rt-multi-thread` is enabled.
    pub(crate) multi_thread: bool,
}

/// What tokio's `new_current_thread` builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Builds {
    /// A single-threaded runtime, as it says.
    Itself,
    /// A multi-threaded runtime.
    MultiThread,
    /// What the runtime says when the program runs.
    ChosenAtRun,
}

/// Libraries that every program is linked with.
const EVERYWHERE: &[&str] = &["c", "dl", "gcc_s", "m", "pthread", "resolv", "rt", "util"];

impl Notes {
    /// The notes of a link.
    pub(crate) fn new(toolchain: &Toolchain, outcome: &Outcome, shared: &[String]) -> Self {
        let mut this = Self {
            version: VERSION,
            toolchain: toolchain.to_string(),
            runtime: None,
            complete: false,
            instrumented: Instrumented {
                objects: outcome.inputs.iter().map(|it| it.facts.objects).sum(),
                functions: outcome.inputs.iter().map(|it| it.facts.functions).sum(),
                made: outcome.made,
                reused: outcome.reused,
            },
            native: Vec::new(),
            shared: Vec::new(),
            assembly: Vec::new(),
            tokio: Vec::new(),
            allocators: Vec::new(),
        };
        // What the standard library contains is known and taken care of.
        for input in outcome.inputs.iter().filter(|it| !it.standard) {
            this.add_native(&input.owner, &input.facts.native);
            this.assembly
                .extend(input.facts.assembly.iter().map(|it| AssemblyIn {
                    owner: input.owner.clone(),
                    kind: it.kind,
                    function: it.function.clone(),
                    places: it.places,
                }));
            this.tokio
                .extend(input.facts.tokio.as_ref().map(|it| Tokio {
                    current_thread: Builds::Itself,
                    multi_thread: it.multi_thread.is_some(),
                }));
        }
        let special = |name: &&String| !EVERYWHERE.contains(&name.as_str());
        this.shared = shared.iter().filter(special).cloned().collect();
        this.complete = this.shared.is_empty()
            && this
                .native
                .iter()
                .flat_map(|it| &it.objects)
                .all(|it| it.sanitized);
        this
    }

    /// Adds objects to those of their owner.
    fn add_native(&mut self, owner: &str, objects: &[Native]) {
        if objects.is_empty() {
            return;
        }
        match self.native.iter_mut().find(|it| it.owner == owner) {
            Some(code) => code.objects.extend_from_slice(objects),
            None => self.native.push(NativeCode {
                owner: owner.to_owned(),
                objects: objects.to_vec(),
            }),
        }
    }

    /// Puts them beside the output.
    pub(crate) fn write(&self, output: &Path) -> Result<()> {
        let path = beside(output);
        let json = serde_json::to_vec_pretty(self).context("notes cannot be written as JSON")?;
        fs::write(&path, json).with_context(|| {
            format!(
                "{} cannot be written; make room and permission there",
                path.display()
            )
        })
    }

    /// The notes of a program or library. None if it was not linked by us.
    ///
    /// cargo links a program in `deps/` and gives it a second name one folder higher; the
    /// notes are beside the first name.
    pub(crate) fn read(output: &Path) -> Result<Option<Self>> {
        let Some(path) = [
            Some(beside(output)),
            first_name(output).map(|it| beside(&it)),
        ]
        .into_iter()
        .flatten()
        .find(|path| path.is_file()) else {
            return Ok(None);
        };
        let damaged = || format!("{} is damaged; build again", path.display());
        let json = fs::read(&path).with_context(damaged)?;
        let notes: Self = serde_json::from_slice(&json).with_context(damaged)?;
        anyhow::ensure!(
            notes.version == VERSION,
            "{} is of another version of cargo-jostle; build again",
            path.display()
        );
        Ok(Some(notes))
    }
}

/// The path of the notes of an output.
fn beside(output: &Path) -> PathBuf {
    let mut name = OsString::from(output);
    name.push(".jostle.json");
    PathBuf::from(name)
}

/// The name in `deps/` of the same file.
fn first_name(output: &Path) -> Option<PathBuf> {
    let this = fs::metadata(output).ok()?;
    let deps = output.parent()?.join("deps");
    fs::read_dir(deps)
        .ok()?
        .filter_map(Result::ok)
        .map(|it| it.path())
        .find(|path| {
            fs::metadata(path).is_ok_and(|it| (it.dev(), it.ino()) == (this.dev(), this.ino()))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notes() -> Notes {
        let outcome = Outcome {
            inputs: Vec::new(),
            made: 1,
            reused: 2,
        };
        let shared = ["c", "z"].map(str::to_owned);
        Notes::new(&Toolchain::for_tests(), &outcome, &shared)
    }

    #[test]
    fn a_shared_library_makes_them_incomplete_and_libc_does_not() {
        let notes = notes();
        assert_eq!(notes.shared, ["z"]);
        assert!(!notes.complete);
    }

    #[test]
    fn they_are_found_by_either_name_of_a_program() {
        let folder = tempfile::tempdir().unwrap();
        let deps = folder.path().join("deps");
        fs::create_dir(&deps).unwrap();
        let (first, second) = (deps.join("demo-0123"), folder.path().join("demo"));
        fs::write(&first, "program").unwrap();
        fs::hard_link(&first, &second).unwrap();
        assert_eq!(Notes::read(&second).unwrap(), None);
        notes().write(&first).unwrap();
        assert_eq!(Notes::read(&first).unwrap(), Some(notes()));
        assert_eq!(Notes::read(&second).unwrap(), Some(notes()));
    }

    #[test]
    fn another_version_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("demo");
        Notes {
            version: VERSION + 1,
            ..notes()
        }
        .write(&output)
        .unwrap();
        assert!(
            Notes::read(&output)
                .unwrap_err()
                .to_string()
                .contains("build again")
        );
    }
}
