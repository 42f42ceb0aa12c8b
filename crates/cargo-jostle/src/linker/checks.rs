//! Everything that has to be there, one line each, for `cargo jostle doctor`.

use std::path::Path;

use super::llvm::Llvm;
use crate::toolchain::{Missing, Toolchain, built_runtime, machine};

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// What was asked for.
    pub(crate) name: &'static str,
    /// Whether it is there.
    pub(crate) ok: bool,
    /// What was found, or what is missing.
    pub(crate) text: String,
    /// What to do if it is not there.
    pub(crate) remedy: Option<String>,
}

impl Check {
    /// A result as a check. The text of a failure is its reason, a semicolon and a
    /// remedy.
    fn new(name: &'static str, result: Result<String, String>) -> Self {
        match result {
            Ok(text) => Self {
                name,
                ok: true,
                text,
                remedy: None,
            },
            Err(reason) => {
                let (text, remedy) = match reason.rsplit_once("; ") {
                    Some((text, remedy)) => (text.to_owned(), Some(remedy.to_owned())),
                    None => (reason, None),
                };
                Self {
                    name,
                    ok: false,
                    text,
                    remedy,
                }
            }
        }
    }
}

/// All checks for programs that are built in a folder.
pub(crate) fn checks(folder: &Path, cache: &Path) -> Vec<Check> {
    let words = |missing: Missing| missing.to_string();
    let mut checks = Vec::new();
    match Toolchain::find(folder) {
        Ok(toolchain) => {
            checks.push(Check::new("toolchain", Ok(toolchain.to_string())));
            checks.push(Check::new("LLVM", llvm(&toolchain)));
            let archives = toolchain.archives().map_err(words);
            let text = archives.map(|it| format!("{} archives", it.len()));
            checks.push(Check::new("standard library", text));
        }
        Err(missing) => checks.push(Check::new("toolchain", Err(words(missing)))),
    }
    let fsgsbase = machine::require_fsgsbase().map_err(words);
    checks.push(Check::new(
        "processor",
        fsgsbase.map(|()| "FSGSBASE".to_owned()),
    ));
    let tls = machine::require_thread_local_storage().map_err(words);
    checks.push(Check::new(
        "libc",
        tls.map(|()| "glibc with `_dl_allocate_tls`".to_owned()),
    ));
    let runtime = built_runtime(cache).map_err(|error| format!("{error:#}"));
    checks.push(Check::new(
        "runtime",
        runtime.map(|path| path.display().to_string()),
    ));
    checks
}

/// Whether LLVM can be loaded and is that of the compiler.
fn llvm(toolchain: &Toolchain) -> Result<String, String> {
    let llvm = Llvm::load(toolchain.llvm()).map_err(|fault| fault.to_string())?;
    let (version, expected) = (llvm.version(), toolchain.llvm_version());
    if version == expected {
        Ok(format!("{version}, {}", toolchain.llvm().display()))
    } else {
        Err(format!(
            "{} is LLVM {version}, and the compiler uses {expected}; install the toolchain anew with rustup",
            toolchain.llvm().display()
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_parted_from_its_remedy() {
        let check = Check::new("it", Err("a is missing; get b".to_owned()));
        assert_eq!(
            (check.text.as_str(), check.remedy.as_deref()),
            ("a is missing", Some("get b"))
        );
        assert!(!check.ok);
    }

    #[test]
    fn the_toolchain_that_builds_this_passes_all_but_the_runtime() {
        let empty = tempfile::tempdir().unwrap();
        let checks = checks(Path::new("."), empty.path());
        let names: Vec<_> = checks.iter().map(|it| it.name).collect();
        let expected = [
            "toolchain",
            "LLVM",
            "standard library",
            "processor",
            "libc",
            "runtime",
        ];
        assert_eq!(names, expected);
        for name in ["toolchain", "LLVM", "standard library"] {
            let check = checks.iter().find(|it| it.name == name).unwrap();
            assert!(check.ok, "{check:?}");
        }
    }
}
