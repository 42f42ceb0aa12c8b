//! The command-line syntax and the text of `--help`.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use jostle_core::strategy::Kind;
use jostle_report::publish;
use jostle_report::settings::{above_zero, duration};

use crate::cargo::options::Options;

/// Runs the tests that a crate already has, as they are, under the scheduler of Jostle.
///
/// Exit codes: 0 nothing was found; 1 a finding, or a test that fails without another
/// thread; 2 something could not be done, or a process ended before it had a result; 130
/// Ctrl-C, with nothing found by then. Where the build fails it is the exit code of cargo,
/// 101.
///
/// The tests are built into a target folder of their own. A crate without optimization
/// (level 0) is compiled at level 1, with its assertions and overflow checks.
#[derive(Parser, Debug)]
#[command(
    name = "cargo jostle",
    bin_name = "cargo jostle",
    version,
    arg_required_else_help = true
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Explores the tests that `cargo test` would run, each in a process of its own.
    ///
    /// Every finding is executed again in a fresh process before it is reported. Ctrl-C
    /// ends it early, with everything that it has come to reported and saved; a second one
    /// ends it at once.
    ///
    /// Doctests are not explored.
    Test(Test),
    /// Explores a program: its main is the scenario.
    Run(Run),
    /// Lists the tests that `test` would explore.
    List(List),
    /// Runs cargo-nextest, with each of its tests exploring itself.
    Nextest(Nextest),
    /// Executes a recorded trace again and shows it.
    Replay(Saved),
    /// Makes a failure as small as it can find.
    Minimize(Saved),
    /// Says what decides whether the test fails.
    Explain(Saved),
    /// Executes a recorded trace again and writes all that is known of it.
    Report(Saved),
    /// Keeps a failure as a schedule that survives edits of the test.
    ///
    /// The failure is minimized before. The schedule is written to
    /// tests/jostle/NAME.schedule.json of the package, or to the file that --out names
    /// behind FILE, and `test` executes it before it explores the test.
    Export(Saved),
    /// Executes every behaviour of the test of a trace, if it is small.
    Verify(Saved),
    /// Tells how many different bugs the traces of a folder are.
    Triage(Saved),
    /// Builds what all tests need, once for each toolchain.
    Setup,
    /// Says whether this machine has what is needed, and how to get what is missing.
    Doctor,
}

#[derive(Group, Debug)]
pub(crate) struct Test {
    #[command(flatten)]
    pub(crate) cargo: Options,
    #[command(flatten)]
    pub(crate) explore: Explore,
    /// Only tests with this in their name.
    #[arg(value_name = "TESTNAME")]
    pub(crate) filter: Option<String>,
    /// More of what the test harness takes: names, --exact, --skip NAME, --ignored,
    /// --include-ignored.
    #[arg(value_name = "ARGS", last = true)]
    pub(crate) harness: Vec<OsString>,
}

#[derive(Group, Debug)]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) cargo: Options,
    #[command(flatten)]
    pub(crate) explore: Explore,
    /// The arguments of the program.
    #[arg(value_name = "ARGS", last = true)]
    pub(crate) arguments: Vec<OsString>,
}

#[derive(Group, Debug)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) cargo: Options,
    /// Only tests with this in their name.
    #[arg(value_name = "TESTNAME")]
    pub(crate) filter: Option<String>,
    /// More of what the test harness takes.
    #[arg(value_name = "ARGS", last = true)]
    pub(crate) harness: Vec<OsString>,
}

#[derive(Group, Debug)]
pub(crate) struct Nextest {
    /// The arguments of cargo-nextest, as in `run --workspace`. Those of Jostle are read
    /// from the environment: JOSTLE_EXPLORE='--runs 500 --seed 3'.
    #[arg(
        value_name = "ARGS",
        trailing_var_arg = true,
        allow_hyphen_values = true,
        required = true
    )]
    pub(crate) arguments: Vec<OsString>,
}

/// A recorded execution of a test, and what is to be done with it.
#[derive(Group, Debug)]
pub(crate) struct Saved {
    #[command(flatten)]
    pub(crate) cargo: Options,
    /// A trace that `test` or `run` saved; a folder of them for `triage`.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The options of the command of the same name of `jostle`, as --full, --html OUT or
    /// --json.
    #[arg(
        value_name = "OPTIONS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    pub(crate) options: Vec<String>,
}

/// How tests are explored, and where the results go.
#[derive(Group, Clone, Debug)]
#[command(next_help_heading = "Exploration")]
pub(crate) struct Explore {
    /// Executions of each test at most. Without it and --time, 2000, and no longer than a
    /// minute.
    #[arg(long, value_name = "N", value_parser = above_zero)]
    pub(crate) runs: Option<u64>,
    /// Seconds for each test at most, above 0; a number with s, m or h behind it also
    /// does. With it and without --runs, time alone is the limit.
    #[arg(long, value_name = "T", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// This strategy instead of the search: non-preemptive, random, pct1 … pct9,
    /// pos, urw, round-robin, newest, delay. Several are taken in turn.
    #[arg(long, value_name = "S")]
    pub(crate) strategy: Vec<Kind>,
    /// What all inputs derive from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Tests at a time. Without it, one for each CPU.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Go on after a finding, up to the limit, to find others in the same test.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// Where the traces of findings are saved: jostle-findings unless another folder is
    /// named, which has to be writable from the start.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Show every step in reports.
    #[arg(long)]
    pub(crate) full: bool,
    /// Print one JSON document with every figure instead.
    #[arg(long)]
    pub(crate) json: bool,
    /// Also write the results to this file as JUnit XML, which CI systems show as
    /// a table of tests.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Print what makes the command fail as annotations of GitHub Actions. The
    /// default, auto, does so where GITHUB_ACTIONS is true.
    #[arg(
        long,
        value_name = "WHEN",
        value_enum,
        default_value_t = When::Auto,
        default_missing_value = "always",
        num_args = 0..=1,
        require_equals = true,
        hide_default_value = true
    )]
    pub(crate) annotations: When,
    /// Execute current-thread runtimes of tokio with so many workers, since such a runtime
    /// polls its tasks in one order only. 0 leaves them as they are.
    #[arg(long, value_name = "N", default_value_t = 2)]
    pub(crate) tokio_workers: u16,
    /// Steps of one execution at most.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) steps: Option<u32>,
}

/// Whether to print annotations.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum When {
    /// In a step of GitHub Actions.
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

impl When {
    pub(crate) fn is_now(self) -> bool {
        match self {
            When::Auto => publish::in_github_actions(),
            When::Always => true,
            When::Never => false,
        }
    }
}

/// [`Explore`] by itself, for options that come from the environment or a test.
#[derive(Parser, Debug)]
#[command(name = "JOSTLE_EXPLORE", no_binary_name = true)]
pub(crate) struct ExploreOnly {
    #[command(flatten)]
    pub(crate) explore: Explore,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn test(args: &[&str]) -> Test {
        let words = ["cargo jostle", "test"].iter().chain(args);
        match Args::try_parse_from(words).unwrap().command {
            Command::Test(test) => test,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn options_of_cargo_jostle_and_the_harness_are_told_apart() {
        let test = test(&[
            "-p", "a", "--runs", "7", "-j", "3", "--jobs", "5", "name", "--", "--skip", "slow",
        ]);
        assert_eq!(test.cargo.arguments(), ["--package", "a", "--jobs", "3"]);
        assert_eq!((test.explore.runs, test.explore.jobs), (Some(7), Some(5)));
        assert_eq!(test.filter.as_deref(), Some("name"));
        assert_eq!(test.harness, ["--skip", "slow"]);
    }

    #[test]
    fn wrong_numbers_and_unknown_options_are_refused() {
        for args in [
            ["--runs", "0"],
            ["--time", "-1"],
            ["--jobs", "0"],
            ["--steps", "x"],
            ["--strategy", "best"],
            ["--such", "no"],
        ] {
            let words = ["cargo jostle", "test"].iter().chain(&args);
            let error = Args::try_parse_from(words).unwrap_err();
            assert_eq!(error.exit_code(), 2, "{args:?}");
        }
    }

    #[test]
    fn what_follows_the_file_of_a_trace_belongs_to_its_command() {
        let words = [
            "cargo jostle",
            "report",
            "--release",
            "a.trace.json",
            "--html",
            "x.html",
        ];
        let Command::Report(saved) = Args::try_parse_from(words).unwrap().command else {
            panic!("another command");
        };
        assert_eq!(saved.cargo.arguments(), ["--release"]);
        assert_eq!(saved.file, PathBuf::from("a.trace.json"));
        assert_eq!(saved.options, ["--html", "x.html"]);
    }
}
