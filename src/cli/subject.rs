//! Files that hold an execution, and executing them again.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::campaign::{self, Run, Runner};
use crate::cli::{list, outcome};
use crate::guard::watchdog;
use crate::input::Input;
use crate::scenario::Scenario;
use crate::scenario::registry::Scope;
use crate::strategy;
use crate::trace::Trace;
use crate::trace::file::{self, ReadError, TraceFile};

/// An execution that a file holds.
#[derive(Debug)]
pub(super) struct Subject {
    /// Of which scenario.
    pub(super) scenario: &'static Scenario,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Trace(Box<TraceFile>),
    Input(Input),
}

/// A replayed execution.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) run: Run,
    pub(super) trace: Trace,
    pub(super) fingerprint: u64,
}

impl Subject {
    /// Reads a trace file or an input of libFuzzer, which needs the name of the
    /// scenario.
    pub(super) fn load(scope: Scope, path: &Path, name: Option<&str>) -> anyhow::Result<Subject> {
        let scenarios = list::all(scope)?;
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Subject::read(&scenarios, &bytes, name)
            .with_context(|| format!("cannot replay {}", path.display()))
    }

    fn read(
        scenarios: &[&'static Scenario],
        bytes: &[u8],
        name: Option<&str>,
    ) -> anyhow::Result<Subject> {
        match (file::read(bytes), name) {
            (Ok(file), name) => Ok(Subject {
                scenario: list::named(scenarios, name.unwrap_or(&file.scenario))?,
                content: Content::Trace(Box::new(file)),
            }),
            // Any bytes are a fuzz input, so that only the user can tell.
            (Err(ReadError::Foreign), Some(name)) => Ok(Subject {
                scenario: list::named(scenarios, name)?,
                content: Content::Input(Input::decode(bytes).1),
            }),
            (Err(error @ ReadError::Foreign), None) => Err(anyhow::Error::from(error)
                .context("for an input of libFuzzer name the scenario with --scenario")),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// Executes it again and warns if it is not what was recorded.
    pub(super) fn replay(&self) -> anyhow::Result<Replayed> {
        watchdog::start();
        watchdog::on_stall(watchdog::Action::Exit(1));
        let replayed = self.on_a_runner(|runner| match &self.content {
            Content::Trace(file) => runner.replay(self.scenario, file.choices.clone(), &file.data),
            Content::Input(input) => {
                let profile = campaign::profile(runner, self.scenario);
                runner.run(self.scenario, &profile, input)
            }
        })?;
        if let Content::Trace(file) = &self.content {
            if let Some(divergence) = &replayed.run.outcome.divergence {
                outcome::warn(&format!(
                    "warning: the trace does not fit the scenario any more; {divergence}. The \
                     scenario has changed since it was recorded, or something decides that Jostle \
                     does not control"
                ));
            } else if file.fingerprint != replayed.fingerprint {
                outcome::warn(
                    "warning: all choices of the trace fit, but the steps between them have \
                     changed since it was recorded",
                );
            }
        }
        Ok(replayed)
    }

    /// An execution with the same data that passes, to be compared with it: the
    /// first of those that interrupt least, if there is one.
    pub(super) fn passing(&self) -> anyhow::Result<Option<Replayed>> {
        let data = match &self.content {
            Content::Trace(file) => &file.data,
            Content::Input(input) => &input.data,
        };
        for kind in [strategy::Kind::Calm, strategy::Kind::RoundRobin] {
            let mut input = Input::from_seed(kind, 0);
            input.data.clone_from(data);
            let replayed = self.on_a_runner(|runner| {
                let profile = campaign::profile(runner, self.scenario);
                runner.run(self.scenario, &profile, &input)
            })?;
            if replayed.run.outcome.finding.is_none() && !replayed.run.rejected {
                return Ok(Some(replayed));
            }
        }
        Ok(None)
    }

    /// Executes on a thread of its own, which the execution may spoil.
    fn on_a_runner(
        &self,
        execute: impl FnOnce(&mut Runner) -> Run + Send,
    ) -> anyhow::Result<Replayed> {
        let replayed = std::thread::scope(|scope| {
            let execution = scope.spawn(|| {
                watchdog::subject(self.scenario, None);
                let mut runner = Runner::new();
                let run = execute(&mut runner);
                Replayed {
                    run,
                    trace: runner.trace(),
                    fingerprint: runner.fingerprint(),
                }
            });
            execution.join()
        });
        replayed.map_err(|_| anyhow::anyhow!("the executor gave up; this is a bug in jostle"))
    }
}

/// The option that names a scenario, as it was given.
pub(super) fn scenario_option(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(" --scenario {name}"))
}
