//! This program in the place of rustc: appends our flags to what cargo has put together.
//!
//! | appended | why |
//! | --- | --- |
//! | `-Clinker-plugin-lto` | objects hold bitcode, which the linker half instruments |
//! | `-Clinker` | that is the linker half; the user's goes into a variable |
//! | `--cfg rustix_use_libc` | rustix then calls libc, where calls can be seen, and not the kernel |
//! | `--cfg portable_atomic_no_asm` | its assembly would order threads without being seen |
//! | `-Copt-level=1` for level 0 | a tenth of the steps; assertions and overflow checks stay |
//! | `-Cdebuginfo=line-tables-only` for none | reports name lines |
//! | `-Cstrip=none` | and functions |
//!
//! A later `-C` of the same name replaces an earlier one.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use crate::linker::REAL_LINKER;
use crate::output;

/// The linker to use; set by the front for the wrapper. Without it nothing is appended.
pub(crate) const LINKER: &str = "JOSTLE_LINKER";

/// The user's own `RUSTC_WRAPPER`, which is called by ours.
pub(crate) const WRAPPED: &str = "JOSTLE_RUSTC_WRAPPER";

/// Runs rustc. `words` is its path and its arguments.
pub(crate) fn run(words: Vec<OsString>) -> ExitCode {
    let linker = std::env::var_os(LINKER);
    let Some((rustc, arguments)) = words.split_first() else {
        output::warn("error: this is called by cargo, with rustc and its arguments");
        return ExitCode::from(2);
    };
    let wrapper = std::env::var_os(WRAPPED).filter(|name| !name.is_empty());
    let mut command = match &wrapper {
        Some(wrapper) => Command::new(wrapper),
        None => Command::new(rustc),
    };
    command
        .args(wrapper.is_some().then_some(rustc))
        .args(arguments);
    if let Some(linker) = linker.filter(|_| is_for_target(arguments)) {
        command.args(appended(arguments, &linker));
        if let Some(real) = codegen(arguments, "linker") {
            command.env(REAL_LINKER, real);
        }
    }
    let error = command.exec();
    output::warn(&format!("error: rustc cannot be started: {error}"));
    ExitCode::from(2)
}

/// Whether this is for the machine that tests run on, and not a build script or a
/// procedural macro: those are compiled without a target.
fn is_for_target(arguments: &[OsString]) -> bool {
    let is_target =
        |word: &OsString| word == "--target" || word.as_encoded_bytes().starts_with(b"--target=");
    arguments.iter().any(is_target)
}

/// The value of the last `-C name=value`; empty for one without a value.
fn codegen(arguments: &[OsString], name: &str) -> Option<OsString> {
    let mut found = None;
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        let option = match word {
            "-C" | "--codegen" => words.next(),
            _ => word
                .strip_prefix("-C")
                .or_else(|| word.strip_prefix("--codegen=")),
        };
        let Some((key, value)) = option.map(|o| o.split_once('=').unwrap_or((o, ""))) else {
            continue;
        };
        if key.replace('_', "-") == name {
            found = Some(value.into());
        }
    }
    // `-O` and `-g` are short forms of two of them.
    let short = |letter: &str| arguments.iter().any(|word| word == letter);
    found.or_else(|| match name {
        "opt-level" if short("-O") => Some("3".into()),
        "debuginfo" if short("-g") => Some("2".into()),
        _ => None,
    })
}

fn appended(arguments: &[OsString], linker: &OsStr) -> Vec<OsString> {
    let mut ours: Vec<OsString> = Vec::new();
    let mut add = |option: &str| ours.push(option.into());
    add("-Clinker-plugin-lto");
    add("-Cstrip=none");
    add("--cfg=rustix_use_libc");
    add("--cfg=portable_atomic_no_asm");
    let level = codegen(arguments, "opt-level");
    if level.is_none_or(|level| level == "0") {
        add("-Copt-level=1");
        // With an optimization both are off unless they are asked for.
        for check in ["debug-assertions", "overflow-checks"] {
            if codegen(arguments, check).is_none() {
                add(&format!("-C{check}=on"));
            }
        }
    }
    let info = codegen(arguments, "debuginfo");
    if info.is_none_or(|info| info == "0" || info == "none") {
        add("-Cdebuginfo=line-tables-only");
    }
    let mut option = OsString::from("-Clinker=");
    option.push(linker);
    ours.push(option);
    ours
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(Into::into).collect()
    }

    fn added(line: &str) -> Vec<String> {
        let all = appended(&words(line), OsStr::new("/l"));
        all.into_iter()
            .map(|word| word.into_string().unwrap())
            .collect()
    }

    #[test]
    fn build_scripts_stay_as_they_are() {
        assert!(!is_for_target(&words(
            "--crate-name build_script_build -C opt-level=0"
        )));
        assert!(is_for_target(&words("--crate-name a --target x86_64")));
        assert!(is_for_target(&words("--target=x86_64")));
    }

    #[test]
    fn the_last_value_counts() {
        let of = |line| codegen(&words(line), "linker");
        assert_eq!(of("-C linker=clang -Clinker=lld"), Some("lld".into()));
        assert_eq!(of("--codegen linker=a"), Some("a".into()));
        assert_eq!(of("-Clinker-plugin-lto --cfg linker=x"), None);
    }

    #[test]
    fn an_unoptimized_crate_keeps_its_checks() {
        let plain = added("--target t -C debuginfo=2");
        for option in [
            "-Copt-level=1",
            "-Cdebug-assertions=on",
            "-Coverflow-checks=on",
        ] {
            assert!(plain.iter().any(|there| there == option), "{plain:?}");
        }
        assert!(
            !plain.iter().any(|there| there.contains("debuginfo")),
            "{plain:?}"
        );
        assert_eq!(plain.last().unwrap(), "-Clinker=/l");
        let own = added("--target t -C debug-assertions=off");
        assert!(
            !own.iter().any(|there| there.contains("debug-assertions")),
            "{own:?}"
        );
    }

    #[test]
    fn the_level_that_a_user_has_set_stays() {
        let release = added("--target t -C opt-level=3 -C strip=debuginfo");
        assert!(
            !release.iter().any(|there| there.contains("opt-level")),
            "{release:?}"
        );
        assert!(
            !release.iter().any(|there| there.contains("assertions")),
            "{release:?}"
        );
        for option in ["-Cdebuginfo=line-tables-only", "-Cstrip=none"] {
            assert!(release.iter().any(|there| there == option), "{release:?}");
        }
    }
}
