//! The command over a backend that executes nothing and says what it is told to.

use std::fs;
use std::path::PathBuf;
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
    Box::leak(Box::new(Told {
        subject: Subject {
            name,
            about: "",
            module: "fake",
            site: Site::caller(),
            expect,
            options: Options::DEFAULT,
            takes_data: false,
        },
        executed,
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
