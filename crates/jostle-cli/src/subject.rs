//! Files that hold an execution, and executing them again.

use std::fs;
use std::path::Path;

use anyhow::Context;

use crate::campaign::{self, Run, Runner};
use crate::cli::args::Saved;
use crate::cli::{list, outcome};
use crate::finding::Kind;
use crate::guard::watchdog;
use crate::input::Input;
use crate::sanitizer::SEES_RACES;
use crate::scenario::Scenario;
use crate::scenario::registry::Scope;
use crate::strategy::{self, Profile};
use crate::trace::file::{self, ReadError, TraceFile};
use crate::trace::{self, Trace};

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
    /// With its selector.
    Input(u32, Input),
}

/// A replayed execution.
#[derive(Debug)]
pub(super) struct Replayed {
    pub(super) run: Run,
    pub(super) trace: Trace,
    pub(super) fingerprint: u64,
}

impl Subject {
    /// What was named on the command line.
    pub(super) fn of(scope: Scope, saved: &Saved) -> anyhow::Result<Subject> {
        Subject::load(scope, &saved.file, saved.scenario.as_deref())
    }

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
            // An input may well be one line feed, which is an empty trace file too.
            (Err(ReadError::Foreign | ReadError::Empty), Some(name)) if !bytes.is_empty() => {
                let (selector, input) = Input::decode(bytes);
                Ok(Subject {
                    scenario: list::named(scenarios, name)?,
                    content: Content::Input(selector, input),
                })
            }
            (Err(error @ ReadError::Foreign), None) => Err(anyhow::Error::from(error)
                .context("for an input of libFuzzer name the scenario with --scenario")),
            (Err(error), _) => Err(error.into()),
        }
    }

    /// What the scenario makes its argument of.
    pub(super) fn data(&self) -> &[u8] {
        match &self.content {
            Content::Trace(file) => &file.data,
            Content::Input(_, input) => &input.data,
        }
    }

    /// Which scenario the fuzz target takes its input for if none is named.
    pub(super) fn selector(&self) -> u32 {
        match &self.content {
            Content::Trace(_) => 0,
            Content::Input(selector, _) => *selector,
        }
    }

    /// Executes it again and warns if it is not what was recorded.
    pub(super) fn replay(&self) -> anyhow::Result<Replayed> {
        watchdog::start();
        watchdog::on_stall(watchdog::Action::Exit(1));
        let replayed = self.on_a_runner(|runner| match &self.content {
            Content::Trace(file) => runner.replay(self.scenario, file.choices.clone(), &file.data),
            Content::Input(_, input) => {
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
        if let Content::Trace(file) = &self.content
            && file.finding.as_ref().is_some_and(|f| f.kind == Kind::Race)
            && replayed.run.outcome.finding.is_none()
            && !SEES_RACES
        {
            outcome::warn(
                "warning: the trace was recorded with a data race, which only a build with \
                 ThreadSanitizer sees; this one executes the same steps and finds nothing",
            );
        }
        Ok(replayed)
    }

    /// An execution with the same data that passes and has as much of the
    /// beginning in common with `failing` as there is: the choices up to the last
    /// one that could still have saved it, and the calm schedule from there.
    ///
    /// If that does not pass anywhere, some random schedule may: then the one that
    /// parts the latest.
    pub(super) fn passing(&self, failing: &Trace) -> anyhow::Result<Option<Replayed>> {
        let data = self.data();
        let passes = |run: &Run| run.outcome.finding.is_none() && !run.rejected;
        let replayed = self.on_a_runner(|runner| {
            let mut steps = 0_u32;
            for length in beginnings(failing.choices.len()) {
                let choices = failing.choices[..length].to_vec();
                let run = runner.replay(self.scenario, choices, data);
                steps = run.outcome.steps.saturating_add(steps);
                if passes(&run) || steps > ENOUGH_STEPS || runner.is_spoiled() {
                    return run;
                }
            }
            let random = |runner: &mut Runner, seed| {
                let mut input = Input::from_seed(strategy::Kind::Random, seed);
                input.data = data.to_vec();
                runner.run(self.scenario, &Profile::default(), &input)
            };
            let mut best = (None, 0);
            for seed in 0..RANDOM {
                let run = random(runner, seed);
                let common = passes(&run).then(|| common_steps(failing, &runner.trace()));
                if common > best.0 {
                    best = (common, seed);
                }
                if runner.is_spoiled() {
                    return run;
                }
                steps = run.outcome.steps.saturating_add(steps);
                if steps > ENOUGH_STEPS {
                    break;
                }
            }
            random(runner, best.1)
        })?;
        Ok(Some(replayed).filter(|replayed| passes(&replayed.run)))
    }

    fn on_a_runner(
        &self,
        execute: impl FnOnce(&mut Runner) -> Run + Send,
    ) -> anyhow::Result<Replayed> {
        apart(|| {
            watchdog::subject(self.scenario, None);
            let mut runner = Runner::new();
            let run = execute(&mut runner);
            Replayed {
                run,
                trace: runner.trace(),
                fingerprint: runner.fingerprint(),
            }
        })
    }
}

/// Works on an OS thread of its own, which an execution may spoil.
pub(super) fn apart<T: Send>(work: impl FnOnce() -> T + Send) -> anyhow::Result<T> {
    let done = std::thread::scope(|scope| scope.spawn(work).join());
    done.map_err(|_| anyhow::anyhow!("the executor gave up; this is a bug in jostle"))
}

/// Executions with so many steps in all are enough in search of one that passes:
/// they take about a second.
const ENOUGH_STEPS: u32 = 5_000_000;

/// So many random executions are tried if nothing else passes.
const RANDOM: u64 = 256;

/// How many steps two executions begin with that are the same.
fn common_steps(a: &Trace, b: &Trace) -> usize {
    let key = |step: &trace::Step| (step.task, step.kind, step.object, step.site);
    let steps = a.steps.iter().zip(&b.steps);
    steps.take_while(|(a, b)| key(a) == key(b)).count()
}

/// How long a part from the beginning of so many choices may be, the longest
/// first: each length for a while, then ever fewer.
fn beginnings(choices: usize) -> impl Iterator<Item = usize> {
    const EACH: usize = 512;
    let last = choices.saturating_sub(EACH);
    let halves = std::iter::successors(Some(last), |&length| (length > 0).then_some(length / 2));
    (last..choices)
        .rev()
        .chain(halves.skip(1))
        .chain((choices == 0).then_some(0))
}

/// The option that names a scenario, as it was given.
pub(super) fn scenario_option(name: Option<&str>) -> String {
    name.map_or_else(String::new, |name| format!(" --scenario {name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beginnings_become_shorter_down_to_none() {
        let of = |choices| beginnings(choices).collect::<Vec<usize>>();
        assert_eq!(of(0), [0]);
        assert_eq!(of(3), [2, 1, 0]);
        for choices in [511, 512, 513, 1_000_000] {
            let lengths = of(choices);
            assert_eq!(lengths[0], choices - 1);
            assert_eq!(lengths.last(), Some(&0));
            assert!(lengths.is_sorted_by(|a, b| a > b), "{lengths:?}");
            assert!(lengths.len() < 600);
        }
    }
}
