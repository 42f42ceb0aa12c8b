//! What jostle promises to be better at, and by how much.

use std::fmt;

use crate::contender::Contender;
use crate::results::Results;
use crate::workload::Workload;

/// Who is held to the targets.
const US: Contender = Contender::JostleRandom;
/// Fewer instructions than the reference, per step and per execution.
const FEWER: f64 = 10.0;
/// More executions per second of CPU time than the reference.
const FASTER: f64 = 5.0;
/// A step among 1,000 tasks against a step among 2.
const GROWTH: f64 = 2.0;

/// A promise and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    what: String,
    bound: Bound,
    /// `None` if it was not measured, which is a miss.
    figure: Option<f64>,
}

#[derive(Clone, Copy, Debug)]
enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

impl Target {
    pub(crate) fn is_met(&self) -> bool {
        self.figure.is_some_and(|figure| match self.bound {
            Bound::AtLeast(bound) => figure >= bound,
            Bound::AtMost(bound) => figure <= bound,
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_met() { "met" } else { "MISSED" };
        write!(f, "{verdict:6}  {}: ", self.what)?;
        match self.figure {
            Some(figure) => write!(f, "{figure:.2}")?,
            None => f.write_str("not measured")?,
        }
        match self.bound {
            Bound::AtLeast(bound) => write!(f, " (at least {bound})"),
            Bound::AtMost(bound) => write!(f, " (at most {bound})"),
        }
    }
}

/// Every target, judged.
pub(crate) fn judge(results: &Results) -> Vec<Target> {
    let mut targets = Vec::new();
    for workload in [
        Workload::Yield2x100,
        Workload::Mutex10x100,
        Workload::MpscPingpong100,
        Workload::AsyncPingpong100,
        Workload::SpawnJoin100,
    ] {
        let name = workload.name();
        // jostle makes no steps for spawning and joining: none of it is a
        // scheduling point.
        if workload != Workload::SpawnJoin100 {
            targets.push(Target {
                what: format!("{name}, times fewer instructions per step"),
                bound: Bound::AtLeast(FEWER),
                figure: results.fewer_per_step(US, workload),
            });
        }
        targets.push(Target {
            what: format!("{name}, times fewer instructions per execution"),
            bound: Bound::AtLeast(FEWER),
            figure: results.fewer_per_execution(US, workload),
        });
    }
    for workload in [Workload::Empty, Workload::LostUpdate] {
        targets.push(Target {
            what: format!("{}, times more executions per CPU second", workload.name()),
            bound: Bound::AtLeast(FASTER),
            figure: results.faster(US, workload),
        });
    }
    targets.push(Target {
        what: "one more step among 1,000 tasks against one among 2".to_owned(),
        bound: Bound::AtMost(GROWTH),
        figure: results
            .step_among_1000(US)
            .zip(results.step_among_2(US))
            .map(|(many, two)| many / two),
    });
    targets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::{Cost, Speed};
    use crate::results::Row;

    fn row(contender: Contender, workload: Workload, instructions: f64, cpu: f64) -> Row {
        let steps = match workload {
            Workload::Yield2x200 | Workload::Yield1000x40 => 200.0,
            _ => 100.0,
        };
        Row {
            workload,
            contender,
            cost: Cost {
                instructions,
                steps: Some(steps),
            },
            speed: Some(Speed { wall: cpu, cpu }),
        }
    }

    /// Figures that meet every target with nothing to spare.
    fn just_enough() -> Results {
        let mut rows = Vec::new();
        for workload in [
            Workload::Empty,
            Workload::LostUpdate,
            Workload::Yield2x100,
            Workload::Mutex10x100,
            Workload::MpscPingpong100,
            Workload::AsyncPingpong100,
            Workload::SpawnJoin100,
        ] {
            rows.push(row(US, workload, 1e3, FASTER));
            rows.push(row(Contender::REFERENCE, workload, 1e3 * FEWER, 1.0));
        }
        rows.push(row(US, Workload::Yield2x200, 2e3, 1.0));
        rows.push(row(US, Workload::Yield1000x20, 1e3, 1.0));
        rows.push(row(US, Workload::Yield1000x40, 1e3 + 1e3 * GROWTH, 1.0));
        Results { rows }
    }

    fn missed(results: &Results) -> Vec<String> {
        let targets = judge(results);
        let missed = targets.iter().filter(|t| !t.is_met());
        missed.map(ToString::to_string).collect()
    }

    #[test]
    fn figures_at_the_bounds_meet_the_targets() {
        assert_eq!(missed(&just_enough()), Vec::<String>::new());
    }

    #[test]
    fn a_figure_a_little_worse_is_missed_and_named() {
        for at in 0..just_enough().rows.len() {
            let mut results = just_enough();
            let row = &mut results.rows[at];
            let workload = row.workload;
            let named = match workload {
                // What growth is measured against: dearer is no worse.
                _ if row.contender != US => continue,
                Workload::Yield2x200 | Workload::Yield1000x20 => continue,
                Workload::Yield1000x40 => "among 1,000".to_owned(),
                named => named.name(),
            };
            row.cost.instructions *= 1.01;
            if let Some(speed) = &mut row.speed {
                speed.cpu /= 1.01;
            }
            let missed = missed(&results);
            assert!(!missed.is_empty(), "{workload:?}");
            assert!(missed[0].contains(&named), "{missed:?}");
        }
    }

    #[test]
    fn what_was_not_measured_is_missed() {
        let targets = judge(&Results::default());
        assert!(targets.iter().all(|t| !t.is_met()));
        assert!(targets[0].to_string().contains("not measured"));
    }
}
