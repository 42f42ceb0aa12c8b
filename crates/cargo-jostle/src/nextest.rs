//! `cargo jostle nextest run`: cargo-nextest runs the tests, and each explores itself.
//!
//! cargo-nextest builds with cargo, and starts a process for each test through the runner
//! that cargo is configured with. Both are this program: the tests are built as for
//! `cargo jostle test`, and in front of each stands this program, which explores the test
//! and ends with 0 or not. Listing goes through it unchanged.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

use anyhow::Context;
use clap::Parser;
use jostle_report::publish;

use crate::args::{Explore, ExploreOnly, Nextest};
use crate::cargo::binary::Binary;
use crate::cargo::host;
use crate::cargo::options::Options;
use crate::cargo::roles::Role;
use crate::cargo::runner::Start;
use crate::child::embedded::{Setting, Subject};
use crate::exit::ExitStatus;
use crate::interrupt;
use crate::output;
use crate::plan::{Item, Plan, What};
use crate::result::Totals;
use crate::saved::Build;
use crate::sinks::{annotations, terminal};
use crate::test::explore::{self, Budget, Campaign};
use crate::test::session::Session;

/// Options of Jostle for the tests of cargo-nextest, separated by spaces.
const EXPLORE: &str = "JOSTLE_EXPLORE";

/// The root of the workspace; set by the front.
const ROOT: &str = "JOSTLE_WORKSPACE";

/// The folder that the user is in; set by the front.
const HERE: &str = "JOSTLE_WORKING_FOLDER";

/// Runs cargo-nextest.
pub(crate) fn run(args: &Nextest) -> anyhow::Result<ExitCode> {
    let explore = options()?;
    crate::test::check(&explore)?;
    installed()?;
    let session = Session::begin(&Options::default(), explore.tokio_workers)?;
    let (command, rest) = args
        .arguments
        .split_first()
        .context("name a command of nextest")?;
    let words = [
        "nextest",
        command.to_str().context("that is no command of nextest")?,
    ];
    let status = session
        .invocation()
        .command(&words, Role::Explorer)
        .args(rest)
        .env(ROOT, &session.host.root)
        .env(HERE, std::env::current_dir()?)
        .status()
        .context("cargo cannot be started")?;
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(ExitCode::from(code.unwrap_or(ExitStatus::Broken.code())))
}

/// What the environment says about exploring.
fn options() -> anyhow::Result<Explore> {
    let words = std::env::var(EXPLORE).unwrap_or_default();
    let parsed = ExploreOnly::try_parse_from(words.split_whitespace());
    let parsed = parsed.with_context(|| format!("{EXPLORE} holds no options of cargo jostle"))?;
    anyhow::ensure!(
        !parsed.explore.json && parsed.explore.junit.is_none(),
        "{EXPLORE} holds --json or --junit, but each test is a process of its own; cargo-nextest \
         writes JUnit itself"
    );
    Ok(parsed.explore)
}

fn installed() -> anyhow::Result<()> {
    let asked = host::cargo()
        .args(["nextest", "--version"])
        .stdin(Stdio::null())
        .output();
    anyhow::ensure!(
        asked.is_ok_and(|output| output.status.success()),
        "cargo-nextest is not installed; `cargo install cargo-nextest --locked` installs it, and \
         `cargo jostle test` does without"
    );
    Ok(())
}

/// In front of a program of cargo-nextest: explores the test that it is called for.
pub(crate) fn explore(words: Vec<OsString>) -> ExitCode {
    match try_explore(words) {
        Ok(status) => status.into(),
        Err(error) => {
            output::complain(&error);
            ExitStatus::Unusable.into()
        }
    }
}

fn try_explore(words: Vec<OsString>) -> anyhow::Result<ExitStatus> {
    let (program, arguments) = words
        .split_first()
        .context("there is no program to start")?;
    let arguments = crate::test::words(arguments)?;
    let Some(test) = test(&arguments) else {
        // It lists its tests, or does what is no test.
        let error = Command::new(program).args(arguments).exec();
        return Err(error).with_context(|| format!("{} cannot be started", program.display()));
    };
    interrupt::catch();
    let explore = options()?;
    let scratch = tempfile::Builder::new().prefix("jostle-").tempdir()?;
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let here = folder(HERE).context("cargo jostle nextest starts this")?;
    let binary = binary(program)?;
    let out = explore.out.as_deref().unwrap_or(Path::new(publish::FOLDER));
    let campaign = Campaign {
        budget: Budget::of(&explore),
        setting: Setting {
            root: folder(ROOT).unwrap_or_else(|| here.clone()),
            scratch: scratch.path().to_owned(),
            steps: explore.steps,
            tokio_workers: explore.tokio_workers,
        },
        build: Build {
            cargo: Vec::new(),
            arguments: Vec::new(),
            run: false,
            tokio_workers: explore.tokio_workers,
            steps: explore.steps,
        },
        out: here.join(out),
        args: explore,
        here,
    };
    let item = Item {
        subject: Subject {
            binary: &binary,
            name: binary.name_of(Some(test)),
            test: Some(test.to_owned()),
            ignored: arguments.iter().any(|word| word.ends_with("ignored")),
            arguments: Vec::new(),
        },
        what: What::Explore,
    };
    let plan = Plan {
        items: vec![item.clone()],
        doctests: Vec::new(),
    };
    let tested = explore::one(&item, &campaign, &interrupt::caught);
    let mut printed = terminal::Terminal::new(&plan, false);
    printed.result(&tested);
    if campaign.args.annotations.is_now() {
        annotations::print(&tested);
    }
    let elapsed = tested.elapsed;
    let results = [tested];
    let totals = Totals::of(&results, &plan, elapsed);
    printed.end(&results, &totals)?;
    Ok(totals.status())
}

/// The test that cargo-nextest calls a program for.
fn test(arguments: &[String]) -> Option<&str> {
    let is_list = arguments.iter().any(|word| word == "--list");
    let exact = arguments.iter().position(|word| word == "--exact")?;
    // The name stands behind or before it.
    let name = |word: &&String| !word.starts_with('-');
    let name = arguments[exact + 1..].iter().find(name);
    let name = name.or_else(|| arguments.iter().find(|word| !word.starts_with('-')));
    name.map(String::as_str).filter(|_| !is_list)
}

/// The program, as far as its environment says what it is.
fn binary(program: &OsStr) -> anyhow::Result<Binary> {
    let environment: BTreeMap<OsString, OsString> = std::env::vars_os().collect();
    let variable = |name: &str| std::env::var(name).ok();
    let id =
        variable("NEXTEST_BINARY_ID").context("cargo-nextest does not say which test it is")?;
    let package = variable("CARGO_PKG_NAME").context("cargo-nextest does not name the package")?;
    let (kind, target) = origin(&id, &package);
    let folder = std::env::current_dir()?;
    Ok(Binary {
        package,
        kind,
        target,
        source: variable("CARGO_MANIFEST_PATH").unwrap_or_default().into(),
        has_doctests: false,
        start: Start {
            program: folder.join(program),
            folder,
            environment,
        },
    })
}

/// The kind and the name of the target that nextest calls `package`, `package::test`,
/// `package::bin/name` or `package::example/name`.
fn origin(id: &str, package: &str) -> (&'static str, String) {
    let Some(target) = id
        .strip_prefix(package)
        .and_then(|rest| rest.strip_prefix("::"))
    else {
        return ("lib", package.to_owned());
    };
    match target.split_once('/') {
        Some(("bin", name)) => ("bin", name.to_owned()),
        Some(("example", name)) => ("example", name.to_owned()),
        Some(("bench", name)) => ("bench", name.to_owned()),
        _ => ("test", target.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_is_told_from_its_options_and_lists_pass() {
        let of = |line: &str| {
            let words: Vec<String> = line.split(' ').map(Into::into).collect();
            test(&words).map(str::to_owned)
        };
        assert_eq!(of("--exact a::b --nocapture").as_deref(), Some("a::b"));
        assert_eq!(of("a::b --exact --ignored").as_deref(), Some("a::b"));
        assert_eq!(of("--list --format terse"), None);
        assert_eq!(of("--list --exact a"), None);
    }

    #[test]
    fn an_id_of_nextest_is_the_same_target_as_ours() {
        let of = |id: &str| {
            let (kind, target) = origin(id, "net");
            format!("{kind} {target}")
        };
        assert_eq!(of("net"), "lib net");
        assert_eq!(of("net::api"), "test api");
        assert_eq!(of("net::bin/server"), "bin server");
        assert_eq!(of("net::example/demo"), "example demo");
    }
}
