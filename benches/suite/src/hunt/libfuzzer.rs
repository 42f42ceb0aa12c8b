//! Hunts by libFuzzer: the programs as a fuzz target, a process for each hunt.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use anyhow::{Context, Result, anyhow, bail, ensure};
use jostle_core::finding::{Finding, Kind};

use crate::hunt::Hunt;
use crate::hunt::jostle::is_the_bug;
use crate::program::{Program, Set};

/// Where cargo-fuzz finds the target.
const CRATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz");

/// The target, built when it is first asked for.
///
/// # Errors
///
/// If something is missing for that, with the remedy.
pub(crate) fn target() -> Result<&'static Path> {
    static TARGET: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = TARGET.get_or_init(|| build().map_err(|error| format!("{error:#}")));
    built.as_deref().map_err(|error| anyhow!("{error}"))
}

/// Builds the target, without a sanitizer: the bugs of the suite are no races.
fn build() -> Result<PathBuf> {
    const REMEDY: &str = "libfuzzer needs the nightly toolchain, cargo-fuzz and a C++ compiler: \
         `scripts/fuzz` installs the first two; `--strategies` leaves it out";
    let nightly = |command: &[&str]| {
        let mut rustup = Command::new("rustup");
        rustup.args(["run", "nightly"]).args(command);
        rustup
    };
    let built = nightly(&["cargo", "fuzz", "build", "--sanitizer", "none"])
        .args(["--fuzz-dir", CRATE, "programs"])
        .status();
    ensure!(built.context(REMEDY)?.success(), REMEDY);
    let about = nightly(&["rustc", "-vV"]).output().context(REMEDY)?;
    let about = String::from_utf8_lossy(&about.stdout).into_owned();
    let host = about.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.context("rustc does not say which host it is for")?;
    Ok(PathBuf::from(format!(
        "{CRATE}/target/{host}/release/programs"
    )))
}

pub(super) fn hunt(program: &Program, seed: u64, cap: u64, fixed: bool) -> Hunt {
    let hunt = target().and_then(|target| run(target, program, seed, cap, fixed));
    hunt.unwrap_or_else(|error| Hunt::Trouble(format!("{error:#}")))
}

fn run(target: &Path, program: &Program, seed: u64, cap: u64, fixed: bool) -> Result<Hunt> {
    let folder = tempfile::tempdir()?;
    let mut command = Command::new(target);
    // Seed 0 is one that libFuzzer draws.
    command
        .args(["-print_final_stats=1", "-artifact_prefix=./"])
        .arg(format!("-seed={}", seed % u64::from(u32::MAX) + 1))
        .arg(format!("-runs={}", cap + UNCOUNTED))
        .current_dir(folder.path())
        .stdin(Stdio::null());
    if program.set == Set::Catalogue {
        command.env("JOSTLE_SCENARIO", program.name);
    } else {
        command.env("JOSTLE_SCENARIO", "program");
        command.env("SUITE_PROGRAM", program.name);
    }
    if fixed {
        command.env("SUITE_FIXED", "1");
    }
    let output = command.output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(Hunt::Missed);
    }
    let units = text
        .lines()
        .find_map(|line| line.strip_prefix("stat::number_of_executed_units:"))
        .and_then(|number| number.trim().parse::<u64>().ok());
    let Some(units) = units else {
        let last = text.lines().last().unwrap_or_default();
        bail!("libFuzzer ended with {}: {last}", output.status);
    };
    let execution = units - UNCOUNTED;
    let finding = finding(&text).with_context(|| format!("execution {execution}: no report"))?;
    Ok(match is_the_bug(program, &finding) {
        true => Hunt::Found(execution),
        false => Hunt::Trouble(format!("execution {execution}: {finding}")),
    })
}

/// libFuzzer begins with the empty input, of which the target makes no execution.
const UNCOUNTED: u64 = 1;

/// What the report says was found: its first line is `kind in scenario: message`.
fn finding(text: &str) -> Option<Finding> {
    text.lines().find_map(|line| {
        let (kind, rest) = line.split_once(" in ")?;
        let (_, message) = rest.split_once(": ")?;
        Some(Finding::new(Kind::from_name(kind)?, message))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::program::Shows;

    #[test]
    fn a_finding_is_the_line_that_names_its_kind() {
        let log = "INFO: Seed: 1 in use\n\npanic in program: torn\n  about it\nmisuse in x: y\n";
        assert_eq!(finding(log), Some(Finding::new(Kind::Panic, "torn")));
        assert_eq!(finding("INFO: Loaded 1 modules in 2 parts"), None);
    }

    #[test]
    fn a_bug_is_known_by_its_kind_or_text() {
        let program = |shows| Program {
            name: "",
            set: Set::Sct,
            threads: 2,
            shows,
            body: || {},
            fixed: || {},
        };
        let (torn, stuck) = (program(Shows::Panic("torn")), program(Shows::Stuck));
        let is = |program, line| is_the_bug(program, &finding(line).unwrap());
        assert!(is(&torn, "panic in program: torn"));
        assert!(!is(&torn, "panic in program: other"));
        assert!(is(&stuck, "deadlock in program: 2 tasks wait"));
        assert!(!is(&stuck, "panic in program: deadlock"));
    }
}
