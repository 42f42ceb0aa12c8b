//! Tests the command against a fake backend with canned results.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use jostle_core::backend::{
    Backend, Capabilities, DuplicateName, Executed, Outcome, Plan, Suite, TargetOf,
};
use jostle_core::decision::Rng;
use jostle_core::finding::{Finding, Kind};
use jostle_core::log::Log;
use jostle_core::op::Site;
use jostle_core::recording::Recording;
use jostle_core::strategy::Policy;
use jostle_core::subject::{Expect, Options, Subject};
use jostle_core::vtime::VInstant;

use crate::exit::ExitStatus;
use crate::run;

struct Told {
    subject: Subject,
    executed: Executed,
    /// What an execution does besides.
    does: fn(),
}

impl AsRef<Subject> for Told {
    fn as_ref(&self) -> &Subject {
        &self.subject
    }
}

#[derive(Default)]
struct Fake {
    log: Log,
}

const CAPABILITIES: Capabilities = Capabilities {
    races: false,
    virtual_time: false,
    cancellation: false,
    exhaustive: true,
};

impl Backend for Fake {
    type Target = Told;

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn execute(&mut self, told: &Told, plan: Plan<'_>, mut policy: Policy<'_>) -> Executed {
        policy.begin(plan.profile, &mut Rng::new(plan.seed));
        (told.does)();
        told.executed.clone()
    }

    fn recording(&self) -> Recording<'_> {
        Recording {
            log: &self.log,
            tasks: &[],
            objects: &[],
            preemptions: 0,
            time: VInstant::START,
        }
    }
}

struct Scenarios(Vec<&'static Told>);

impl Suite for Scenarios {
    type Backend = Fake;

    fn backend(&self) -> Fake {
        Fake::default()
    }

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn targets(&self) -> Result<Vec<&'static TargetOf<Self>>, DuplicateName> {
        Ok(self.0.clone())
    }
}

fn told(name: &'static str, expect: Expect, executed: Executed) -> &'static Told {
    doing(name, expect, executed, || ())
}

fn doing(name: &'static str, expect: Expect, executed: Executed, does: fn()) -> &'static Told {
    Box::leak(Box::new(Told {
        subject: Subject {
            name,
            about: "about\u{1b}[2J\r\u{202e}",
            module: "fake::inner",
            site: Site::caller(),
            expect,
            options: Options::DEFAULT,
            takes_data: false,
        },
        executed,
        does,
    }))
}

fn finished(finding: Option<Finding>) -> Executed {
    Executed::Finished(Outcome {
        finding,
        steps: 1,
        preemptions: 0,
        divergence: None,
        abandoned: 0,
    })
}

fn scenarios() -> Scenarios {
    let panic = || finished(Some(Finding::new(Kind::Panic, "oh")));
    let race = Expect::Finds(Kind::Race, "");
    Scenarios(vec![
        told("breaks", Expect::Clean, Executed::Broken("no stack".into())),
        told("fails", Expect::Clean, panic()),
        told("fails_as_known", Expect::Finds(Kind::Panic, ""), panic()),
        told("misses", Expect::Finds(Kind::Panic, ""), finished(None)),
        told("never_runs", Expect::Clean, Executed::Rejected),
        told("passes", Expect::Clean, finished(None)),
        told("races", race, finished(None)),
    ])
}

/// The status of the command, with a folder of its own for findings.
fn status(folder: &str, command: &str) -> ExitStatus {
    let folder = out(folder);
    let args = format!("jostle {command}");
    let args = args.split_whitespace().map(Into::into);
    let status = run(
        &scenarios(),
        args.chain(["--out".into(), folder.clone().into()]),
    );
    let _ = fs::remove_dir_all(folder);
    status
}

fn out(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("jostle-cli-{name}-{}", process::id()))
}

#[test]
fn a_hunt_ends_as_its_gravest_scenario() {
    let hunt = |names: &str| {
        let options = "--strategy calm --runs 3 --jobs 2 --json";
        status("hunt", &format!("hunt {names} {options}"))
    };
    assert_eq!(hunt("passes"), ExitStatus::AsExpected);
    assert_eq!(hunt("passes fails_as_known races"), ExitStatus::AsExpected);
    assert_eq!(hunt("races"), ExitStatus::Unusable);
    assert_eq!(hunt("breaks passes"), ExitStatus::Broken);
    assert_eq!(hunt("breaks fails"), ExitStatus::Finding);
    for finding in ["fails", "misses", "never_runs"] {
        assert_eq!(hunt(finding), ExitStatus::Finding, "{finding}");
    }
    assert_eq!(hunt("passse"), ExitStatus::Unusable);
}

#[test]
fn a_verification_ends_as_its_gravest_scenario() {
    let verify = |names: &str| status("verify", &format!("verify {names} --json"));
    assert_eq!(
        verify("passes fails_as_known races"),
        ExitStatus::AsExpected
    );
    assert_eq!(verify("never_runs passes"), ExitStatus::Unusable);
    assert_eq!(verify("breaks never_runs"), ExitStatus::Broken);
    assert_eq!(verify("breaks fails"), ExitStatus::Finding);
    assert_eq!(verify("misses"), ExitStatus::Finding);
    assert_eq!(
        status("limit", "verify passes --runs 0 --json"),
        ExitStatus::Unusable
    );
}

#[test]
fn a_failed_backend_is_a_fault_in_a_replay_and_in_a_folder() {
    let folder = out("replay");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("input");
    fs::write(&file, [1, 2, 3]).unwrap();
    let (file, folder) = (file.display().to_string(), folder.display().to_string());
    let run = |command: &str, path: &str, scenario: &str| {
        let args = ["jostle", command, path, "--scenario", scenario];
        run(&scenarios(), args.into_iter().map(Into::into))
    };
    assert_eq!(run("replay", &file, "passes"), ExitStatus::AsExpected);
    assert_eq!(run("replay", &file, "fails"), ExitStatus::Finding);
    for command in ["replay", "minimize", "explain", "export"] {
        assert_eq!(
            run(command, &file, "breaks"),
            ExitStatus::Broken,
            "{command}"
        );
    }
    assert_eq!(run("explain", &file, "passes"), ExitStatus::Unusable);
    assert_eq!(run("triage", &folder, "breaks"), ExitStatus::Broken);
    assert_eq!(run("triage", &folder, "passes"), ExitStatus::AsExpected);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn names_may_be_patterns() {
    let hunt = |names: &str| status("globs", &format!("hunt {names} --runs 3 --jobs 1 --json"));
    assert_eq!(hunt("pas*"), ExitStatus::AsExpected);
    assert_eq!(hunt("pass?s passes fails_*"), ExitStatus::AsExpected);
    assert_eq!(hunt("fail*"), ExitStatus::Finding);
    assert_eq!(hunt("nothing_*"), ExitStatus::Unusable);
    assert_eq!(
        status("globs", "verify pass* --json"),
        ExitStatus::AsExpected
    );
}

#[test]
fn settings_that_mean_nothing_are_refused() {
    for command in [
        "hunt passes --time 0",
        "hunt passes --time 1d",
        "hunt passes --jobs 0",
        "hunt passes --jobs 257",
        "hunt passes --runs 0",
        "hunt passes --runs 3 --corpus no/such/folder",
        "hunt passes --runs 3 --junit -",
        "hunt passes --runs 3 --junit /",
        "verify passes --time 0",
        "verify passes --runs 0",
        "verify passes --steps 0",
        "verify passes --data -",
        "verify passes --data /dev/zero",
        "verify passes --data /",
        "triage -",
        "replay - --scenario passes",
        "minimize - --scenario passes",
    ] {
        assert_eq!(
            status("refused", command),
            ExitStatus::Unusable,
            "{command}"
        );
    }
    assert_eq!(
        status("refused", "hunt passes --runs 3 --jobs 256"),
        ExitStatus::AsExpected
    );
}

/// A name of a megabyte is compared with none, and not shown.
#[test]
fn a_very_long_name_is_no_work() {
    let all = scenarios().targets().unwrap();
    let name = "fail".repeat(1 << 20);
    let start = std::time::Instant::now();
    let error = crate::list::named::<Scenarios>(&all, &name).err().unwrap();
    assert!(error.to_string().contains("did you mean fail"), "{error}");
    assert!(error.to_string().len() < 400);
    assert!(start.elapsed().as_secs() < 1);
}

/// Set for the process that is one command: its arguments, one in a line.
const CHILD: &str = "JOSTLE_TEST_COMMAND_CHILD";

/// Stands before the arguments of a command whose standard output is a full disk.
const FULL: &str = "> /dev/full";

/// Everything that a terminal, a log or a parser could stumble over.
const HOSTILE: &str = "oh \u{1b}[31m\u{7}\r\u{9b}2J\u{202e}\u{200f}\u{fffe}\u{ffff}\u{0} ##[error]x\n\
                       ::error::y\n  ::stop-commands::z\r\n##[group]";

fn hostile() -> Scenarios {
    let panic = |message: &str| finished(Some(Finding::new(Kind::Panic, message)));
    #[allow(clippy::print_stdout, reason = "as the code under test may")]
    let prints = || println!("PRINTED {{");
    // Puts a file in the place of the folder that findings are to be saved in.
    let spoils = || {
        let args = std::env::var(CHILD).unwrap_or_default();
        let mut args = args.lines().skip_while(|arg| *arg != "--out").skip(1);
        if let Some(out) = args.next() {
            let _ = fs::write(out, "in the way");
        }
    };
    Scenarios(vec![
        told("floods", Expect::Clean, panic(&HOSTILE.repeat(16 << 14))),
        told("passes", Expect::Clean, finished(None)),
        doing("prints", Expect::Clean, finished(None), prints),
        doing("prints_and_fails", Expect::Clean, panic("oh"), prints),
        told("shouts", Expect::Clean, panic(HOSTILE)),
        doing("spoils", Expect::Clean, panic("oh"), spoils),
    ])
}

/// What the process of a command does; for the tests below.
#[test]
fn one_command() {
    if let Ok(args) = std::env::var(CHILD) {
        let mut lines = args.lines().peekable();
        if lines.next_if_eq(&FULL).is_some() {
            let full = fs::File::options().write(true).open("/dev/full");
            rustix::stdio::dup2_stdout(full.unwrap()).unwrap();
        }
        let args = std::iter::once("jostle").chain(lines);
        let status = crate::process(&hostile(), args.map(Into::into), crate::output::own_stdout);
        process::exit(status.code().into());
    }
}

struct Ended {
    code: i32,
    /// Behind what the test harness prints.
    stdout: String,
    stderr: String,
}

fn command(args: &[&str], folder: &Path, variables: &[(&str, &str)]) -> Ended {
    let output = process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "tests::one_command",
            "--nocapture",
            "--test-threads",
            "1",
        ])
        .env_remove("GITHUB_ACTIONS")
        .env(CHILD, args.join("\n"))
        .envs(variables.iter().copied())
        .current_dir(folder)
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let own = stdout.split_once("tests::one_command ... ");
    Ended {
        code: output.status.code().unwrap(),
        stdout: own.map_or(&*stdout, |(_, own)| own).to_owned(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

fn made(name: &str) -> PathBuf {
    let folder = out(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

#[test]
fn what_scenarios_print_is_in_no_document() {
    let folder = made("printed");
    fs::write(folder.join("input"), "x").unwrap();
    let hunt = ["--runs", "2", "--jobs", "1", "--json"];
    let saved = ["input", "--scenario", "prints_and_fails"];
    let files = |command: &'static str| [&[command][..], &saved].concat();
    for args in [
        [&["hunt", "prints", "prints_and_fails"], &hunt[..]].concat(),
        vec!["verify", "prints", "--json"],
        [files("report"), vec!["--json"]].concat(),
        vec!["triage", "jostle-findings", "--json"],
        vec!["list", "--json"],
    ] {
        let ended = command(&args, &folder, &[]);
        let document = serde_json::from_str::<serde_json::Value>(&ended.stdout);
        assert!(
            document.is_ok(),
            "{args:?}: {} {}",
            ended.stdout,
            ended.stderr
        );
        assert!(
            args[0] == "list" || ended.stderr.contains("PRINTED"),
            "{args:?}"
        );
    }
    for args in [
        files("report"),
        files("replay"),
        files("export"),
        files("explain"),
    ] {
        let ended = command(&args, &folder, &[]);
        assert!(
            !ended.stdout.contains("PRINTED"),
            "{args:?}: {}",
            ended.stdout
        );
        assert!(ended.stderr.contains("PRINTED"), "{args:?}");
    }
    let ended = command(
        &[&files("report")[..], &["--html", "/dev/stdout"]].concat(),
        &folder,
        &[],
    );
    assert!(
        ended.stdout.starts_with("<!doctype html>"),
        "{}",
        ended.stderr
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn nothing_that_a_scenario_says_does_anything() {
    let folder = made("hostile");
    let name = "f\u{1b}[31m\u{202e}\r";
    fs::write(folder.join(name), "x").unwrap();
    let no_text = <OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"\xff");
    fs::write(folder.join(no_text), "x").unwrap();
    let saved = [name, "--scenario", "shouts"];
    let files = |command: &'static str| [&[command][..], &saved].concat();
    let hunt = [
        "hunt",
        "shouts",
        "--runs",
        "2",
        "--jobs",
        "1",
        "--keep-going",
    ];
    let commands = [
        hunt.to_vec(),
        [&hunt[..], &["--json"]].concat(),
        vec!["verify", "shouts"],
        vec!["verify", "shouts", "--json"],
        files("replay"),
        files("report"),
        [files("report"), vec!["--json"]].concat(),
        files("explain"),
        files("minimize"),
        files("export"),
        vec!["triage", ".", "--scenario", "shouts"],
        vec!["triage", ".", "--scenario", "shouts", "--json"],
        vec!["list"],
        vec!["list", "--json"],
        vec!["replay", "no\u{1b}[31m"],
        vec!["hunt", "na\u{1b}me\u{202e}"],
        vec!["hunt", "shouts", "--out", name],
        vec!["hunt", "--time", name],
        vec!["chase\u{9b}"],
    ];
    for args in commands {
        for variables in [&[][..], &[("GITHUB_ACTIONS", "true")]] {
            let ended = command(&args, &folder, variables);
            assert!(
                !ended.stderr.contains("panicked"),
                "{args:?}: {}",
                ended.stderr
            );
            for text in [&ended.stdout, &ended.stderr] {
                for line in text.lines() {
                    let clean = jostle_report::text::clean(line);
                    assert_eq!(clean, line, "{args:?}");
                    let own = line.starts_with("::error file=crates/jostle-cli/");
                    let command = line.trim_start().starts_with("::") || line.contains("##[");
                    assert!(own || !command || variables.is_empty(), "{args:?}: {line}");
                }
            }
        }
    }
    let ended = command(&hunt, &folder, &[("CLICOLOR_FORCE", "1")]);
    assert!(
        ended.stderr.contains("\u{1b}[31mpanic\u{1b}[0m in shouts"),
        "{}",
        ended.stderr
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_message_of_many_megabytes_is_cut_and_the_finding_is_saved() {
    let folder = made("flood");
    let args = [
        "hunt",
        "floods",
        "--runs",
        "1",
        "--jobs",
        "1",
        "--junit",
        "results.xml",
    ];
    let ended = command(&args, &folder, &[]);
    assert_eq!(ended.code, 1, "{:.2000}", ended.stderr);
    assert!(ended.stderr.contains("bytes in all"));
    assert!(ended.stderr.len() < 400_000, "{}", ended.stderr.len());
    let size = |path: PathBuf| fs::metadata(path).unwrap().len();
    assert!(size(folder.join("results.xml")) < 400_000);
    let traces = fs::read_dir(folder.join("jostle-findings")).unwrap();
    let sizes: Vec<u64> = traces.map(|entry| size(entry.unwrap().path())).collect();
    assert!(matches!(sizes[..], [size] if size < 200_000), "{sizes:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_finding_that_cannot_be_saved_is_reported() {
    let folder = made("unsaved");
    let hunt = ["hunt", "spoils", "passes", "--runs", "2", "--jobs", "1"];
    let ended = command(&[&hunt[..], &["--out", "later"]].concat(), &folder, &[]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    for said in [
        "name another folder with --out",
        "panic in spoils: oh",
        "FINDING  spoils",
        "ok       passes",
        "Replay:",
    ] {
        assert!(ended.stderr.contains(said), "{said} in {}", ended.stderr);
    }
    fs::remove_file(folder.join("later")).unwrap();
    let ended = command(&["verify", "spoils", "--out", "later"], &folder, &[]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("panic in spoils: oh"),
        "{}",
        ended.stderr
    );
    // Where nobody named the folder, a finding on the terminal is better than none. Not even
    // root can make a folder there.
    let ended = command(&hunt, Path::new("/proc"), &[]);
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(
        ended
            .stderr
            .contains("warning: the trace of a finding cannot"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("panic in spoils: oh"),
        "{}",
        ended.stderr
    );
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn where_results_go_is_checked_before_anything_is_executed() {
    let folder = made("checked");
    fs::write(folder.join("input"), "x").unwrap();
    std::os::unix::fs::symlink("input", folder.join("link")).unwrap();
    fs::create_dir(folder.join("folder")).unwrap();
    let saved = ["input", "--scenario", "prints_and_fails"];
    let hunt = ["hunt", "prints_and_fails", "--runs", "2"];
    let files =
        |command: &'static str, more: &[&'static str]| [&[command][..], &saved, more].concat();
    for (args, said) in [
        ([&hunt[..], &["--out", "input"]].concat(), "with --out"),
        (
            [&hunt[..], &["--out", "input/below"]].concat(),
            "with --out",
        ),
        ([&hunt[..], &["--out", "/proc/no"]].concat(), "with --out"),
        ([&hunt[..], &["--junit", "folder"]].concat(), "with --junit"),
        (
            [&hunt[..], &["--junit", "no/results"]].concat(),
            "with --junit",
        ),
        (vec!["verify", "prints", "--out", "input"], "with --out"),
        (
            files("report", &["--html", "input"]),
            "would be overwritten",
        ),
        (
            files("report", &["--html", "./link"]),
            "would be overwritten",
        ),
        (
            files("report", &["--html", "a", "--perfetto", "./a"]),
            "the same file",
        ),
        (files("report", &["--html", "folder"]), "with --html"),
        (
            files("report", &["--perfetto", "no/events"]),
            "with --perfetto",
        ),
        (
            files("minimize", &["--out", "input"]),
            "would be overwritten",
        ),
        (
            files("minimize", &["--artifact", "input"]),
            "would be overwritten",
        ),
        (
            files("minimize", &["--out", "a", "--artifact", "a"]),
            "the same file",
        ),
        (
            files("minimize", &["--artifact", "/proc/no"]),
            "with --artifact",
        ),
    ] {
        let ended = command(&args, &folder, &[]);
        assert_eq!(ended.code, 2, "{args:?}: {}", ended.stderr);
        assert!(ended.stderr.contains(said), "{args:?}: {}", ended.stderr);
        assert!(
            !ended.stderr.contains("PRINTED"),
            "{args:?}: {}",
            ended.stderr
        );
        assert_eq!(fs::read(folder.join("input")).unwrap(), b"x", "{args:?}");
    }
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 3);
    fs::remove_dir_all(folder).unwrap();
}

/// The finding decides, even where its report cannot be written.
#[test]
fn a_full_standard_output_is_said() {
    let folder = made("full");
    fs::write(folder.join("input"), "x").unwrap();
    let hunt = ["hunt", "shouts", "--runs", "1", "--jobs", "1", "--json"];
    let saved = ["input", "--scenario", "shouts"];
    for (args, code) in [
        (hunt.to_vec(), 1),
        ([&["replay"][..], &saved].concat(), 1),
        ([&["report"][..], &saved].concat(), 2),
        (vec!["triage", ".", "--scenario", "shouts"], 1),
    ] {
        let ended = command(&[&[FULL][..], &args].concat(), &folder, &[]);
        assert_eq!(ended.code, code, "{args:?}: {}", ended.stderr);
        let said = "standard output; make room";
        assert!(ended.stderr.contains(said), "{args:?}: {}", ended.stderr);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = command(&["completions", shell], Path::new("."), &[]);
        assert_eq!(ended.code, 0);
        assert!(ended.stdout.contains("keep-going"), "{}", ended.stdout);
    }
}
