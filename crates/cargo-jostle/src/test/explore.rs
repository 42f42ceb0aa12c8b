//! One test: a process explores it, and what that tells becomes a result.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use jostle_report::publish;

use crate::args::Explore;
use crate::child::embedded::{self, Setting, Subject, Told};
use crate::child::hunted::{self, Hunted};
use crate::linker::Notes;
use crate::plan::{Item, What};
use crate::result::{Confirmed, Figures, Found, Kept, Status, Tested};
use crate::saved::Build;
use crate::test::{confirm, retest};

/// Executions of a test unless the user says otherwise.
const RUNS: u64 = 2_000;

/// How long they may take at most. Most tests are done in a second; of one that takes
/// milliseconds for each execution, this is what a suite can afford.
const TIME: Duration = Duration::from_secs(60);

/// A process that says nothing for so long after it should have ended is ended.
const SILENCE: Duration = Duration::from_secs(30);

/// The limit where the user has limited executions and not time.
const UNLIMITED: Duration = Duration::from_secs(60 * 60);

/// How much each test is explored.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    runs: Option<u64>,
    time: Option<Duration>,
}

impl Budget {
    /// What the user has asked for.
    pub(crate) fn of(args: &Explore) -> Budget {
        match (args.runs, args.time) {
            (None, None) => Budget {
                runs: Some(RUNS),
                time: Some(TIME),
            },
            (runs, time) => Budget { runs, time },
        }
    }

    /// When a process is given up.
    fn limit(self) -> Duration {
        self.time.map_or(UNLIMITED, |time| time + SILENCE)
    }
}

/// What all tests of a run have in common.
#[derive(Clone, Debug)]
pub(crate) struct Campaign {
    pub(crate) args: Explore,
    pub(crate) budget: Budget,
    pub(crate) setting: Setting,
    pub(crate) build: Build,
    /// Where traces are saved; absolute, since processes run elsewhere.
    pub(crate) out: PathBuf,
    /// The folder that the user sees paths from.
    pub(crate) here: PathBuf,
}

impl Campaign {
    /// The command of a process.
    fn command(&self) -> Vec<String> {
        let args = &self.args;
        let mut words: Vec<String> = ["hunt", "--json", "--annotations=never", "--jobs", "1"]
            .map(str::to_owned)
            .to_vec();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        option("--seed", args.seed.to_string());
        option("--out", self.out.to_string_lossy().into_owned());
        if let Some(runs) = self.budget.runs {
            option("--runs", runs.to_string());
        }
        if let Some(time) = self.budget.time {
            option("--time", format!("{}s", time.as_secs_f64()));
        }
        for strategy in &args.strategy {
            option("--strategy", strategy.to_string());
        }
        words.extend(args.keep_going.then(|| "--keep-going".to_owned()));
        words
    }

    /// A path as the user would write it.
    pub(crate) fn shown<'a>(&self, path: &'a Path) -> &'a Path {
        path.strip_prefix(&self.here).unwrap_or(path)
    }
}

/// Explores one test. `stop` says whether to come to an end.
pub(crate) fn one(item: &Item<'_>, campaign: &Campaign, stop: &dyn Fn() -> bool) -> Tested {
    let began = Instant::now();
    let subject = &item.subject;
    let mut tested = Tested {
        name: subject.name.clone(),
        binary: subject.binary.id(),
        test: subject.test.clone(),
        source: subject.binary.source.clone(),
        status: Status::Ignored,
        figures: Figures::default(),
        cautions: Vec::new(),
        kept: Kept::default(),
        elapsed: Duration::ZERO,
    };
    match &item.what {
        What::Ignored => {}
        What::Unknown(why) => {
            tested.status = Status::NotExplored {
                reason: why.clone(),
                remedy: "leave its target out of the selection".to_owned(),
            };
        }
        What::Explore if stop() => tested.status = Status::Stopped,
        What::Explore => match retest::all(subject, campaign, stop) {
            Ok(kept) => {
                tested.kept = kept;
                explored(subject, campaign, stop, &mut tested);
            }
            Err(status) => tested.status = status,
        },
    }
    tested.elapsed = began.elapsed();
    tested
}

/// What the link of a program has found out that a result has to say.
fn linked(program: &Path) -> Vec<String> {
    match Notes::read(program) {
        Ok(notes) => notes.map_or_else(Vec::new, |notes| notes.cautions()),
        Err(error) => vec![format!("what is not instrumented is not known: {error:#}")],
    }
}

/// Explores it, and makes a result of that.
fn explored(
    subject: &Subject<'_>,
    campaign: &Campaign,
    stop: &dyn Fn() -> bool,
    tested: &mut Tested,
) {
    let told = embedded::execute(
        subject,
        campaign.command(),
        &campaign.setting,
        campaign.budget.limit(),
        stop,
    );
    match told {
        Ok(told) => {
            judge(told, subject, campaign, stop, tested);
            tested
                .cautions
                .extend(linked(&subject.binary.start.program));
        }
        Err(error) => {
            tested.status = Status::Broken {
                why: format!("{error:#}"),
                errors: String::new(),
            }
        }
    }
}

/// Makes a result of what a process has told.
fn judge(
    told: Told,
    subject: &Subject<'_>,
    campaign: &Campaign,
    stop: &dyn Fn() -> bool,
    tested: &mut Tested,
) {
    tested.status = match told {
        Told::Stopped => Status::Stopped,
        Told::Refused { reason, remedy } => Status::NotExplored { reason, remedy },
        Told::Broken { why, errors } => Status::Broken { why, errors },
        Told::SingleThreaded { code, output } => {
            tested.figures = Figures::ONE;
            match code {
                0 => Status::SingleThreaded,
                _ => Status::Failed { output },
            }
        }
        Told::Executed {
            code,
            stdout,
            errors,
            cautions,
        } => {
            tested.cautions = cautions;
            match hunted::read(&stdout) {
                Ok(hunted) => {
                    tested.figures = Figures::of(&hunted);
                    concluded(code, hunted, errors, subject, campaign, stop)
                }
                Err(error) => Status::Broken {
                    why: format!("its process ended with exit code {code}, and {error:#}"),
                    errors,
                },
            }
        }
    };
}

/// Makes a result of a hunt. The exit code and the document have to agree.
fn concluded(
    code: i32,
    hunted: Hunted,
    errors: String,
    subject: &Subject<'_>,
    campaign: &Campaign,
    stop: &dyn Fn() -> bool,
) -> Status {
    match (hunted.verdict.as_str(), code) {
        ("as-expected", 0) if hunted.findings.is_empty() => Status::Ok,
        ("unexpected", 1) if !hunted.findings.is_empty() => {
            Status::Found(found(hunted, subject, campaign, stop))
        }
        ("stopped", _) => Status::Stopped,
        ("nothing-ran", _) => Status::Broken {
            why: "no execution came to an end".to_owned(),
            errors,
        },
        ("broken", _) => Status::Broken {
            why: publish::fault("the runtime failed"),
            errors,
        },
        (verdict, code) => Status::Broken {
            why: format!("its process ended with exit code {code} and the verdict {verdict:?}"),
            errors,
        },
    }
}

/// The findings, each tried in a fresh process.
fn found(
    hunted: Hunted,
    subject: &Subject<'_>,
    campaign: &Campaign,
    stop: &dyn Fn() -> bool,
) -> Vec<Found> {
    let Hunted {
        findings, traces, ..
    } = hunted;
    // A trace is missing where it could not be saved: then they cannot be told apart.
    let complete = traces.len() == findings.len();
    let mut traces = traces.into_iter().map(PathBuf::from);
    let mut found = Vec::new();
    for finding in findings {
        let trace = traces.next().filter(|_| complete);
        let (confirmed, report) = match &trace {
            Some(trace) => confirm::finding(trace, subject, campaign, stop),
            None => (
                Confirmed::Untried("its trace could not be saved".to_owned()),
                String::new(),
            ),
        };
        found.push(Found {
            finding,
            trace,
            confirmed,
            report,
            kept: None,
        });
    }
    found
}
