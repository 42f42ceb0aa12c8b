//! Adds up the lanes of a campaign.

use std::collections::BTreeMap;

use crate::backend::{Broken, Suite, TargetOf};
use crate::campaign::confirm::confirm;
use crate::campaign::lane::{First, Lane};
use crate::campaign::species::SpeciesCount;
use crate::campaign::summary::{Found, Summary, Unseen};
use crate::decision::{Pick, Prefix};
use crate::input::{Input, Steering};
use crate::trace::Trace;

/// The sum over the lanes.
#[derive(Default)]
pub(super) struct Tally {
    executions: u64,
    steps: u64,
    rejected: u64,
    species: SpeciesCount,
    /// By signature: the first execution of all lanes, and how many had it.
    findings: BTreeMap<String, (First, u64)>,
    kept: Vec<Input>,
    /// Inputs of a search, which are not the whole story; see [`exact`].
    searches: bool,
}

impl Tally {
    /// Of the executions below `end`.
    pub(super) fn of(lanes: Vec<Lane>, end: u64, searches: bool) -> Tally {
        let mut tally = Tally {
            searches,
            ..Tally::default()
        };
        for mut lane in lanes {
            lane.finish(end);
            tally.executions += lane.executions;
            tally.steps += lane.steps;
            tally.rejected += lane.rejected;
            tally.species.merge(&lane.species);
            tally
                .kept
                .extend(lane.kept.into_iter().map(|(_, input)| input));
            for (signature, first) in lane.firsts {
                let count = lane.counts.get(&signature).copied().unwrap_or(0);
                match tally.findings.get_mut(&signature) {
                    Some((known, counted)) => {
                        *counted += count;
                        if first.execution < known.execution {
                            *known = first;
                        }
                    }
                    None => {
                        tally.findings.insert(signature, (first, count));
                    }
                }
            }
        }
        tally
    }

    /// Confirms what was found and writes all of it into `summary`.
    ///
    /// # Errors
    ///
    /// If the backend fails while it does. What could not be confirmed is left out.
    pub(super) fn write<S: Suite>(
        self,
        suite: &S,
        target: &TargetOf<S>,
        summary: &mut Summary,
    ) -> Result<(), Broken> {
        summary.executions = self.executions;
        summary.steps = self.steps;
        summary.rejected = self.rejected;
        summary.kept = self.kept;
        summary.distinct = self.species.distinct();
        if let (Some(probability), Some(classes)) = (self.species.unseen(), self.species.missing())
        {
            summary.unseen = Some(Unseen {
                probability,
                classes,
            });
        }
        let mut sound = Ok(());
        for (first, count) in self.findings.into_values() {
            let data = &first.input.data;
            let confirmed = match confirm(suite, target, first.finding, first.trace, data) {
                Ok(confirmed) => confirmed,
                Err(broken) => {
                    sound = sound.and(Err(broken));
                    continue;
                }
            };
            summary.findings.push(Found {
                expected: summary.subject.expect.allows(&confirmed.finding),
                finding: confirmed.finding,
                execution: first.execution + 1,
                count,
                input: match self.searches {
                    true => exact(first.input, &confirmed.trace),
                    false => first.input,
                },
                trace: confirmed.trace,
            });
        }
        summary.findings.sort_by_key(|f| f.execution);
        sound
    }
}

/// The input that gives this very execution in any process. What a search asked for
/// gives it only together with the profile that it had measured by then.
fn exact(input: Input, trace: &Trace) -> Input {
    Input {
        steering: Steering {
            prefix: Prefix {
                picks: trace.choices.iter().map(|&c| Pick::from(c)).collect(),
                strict: true,
            },
            ..Steering::none()
        },
        overrides: Vec::new(),
        ..input
    }
}
