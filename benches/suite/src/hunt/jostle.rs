//! Hunts under jostle: campaigns that end with the first finding.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use jostle::Fibers;
use jostle::scenario::{Body, Expect, Options, Scenario, Subject};
use jostle_catalogue as _;
use jostle_core::backend::Suite;
use jostle_core::campaign::{Campaign, Progress};
use jostle_core::coverage::{FeatureKind, FeatureKinds};
use jostle_core::finding::{Finding, Kind as FindingKind};
use jostle_core::op::Site;
use jostle_core::strategy::Kind;
use jostle_core::verify::{self, End, Reduction, Verification};

use crate::hunt::{ALLOWANCE, Hunt, PATIENCE};
use crate::on_jostle::PROGRAMS;
use crate::program::{Program, Set, Shows};

/// What `jostle hunt` does if no strategy is named.
const DEFAULT: &str = "default";

/// Whether `jostle` knows this strategy.
pub(crate) fn is_strategy(name: &str) -> bool {
    strategies(name).is_some()
}

/// The strategies of a campaign, none for the search, and what that goes on
/// from: `default-reads` not from new reads, `default+locks` also from new orders of
/// locks.
fn strategies(name: &str) -> Option<(Vec<Kind>, FeatureKinds)> {
    let Some(changes) = name.strip_prefix(DEFAULT) else {
        return Some((vec![name.parse().ok()?], FeatureKinds::SEARCH));
    };
    let feature = |name: &str| FeatureKind::ALL.iter().copied().find(|a| a.name() == name);
    let mut features = FeatureKinds::SEARCH;
    let mut rest = changes;
    while let Some(sign) = rest.chars().next() {
        let end = rest[1..].find(['+', '-']).map_or(rest.len(), |at| at + 1);
        let feature = feature(&rest[1..end])?;
        features = match sign {
            '+' => features.with(feature),
            '-' => features.without(feature),
            _ => return None,
        };
        rest = &rest[end..];
    }
    Some((Vec::new(), features))
}

/// The bugs of jostle's own catalogue that show without ThreadSanitizer. Its fixed
/// variants are scenarios of their own, which jostle's tests see to.
pub(crate) fn catalogue() -> Vec<Program> {
    let all = Fibers.targets().unwrap_or_default();
    let capabilities = Fibers.capabilities();
    let known = all.into_iter().filter_map(|scenario| {
        let Subject { name, expect, .. } = scenario.subject;
        let Expect::Finds(kind, text) = expect else {
            return None;
        };
        expect.is_observable(capabilities).then_some(Program {
            name,
            set: Set::Catalogue,
            threads: 0,
            shows: match kind {
                FindingKind::Panic | FindingKind::Misuse => Shows::Panic(text),
                _ => Shows::Stuck,
            },
            body: || {},
            fixed: || {},
        })
    });
    known.collect()
}

pub(super) fn hunt(program: &Program, name: &str, seed: u64, cap: u64, fixed: bool) -> Hunt {
    let Some((strategies, features)) = strategies(name) else {
        return Hunt::Trouble(format!("jostle has no strategy {name}"));
    };
    let Some(scenario) = scenario(program, fixed) else {
        return Hunt::Trouble(format!("jostle has no program {}", program.name));
    };
    let campaign = Campaign {
        strategies,
        runs: cap,
        time: None,
        seed,
        jobs: 1,
        stop_at_first: true,
        features,
    };
    let summary = campaign.explore(&Fibers, scenario, &Progress::default());
    if let Some(why) = summary.broken {
        return Hunt::Trouble(format!("jostle failed: {why}"));
    }
    match summary.findings.first() {
        None => Hunt::Missed,
        Some(found) if is_the_bug(program, &found.finding) => Hunt::Found(found.execution),
        Some(found) => Hunt::Trouble(format!("execution {}: {}", found.execution, found.finding)),
    }
}

/// As [`hunt`], by executing every class of schedules.
pub(super) fn verify(program: &Program, preemptions: Option<u32>, cap: u64, fixed: bool) -> Hunt {
    let Some(scenario) = scenario(program, fixed) else {
        return Hunt::Trouble(format!("jostle has no program {}", program.name));
    };
    let verification = Verification {
        reduction: preemptions.map_or(Reduction::Sources, Reduction::Preemptions),
        runs: Some(cap * ALLOWANCE),
        time: Some(PATIENCE),
        ..Verification::new()
    };
    let verified = verification.explore(&Fibers, scenario, &verify::Progress::default());
    match verified.end {
        End::Found(found) if is_the_bug(program, &found.finding) => {
            Hunt::Found(verified.executions)
        }
        End::Found(found) => Hunt::Trouble(format!(
            "execution {}: {}",
            verified.executions, found.finding
        )),
        End::Exhausted | End::Limit | End::Stopped => Hunt::Missed,
        End::Broken(why) => Hunt::Trouble(format!("jostle failed: {why}")),
        End::Rejected | End::Astray => Hunt::Trouble("there is nothing to explore".to_owned()),
    }
}

pub(super) fn is_the_bug(program: &Program, finding: &Finding) -> bool {
    match program.shows {
        _ if program.set == Set::Catalogue => {
            scenario(program, false).is_some_and(|scenario| scenario.subject.expect.allows(finding))
        }
        Shows::Panic(text) => finding.kind == FindingKind::Panic && finding.message.contains(text),
        Shows::Stuck => matches!(
            finding.kind,
            FindingKind::Deadlock | FindingKind::LostWakeup | FindingKind::Leak
        ),
    }
}

/// The scenario of `program`, the same one each time it is asked for.
fn scenario(program: &Program, fixed: bool) -> Option<&'static Scenario> {
    static MADE: Mutex<BTreeMap<(&str, bool), &Scenario>> = Mutex::new(BTreeMap::new());
    if program.set == Set::Catalogue {
        let all = Fibers.targets().ok()?;
        return all.into_iter().find(|s| s.subject.name == program.name);
    }
    let ours = PROGRAMS.iter().find(|p| p.name == program.name)?;
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let scenario = made.entry((ours.name, fixed)).or_insert_with(|| {
        Box::leak(Box::new(Scenario {
            subject: Subject {
                name: ours.name,
                about: "",
                module: module_path!(),
                site: Site::caller(),
                expect: Expect::Clean,
                options: Options::DEFAULT,
                takes_data: false,
            },
            body: Body::Plain(if fixed { ours.fixed } else { ours.body }),
        }))
    });
    Some(scenario)
}
