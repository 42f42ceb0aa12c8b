//! `jostle retest`: executes kept schedules again.
//!
//! A schedule that fails is a finding, saved as those of a hunt are. One that cannot be
//! followed to its end is no failure by itself: the program has changed. The document says
//! how far it was followed.

use std::path::{Path, PathBuf};

use anyhow::Context;
use jostle_core::backend::{Suite, TargetOf};
use jostle_core::campaign::{Replayer, Retest, apart};
use jostle_core::finding::Finding;
use jostle_core::input::Input;
use jostle_core::regression::{KeptFile, Row};
use jostle_report::publish;
use jostle_report::text::message;
use serde_json::{Value, json};

use crate::args;
use crate::exit::ExitStatus;
use crate::list;
use crate::output::{self, Fault};

/// Raised when a field changes its meaning or goes away.
const VERSION: u32 = 1;

pub(crate) fn run<S: Suite>(suite: &S, args: &args::Retest) -> anyhow::Result<ExitStatus> {
    output::check_out(args.out.as_deref())?;
    let targets = list::all(suite)?;
    let mut gravest = ExitStatus::AsExpected;
    let mut schedules = Vec::new();
    for file in &args.files {
        let kept = Kept::read(file)?;
        let target = list::named::<S>(&targets, &kept.test)?;
        let tried = kept.retest(suite, target, args.out.as_deref())?;
        gravest = gravest.max(tried.status());
        schedules.push(tried.document(&kept));
    }
    output::document(&json!({ "jostle_retest": VERSION, "schedules": schedules }))?;
    Ok(gravest)
}

/// A schedule file that can be executed.
struct Kept {
    path: PathBuf,
    test: String,
    rows: Vec<Row>,
    data: Vec<u8>,
}

/// What became of it.
struct Tried {
    retest: Retest,
    /// The finding of its failure, and its trace if that could be saved.
    found: Option<(Finding, Option<PathBuf>)>,
}

impl Kept {
    fn read(path: &Path) -> anyhow::Result<Kept> {
        let refused = || format!("cannot execute {}", path.display());
        let bytes = publish::read_file(path).with_context(refused)?;
        let file = KeptFile::read(&bytes).with_context(refused)?;
        let (rows, data) = file.schedule().with_context(refused)?;
        Ok(Kept {
            path: path.to_owned(),
            test: file.test,
            rows,
            data,
        })
    }

    fn retest<S: Suite>(
        &self,
        suite: &S,
        target: &'static TargetOf<S>,
        out: Option<&Path>,
    ) -> anyhow::Result<Tried> {
        let subject = target.as_ref();
        let retest = apart(suite, |_| {
            Replayer::new(suite, target).retest(self.rows.clone(), &self.data)
        });
        let retest = retest.map_err(|broken| Fault {
            scenario: subject.name,
            why: broken.0,
        })?;
        let failure = retest.failure.as_ref();
        let found = failure.and_then(|failure| {
            let finding = failure.finding.clone()?;
            let input = Input::from_decisions(&failure.trial.transcript, self.data.clone());
            let saved = output::save(out, subject, &input, &failure.trace, &finding);
            if let Err(error) = &saved {
                output::complain(error);
            }
            Some((finding, saved.ok()))
        });
        Ok(Tried { retest, found })
    }
}

impl Tried {
    fn status(&self) -> ExitStatus {
        match self.found {
            Some(_) => ExitStatus::Finding,
            None => ExitStatus::AsExpected,
        }
    }

    fn document(&self, kept: &Kept) -> Value {
        let missed = self.retest.missed.as_ref();
        let outcome = match (&self.found, missed, self.retest.nearby) {
            (Some(_), _, false) => "fails",
            (Some(_), _, true) => "fails-nearby",
            (None, None, _) => "passes",
            (None, Some(_), _) => "not-followed",
        };
        json!({
            "file": kept.path.to_string_lossy(),
            "outcome": outcome,
            "rows": kept.rows.len(),
            "followed": missed.map_or(kept.rows.len(), |missed| missed.followed),
            "missed": missed.map(|missed| message(&missed.to_string()).into_owned()),
            "finding": self.finding(),
            "trace": self.found.as_ref().and_then(|(_, path)| path.as_ref()).map(|path| {
                path.to_string_lossy()
            }),
        })
    }

    fn finding(&self) -> Option<Value> {
        let (finding, _) = self.found.as_ref()?;
        let trace = &self.retest.failure.as_ref()?.trace;
        Some(json!({
            "kind": finding.kind,
            "message": message(&finding.message),
            "signature": finding.signature(),
            "place": finding.place,
            "task": finding.task.map(|task| message(&trace.task_name(task)).into_owned()),
            "execution": 1,
            "count": 1,
            "steps": trace.steps.len(),
            "preemptions": trace.preemptions,
        }))
    }
}
