//! Loads a trace or fuzz input and re-executes it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use jostle_core::backend::{Broken, Suite, TargetOf};
use jostle_core::campaign::{self, Run, Runner};
use jostle_core::finding::Kind;
use jostle_core::input::Input;
use jostle_core::strategy::{self, Profile};
use jostle_core::subject::Subject;
use jostle_core::trace::file::{self, ReadError, TraceFile};
use jostle_core::trace::{self, Trace};
use jostle_report::publish;

use crate::args::Saved;
use crate::list;
use crate::output::{self, Fault};

/// An execution that a file holds.
pub(crate) struct Recorded<'a, S: Suite> {
    pub(crate) suite: &'a S,
    /// Of which scenario.
    pub(crate) target: &'static TargetOf<S>,
    content: Content,
    path: PathBuf,
}

#[derive(Debug)]
enum Content {
    Trace(Box<TraceFile>),
    /// With its selector.
    Input(u32, Input),
}

/// A replayed execution.
#[derive(Debug)]
pub(crate) struct ReplayOutcome {
    pub(crate) run: Run,
    pub(crate) trace: Trace,
    pub(crate) fingerprint: u64,
    /// Whether it is what was recorded, as far as that was executed and can be seen.
    pub(crate) fits: bool,
}

impl<'a, S: Suite> Recorded<'a, S> {
    /// What was named on the command line.
    pub(crate) fn of(suite: &'a S, saved: &Saved) -> anyhow::Result<Recorded<'a, S>> {
        Recorded::load(suite, &saved.file, saved.scenario.as_deref())
    }

    /// Reads a trace file or an input of libFuzzer, which needs the name of the
    /// scenario.
    pub(crate) fn load(
        suite: &'a S,
        path: &Path,
        name: Option<&str>,
    ) -> anyhow::Result<Recorded<'a, S>> {
        let targets = list::all(suite)?;
        let bytes =
            publish::read_file(path).with_context(|| format!("cannot read {}", path.display()))?;
        let (scenario, content) =
            read(&bytes, name).with_context(|| format!("cannot replay {}", path.display()))?;
        let target = list::named::<S>(&targets, &scenario)
            .with_context(|| format!("cannot replay {}", path.display()))?;
        Ok(Recorded {
            suite,
            target,
            content,
            path: path.to_owned(),
        })
    }

    /// The scenario.
    pub(crate) fn subject(&self) -> &'static Subject {
        self.target.as_ref()
    }

    /// What the scenario makes its argument of.
    pub(crate) fn data(&self) -> &[u8] {
        match &self.content {
            Content::Trace(file) => &file.data,
            Content::Input(_, input) => &input.data,
        }
    }

    /// Which scenario the fuzz target takes its input for if none is named.
    pub(crate) fn selector(&self) -> u32 {
        match &self.content {
            Content::Trace(_) => 0,
            Content::Input(selector, _) => *selector,
        }
    }

    /// Executes it again and warns if it is not what was recorded.
    pub(crate) fn replay(&self) -> anyhow::Result<ReplayOutcome> {
        let mut replayed = self.on_a_runner(|runner| match &self.content {
            Content::Trace(file) => {
                Ok(runner.replay(self.target, file.choices.clone(), &file.data))
            }
            Content::Input(_, input) => {
                let profile = campaign::profile(runner, self.target)?;
                Ok(runner.run(self.target, &profile, input))
            }
        })?;
        let Content::Trace(file) = &self.content else {
            return Ok(replayed);
        };
        let warn =
            |text: String| output::warn(&format!("warning: {}: {text}", self.path.display()));
        let outcome = &replayed.run.outcome;
        let race = file.finding.as_ref().is_some_and(|f| f.kind == Kind::Race);
        let unseen = race && outcome.finding.is_none() && !self.suite.capabilities().races;
        if unseen {
            // That explains whatever else is different.
            warn(
                "it was recorded with a data race, which only a build with ThreadSanitizer sees; \
                 this one finds nothing. Replay it with the nightly toolchain and \
                 RUSTFLAGS=-Zsanitizer=thread"
                    .to_owned(),
            );
        } else if let Some(divergence) = &outcome.divergence {
            warn(format!(
                "the trace does not fit the scenario any more; {divergence}. The scenario has \
                 changed since it was recorded, or something decides that Jostle does not control"
            ));
        } else if file.fingerprint != replayed.fingerprint {
            warn(
                "all choices of the trace fit, but the steps between them have changed since it \
                 was recorded"
                    .to_owned(),
            );
        }
        replayed.fits = !unseen && outcome.divergence.is_none();
        Ok(replayed)
    }

    /// An execution with the same data that passes and has as much of the
    /// beginning in common with `failing` as there is: the choices up to the last
    /// one that could still have saved it, and the schedule that never preempts from there.
    ///
    /// If that does not pass anywhere, some random schedule may: then the one that
    /// parts the latest.
    pub(crate) fn passing(&self, failing: &Trace) -> anyhow::Result<Option<ReplayOutcome>> {
        let data = self.data();
        let passes =
            |run: &Run| run.outcome.finding.is_none() && !run.rejected && run.broken.is_none();
        let replayed = self.on_a_runner(|runner| {
            let mut steps = 0_u32;
            for length in beginnings(failing.choices.len()) {
                let choices = failing.choices[..length].to_vec();
                let run = runner.replay(self.target, choices, data);
                steps = run.outcome.steps.saturating_add(steps);
                if passes(&run) || run.broken.is_some() || steps > ENOUGH_STEPS {
                    return Ok(run);
                }
            }
            let random = |runner: &mut Runner<S::Backend>, seed| {
                let mut input = Input::from_seed(strategy::Kind::Random, seed);
                input.data = data.to_vec();
                runner.run(self.target, &Profile::default(), &input)
            };
            let mut best = (None, 0);
            for seed in 0..RANDOM {
                let run = random(runner, seed).sound()?;
                let common = passes(&run).then(|| common_steps(failing, &runner.trace()));
                if common > best.0 {
                    best = (common, seed);
                }
                steps = run.outcome.steps.saturating_add(steps);
                if steps > ENOUGH_STEPS {
                    break;
                }
            }
            Ok(random(runner, best.1))
        })?;
        Ok(Some(replayed).filter(|replayed| passes(&replayed.run)))
    }

    /// Executes on an OS thread of its own.
    ///
    /// # Errors
    ///
    /// If the backend fails.
    fn on_a_runner(
        &self,
        execute: impl FnOnce(&mut Runner<S::Backend>) -> Result<Run, Broken> + Send,
    ) -> anyhow::Result<ReplayOutcome> {
        let replayed = campaign::apart(self.suite, |runner| {
            Ok(ReplayOutcome {
                run: execute(runner)?.sound()?,
                trace: runner.trace(),
                fingerprint: runner.fingerprint(),
                fits: true,
            })
        });
        replayed.map_err(|broken| self.fault(broken))
    }

    /// That the backend failed on it.
    pub(crate) fn fault(&self, Broken(why): Broken) -> anyhow::Error {
        anyhow::Error::new(Fault {
            scenario: self.subject().name,
            why,
        })
    }
}

/// The name of the scenario and the execution that a file holds. Any bytes are an input
/// of libFuzzer, so that only the user can tell: by `name`.
fn read(bytes: &[u8], name: Option<&str>) -> anyhow::Result<(String, Content)> {
    match (file::read(bytes), name) {
        (Ok(file), name) => {
            let name = name.unwrap_or(&file.scenario).to_owned();
            Ok((name, Content::Trace(Box::new(file))))
        }
        // An input may well be one line feed, which is an empty trace file too.
        (Err(ReadError::Foreign | ReadError::Empty), Some(name)) if !bytes.is_empty() => {
            let (selector, input) = Input::decode(bytes);
            Ok((name.to_owned(), Content::Input(selector, input)))
        }
        (Err(error @ ReadError::Foreign), None) => Err(anyhow::Error::from(error)
            .context("for an input of libFuzzer name the scenario with --scenario")),
        (Err(error), _) => Err(error.into()),
    }
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
pub(crate) fn scenario_option(name: Option<&str>) -> String {
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
