//! Every known bug kept as a test.

use jostle::Fibers;
use jostle::scenario::{Expect, Scenario};
use jostle_core::campaign::Replayer;

use crate::support::catalogue::catalogue;
use crate::support::failures::{failing, minimized};
use crate::support::kept::retest;

/// The fixed twin of a bug: the one whose name has the longest beginning in common.
fn twin(bug: &Scenario) -> &'static Scenario {
    let common = |s: &Scenario| {
        s.subject
            .name
            .bytes()
            .zip(bug.subject.name.bytes())
            .take_while(|(a, b)| a == b)
            .count()
    };
    let fixed = catalogue()
        .into_iter()
        .filter(|s| s.subject.name.ends_with("_fixed"));
    fixed.max_by_key(|s| common(s)).unwrap()
}

#[test]
fn every_known_bug_can_be_kept_and_its_twin_passes() {
    let mut kept = 0;
    for bug in catalogue() {
        if bug.subject.expect == Expect::Clean {
            continue;
        }
        // Races show only where there is a sanitizer to see them.
        let Some(input) = failing(bug, 20_000).next() else {
            continue;
        };
        let (small, _) = minimized(bug, &input);
        let data = &small.schedule.data;
        let rows = Replayer::new(&Fibers, bug).rows(&small.schedule).unwrap();
        let rows = rows.unwrap_or_else(|| panic!("{}: no words", bug.subject.name));
        let again = retest(bug, &rows, data);
        let found = again.failure.unwrap().trial.signature;
        assert_eq!(found, small.trial.signature, "{}", bug.subject.name);
        assert!(
            again.missed.is_none() && !again.nearby,
            "{}",
            bug.subject.name
        );
        let fixed = retest(twin(bug), &rows, data);
        let found = fixed.failure.map(|f| f.finding);
        assert!(
            found.is_none(),
            "{} on {}: {found:?}",
            bug.subject.name,
            twin(bug).subject.name
        );
        kept += 1;
    }
    assert!(kept >= 18, "{kept}");
}
