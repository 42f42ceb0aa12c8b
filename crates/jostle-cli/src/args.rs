//! The command-line syntax and the text of `--help`.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args as Group, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jostle_core::strategy::Kind;
use jostle_core::verify::Bounds;
use jostle_report::publish;
use jostle_report::settings::{above_zero, duration};

/// Finds concurrency bugs by making the scheduler the fuzz input.
///
/// Exit codes: 0 everything came out as the scenarios expect, or the command has done
/// its work; 1 a finding; 2 the command could not do its work; 130 Ctrl-C, with nothing
/// found by then.
///
/// Standard output is the command's alone: what scenarios print there goes to standard
/// error. Files that are read are regular files of at most 16 MiB, and `-` is none.
#[derive(Parser, Debug)]
#[command(name = "jostle", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Lists the scenarios and what exploring them should find.
    List(List),
    /// Explores scenarios until they have shown what they are expected to.
    ///
    /// Ctrl-C ends it early, with everything that it has come to reported and saved; a
    /// second one ends the process at once.
    Hunt(Hunt),
    /// Executes every behaviour of small scenarios: all schedules but those that
    /// differ from another one only in the order of steps that do not touch the
    /// same thing.
    ///
    /// Ends with 0 if all pass, or if the expected finding is found; with 1 if there
    /// is another finding, or none where one is expected; with 2 if not everything
    /// could be executed. Ctrl-C ends it early, with what has passed by then; a second
    /// one ends the process at once.
    Verify(Verify),
    /// Executes one recorded trace or fuzz input again and shows it.
    ///
    /// Ends with 1 if it fails, with 0 if it does not, and with 2 if it does not fail and
    /// is not what was recorded: the trace does not fit the scenario any more, or has a
    /// data race that this build cannot see.
    Replay(Replay),
    /// Executes one recorded trace or fuzz input again and writes all that is
    /// known of it, to be looked at or for other programs. Without a format it is the
    /// report for the terminal.
    ///
    /// A failing execution is accompanied by one that passes, if one is found: it
    /// does the same up to the last choice that could still save it. The exit code
    /// is 0 once everything is written, whatever the execution came to.
    Report(Report),
    /// Makes a failure as small as it can find: few preemptions, little data.
    ///
    /// Ends with 0 once the result is saved. Ctrl-C ends it early and keeps the best so
    /// far, which is 0 as well; a second one ends the process at once.
    Minimize(Minimize),
    /// Says what decides whether the scenario fails: whose order, or what is missing.
    ///
    /// The failure is minimized before.
    Explain(Explain),
    /// Tells how many different bugs the failures of a folder are.
    Triage(Triage),
    /// Prints a failure as a #[test] that survives edits of the scenario.
    ///
    /// The failure is minimized before.
    ///
    /// The file that it is appended to has to link the crate of the scenario once, by
    /// `use my_crate as _;`: a comment of the test names it.
    ///
    /// With --out it is a schedule file, for a test that is there already: `retest`
    /// executes it.
    Export(Export),
    /// Executes kept schedules again.
    ///
    /// Prints one JSON document. Ends with 1 if one of them fails, or one around it. A
    /// schedule that cannot be followed any more is no failure.
    Retest(Retest),
    /// Prints a script that makes a shell complete this command's options.
    Completions(Completions),
}

#[derive(Group, Debug)]
pub(crate) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL")]
    pub(crate) shell: Shell,
}

#[derive(Group, Debug)]
pub(crate) struct List {
    /// Print one JSON document instead.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Group, Debug)]
pub(crate) struct Hunt {
    /// The scenarios to explore; all of them if none is named. In a name, * stands for any
    /// characters and ? for one.
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// This strategy instead of the search: non-preemptive, random, pct1 … pct9,
    /// pos, urw, round-robin, newest, delay. Several are taken in turn.
    #[arg(long, value_name = "S")]
    pub(crate) strategy: Vec<Kind>,
    /// Begin with the inputs in DIR/NAME, NAME being the scenario, and save there what
    /// reaches something new: the fuzz target reads and writes the same. DIR has to be
    /// there.
    #[arg(long, value_name = "DIR", conflicts_with = "strategy")]
    pub(crate) corpus: Option<PathBuf>,
    /// Executions of each scenario at most, besides those of a corpus. Without it, a
    /// scenario that expects nothing gets 2000, and a known bug is looked for in up to 100000.
    /// 0 executes a corpus and nothing else.
    #[arg(long, value_name = "N")]
    pub(crate) runs: Option<u64>,
    /// Seconds for each scenario at most, above 0; a number with s, m or h behind it
    /// also does. With it and without --runs, time alone is the limit.
    #[arg(long, value_name = "T", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// What all inputs derive from.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(crate) seed: u64,
    /// OS threads to use. Without it, one for each CPU.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Go on after a finding, up to the limit, to find others.
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
    /// Print what makes the hunt fail as annotations of GitHub Actions. The
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

#[derive(Group, Debug)]
pub(crate) struct Verify {
    /// The scenarios. In a name, * stands for any characters and ? for one.
    #[arg(value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,
    /// Only schedules with at most this many preemptions: a step of another task
    /// where the one before could have gone on. Most bugs need one or two.
    #[arg(long, value_name = "K")]
    pub(crate) preemptions: Option<u32>,
    /// Spurious wake-ups, weak failures and cancellations in one execution at most.
    #[arg(long, value_name = "N", default_value_t = Bounds::DEFAULT.rare)]
    pub(crate) rare: u32,
    /// Steps of one execution at most.
    #[arg(
        long,
        value_name = "N",
        default_value_t = Bounds::DEFAULT.steps,
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub(crate) steps: u32,
    /// Executions of each scenario at most.
    #[arg(long, value_name = "N", value_parser = above_zero)]
    pub(crate) runs: Option<u64>,
    /// Seconds for each scenario at most, above 0; a number with s, m or h behind it
    /// also does.
    #[arg(long, value_name = "T", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// A file that the argument of the scenario is made of; without it, no bytes.
    #[arg(long, value_name = "FILE")]
    pub(crate) data: Option<PathBuf>,
    /// Where the trace of a finding is saved: jostle-findings unless another folder is
    /// named, which has to be writable from the start.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// Show every step in reports.
    #[arg(long)]
    pub(crate) full: bool,
    /// Print one JSON document with every figure instead.
    #[arg(long)]
    pub(crate) json: bool,
}

/// An execution in a file.
#[derive(Group, Debug)]
pub(crate) struct Saved {
    /// A trace that `hunt`, `verify`, `cargo test` or the fuzz target saved, or an
    /// artifact or corpus file of libFuzzer.
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// The scenario, for a file of libFuzzer, which does not name it.
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Option<String>,
}

#[derive(Group, Debug)]
pub(crate) struct Replay {
    #[command(flatten)]
    pub(crate) saved: Saved,
    /// Show every step.
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Group, Debug)]
pub(crate) struct Report {
    #[command(flatten)]
    pub(crate) saved: Saved,
    /// Write a page for a browser: one file that needs no network.
    #[arg(long, value_name = "OUT")]
    pub(crate) html: Option<PathBuf>,
    /// Print one JSON document.
    #[arg(long)]
    pub(crate) json: bool,
    /// Write trace events, which ui.perfetto.dev and chrome://tracing open.
    #[arg(long, value_name = "OUT")]
    pub(crate) perfetto: Option<PathBuf>,
}

#[derive(Group, Debug)]
pub(crate) struct Minimize {
    #[command(flatten)]
    pub(crate) saved: Saved,
    /// Where the trace of the minimized failure is saved. Without it, beside FILE
    /// with .min.trace.json at the end.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Save it as an input of the fuzz target, too.
    #[arg(long, value_name = "FILE")]
    pub(crate) artifact: Option<PathBuf>,
    /// Seconds at most, above 0; a number with s, m or h behind it also does. Without it, a
    /// fixed number of executions is the limit, and the result the same each time.
    #[arg(long, value_name = "T", value_parser = duration)]
    pub(crate) time: Option<Duration>,
    /// Show every step in the report.
    #[arg(long)]
    pub(crate) full: bool,
}

#[derive(Group, Debug)]
pub(crate) struct Explain {
    #[command(flatten)]
    pub(crate) saved: Saved,
}

#[derive(Group, Debug)]
pub(crate) struct Triage {
    /// A folder with traces of failing executions, artifacts of libFuzzer, or both.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
    /// The scenario of the artifacts, which do not name it.
    #[arg(long, value_name = "NAME")]
    pub(crate) scenario: Option<String>,
    /// Print one JSON document instead.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Group, Debug)]
pub(crate) struct Export {
    #[command(flatten)]
    pub(crate) saved: Saved,
    /// Write the schedule to this file instead.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Group, Debug)]
pub(crate) struct Retest {
    /// Schedule files that `export --out` has written.
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// Where the traces of findings are saved: jostle-findings unless another folder is
    /// named.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definition_is_consistent() {
        Args::command().debug_assert();
    }
}
