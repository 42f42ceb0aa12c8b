//! What jostle's default search promises, and whether it keeps it.

use std::fmt;

use crate::contender::Contender;
use crate::program::Set;
use crate::published::published;
use crate::sample::{Median, Sample};
use crate::suite::{Row, Suite};

/// Eight hand-shakes are to be found within so many executions.
const HANDSHAKES: (&str, u64) = ("handshake_8", 5_000);
/// On programs that it was not tuned on, against the best blind sampler.
const WITHIN: f64 = 2.0;

/// A promise and what came of it.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    program: &'static str,
    what: String,
    pub(crate) is_met: bool,
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.is_met { "met" } else { "MISSED" };
        write!(f, "{verdict:6}  {}: {}", self.program, self.what)
    }
}

/// Every target that the contenders of this suite say anything about.
pub(crate) fn judge(suite: &Suite, rows: &[Row]) -> Vec<Target> {
    let us = Contender::Jostle("default".to_owned());
    let Some(us) = suite.contenders.iter().position(|c| *c == us) else {
        return Vec::new();
    };
    let ours = rows
        .iter()
        .filter_map(|row| Some((row, row.samples[us].as_ref()?)));
    ours.flat_map(|(row, sample)| {
        let median = match row.program.set {
            Set::Sct => bar(suite, row),
            Set::Handshake => None,
            Set::HeldOut | Set::Catalogue => {
                let best = best(suite, row, Contender::is_blind);
                best.map(|(who, best)| (format!("{WITHIN} times {who}"), WITHIN * best))
            }
        };
        let median = median.map(|(bar, most)| Target {
            program: row.program.name,
            what: format!(
                "median {} (at most {}, {bar})",
                sample.median(),
                Median::new(most)
            ),
            is_met: sample.median().executions() <= most,
        });
        [Some(found(row, sample)), median].into_iter().flatten()
    })
    .collect()
}

/// On every seed, within the cap.
fn found(row: &Row, sample: &Sample) -> Target {
    let (name, within) = HANDSHAKES;
    let within = match row.program.name == name {
        true => within.min(sample.cap),
        false => sample.cap,
    };
    Target {
        program: row.program.name,
        what: format!(
            "found on {} of {} seeds, worst {} (every seed, within {within})",
            sample.count_found(),
            sample.hunts.len(),
            sample.worst().map_or("–".to_owned(), |w| w.to_string()),
        ),
        is_met: sample.worst().is_some_and(|worst| worst <= within),
    }
}

/// The least of shuttle's medians, RFF's and the prototype's. The bug that nobody
/// finds reliably is held to its cap alone.
fn bar(suite: &Suite, row: &Row) -> Option<(String, f64)> {
    if row.program.cap(suite.cap) > suite.cap {
        return None;
    }
    let shuttle = best(suite, row, |c| matches!(c, Contender::Shuttle(_)));
    let known = published(row.program.name);
    let rff = known.and_then(|p| p.rff.median());
    let prototype = known.and_then(|p| p.prototype.median());
    let rff = rff.map(|median| ("RFF".to_owned(), median.executions()));
    let prototype = prototype.map(|median| ("prototype".to_owned(), median.executions()));
    let all = [shuttle, rff, prototype].into_iter().flatten();
    all.min_by(|a, b| a.1.total_cmp(&b.1))
}

/// Who of these contenders has the least median.
fn best(suite: &Suite, row: &Row, who: fn(&Contender) -> bool) -> Option<(String, f64)> {
    let all = suite.contenders.iter().zip(&row.samples);
    let all = all.filter(|(contender, _)| who(contender));
    let all = all.filter_map(|(contender, sample)| {
        let median = sample.as_ref()?.median().executions();
        Some((contender.to_string(), median))
    });
    all.min_by(|a, b| a.1.total_cmp(&b.1))
        .filter(|(_, median)| median.is_finite())
}
