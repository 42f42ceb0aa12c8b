//! Selects the steps that a report shows, and folds repetitions.

use std::collections::BTreeSet;

use jostle_core::trace::Step;

/// A row of the interleaving.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Row {
    /// The step with this index.
    Step(usize),
    /// The `period` rows above, which are all steps, happen `times` more.
    Repeat {
        /// How many steps are repeated.
        period: usize,
        /// How often after the first time.
        times: usize,
    },
    /// Steps that are not shown.
    Skipped(usize),
}

impl Row {
    fn steps(self) -> usize {
        match self {
            Row::Step(_) => 1,
            Row::Repeat { period, times } => period * times,
            Row::Skipped(steps) => steps,
        }
    }
}

/// Loops of up to this many steps are folded. A spin loop takes two steps a
/// round, and under the fair scheduler several tasks take turns in theirs.
const LONGEST_PERIOD: usize = 16;

/// A fold has to save at least this many rows.
const LEAST_GAIN: usize = 2;

/// The rows for `steps`, with repetitions folded. Steps in `keep` stand for
/// themselves and are never folded.
pub(super) fn fold(steps: &[Step], keep: &BTreeSet<usize>) -> Vec<Row> {
    let same = |a: usize, b: usize| {
        !keep.contains(&a) && !keep.contains(&b) && looks_like(&steps[a], &steps[b])
    };
    let mut rows = Vec::new();
    let mut at = 0;
    while at < steps.len() {
        let longest = LONGEST_PERIOD.min((steps.len() - at) / 2);
        let repeat = (1..=longest).find_map(|period| {
            let repeated = (at + period..steps.len())
                .take_while(|&i| same(i, i - period))
                .count();
            let times = repeated / period;
            // The block and the row that says so replace all of it.
            (times >= 2 && period * times > LEAST_GAIN).then_some((period, times))
        });
        let period = repeat.map_or(1, |(period, _)| period);
        rows.extend((at..at + period).map(Row::Step));
        at += period;
        if let Some((period, times)) = repeat {
            rows.push(Row::Repeat { period, times });
            at += period * times;
        }
    }
    rows
}

/// Whether two steps look the same in a report.
fn looks_like(a: &Step, b: &Step) -> bool {
    let key = |s: &Step| (s.task, s.kind, s.object, s.value, s.preemption, s.blocks);
    key(a) == key(b) && a.site == b.site
}

/// The last `last` of the rows, and before them those of the steps in `keep`.
/// What is left out between them is counted.
pub(super) fn window(rows: &[Row], last: usize, keep: &BTreeSet<usize>) -> Vec<Row> {
    let start = first_of_tail(rows, rows.len().saturating_sub(last));
    let mut shown = Vec::new();
    let mut skipped: Vec<Row> = Vec::new();
    for (i, &row) in rows.iter().enumerate() {
        let kept = matches!(row, Row::Step(step) if keep.contains(&step));
        if i < start && !kept {
            skipped.push(row);
            continue;
        }
        match skipped[..] {
            [] => {}
            // The row itself takes no more room than saying that it is missing.
            [only @ Row::Step(_)] => shown.push(only),
            _ => shown.push(Row::Skipped(skipped.iter().map(|row| row.steps()).sum())),
        }
        skipped.clear();
        shown.push(row);
    }
    if !skipped.is_empty() {
        shown.push(Row::Skipped(skipped.iter().map(|row| row.steps()).sum()));
    }
    shown
}

/// `start`, moved up if it would cut a repetition from the steps it repeats.
fn first_of_tail(rows: &[Row], start: usize) -> usize {
    for (i, row) in rows.iter().enumerate().skip(start) {
        if let Row::Repeat { period, .. } = row {
            return start.min(i - period);
        }
    }
    start
}

#[cfg(test)]
mod tests {
    use super::*;
    use jostle_core::id::{ObjectId, TaskId};
    use jostle_core::op::{OpKind, Site};
    use proptest::prelude::*;

    /// One step for each letter; equal letters look the same.
    fn steps(letters: &str) -> Vec<Step> {
        let step = |letter: char| Step {
            site: Site::caller(),
            value: Some(letter as u32),
            task: TaskId::MAIN,
            object: ObjectId::NONE,
            choices: 0,
            kind: OpKind::Load,
            preemption: false,
            blocks: false,
        };
        letters.chars().map(step).collect()
    }

    fn folded(letters: &str) -> Vec<Row> {
        fold(&steps(letters), &BTreeSet::new())
    }

    fn repeat(period: usize, times: usize) -> Row {
        Row::Repeat { period, times }
    }

    use Row::{Skipped, Step as S};

    #[test]
    fn a_loop_is_shown_once() {
        assert_eq!(folded("aaaaaa"), [S(0), repeat(1, 5)]);
        assert_eq!(
            folded("xabababab"),
            [S(0), S(1), S(2), repeat(2, 3)],
            "what comes before the loop stays"
        );
        assert_eq!(
            folded("abababa"),
            [S(0), S(1), repeat(2, 2), S(6)],
            "half a round stays"
        );
    }

    #[test]
    fn little_repetition_is_left_alone() {
        assert_eq!(folded("aaa").len(), 3);
        assert_eq!(folded("abab").len(), 4);
        assert_eq!(folded("").len(), 0);
    }

    #[test]
    fn steps_to_keep_are_not_folded() {
        let rows = fold(&steps("aaaaaaaaa"), &BTreeSet::from([4]));
        assert_eq!(rows, [S(0), repeat(1, 3), S(4), S(5), repeat(1, 3)]);
    }

    #[test]
    fn a_difference_that_can_be_seen_is_not_folded() {
        let plain = steps("aaaaaa");
        let changes: [fn(&mut Step); 4] = [
            |step| step.value = None,
            |step| step.preemption = true,
            |step| step.blocks = true,
            |step| step.task = TaskId::CLOCK,
        ];
        for change in changes {
            let mut changed = plain.clone();
            change(&mut changed[3]);
            assert_eq!(fold(&changed, &BTreeSet::new()).len(), 6);
        }
        let mut later = plain;
        later[3].choices = 9;
        assert_eq!(fold(&later, &BTreeSet::new()).len(), 2);
    }

    #[test]
    fn the_window_shows_the_end_and_what_is_kept() {
        let rows = folded("abcdefghij");
        let none = BTreeSet::new();
        assert_eq!(window(&rows, 2, &none), [Skipped(8), S(8), S(9)]);
        let keep = BTreeSet::from([3]);
        assert_eq!(
            window(&rows, 2, &keep),
            [Skipped(3), S(3), Skipped(4), S(8), S(9)]
        );
        assert_eq!(window(&rows, 10, &none), rows);
        assert_eq!(window(&rows, 9, &none), rows, "one row is not left out");
        assert_eq!(window(&rows, 0, &none), [Skipped(10)]);
        assert_eq!(window(&[], 5, &none), []);
    }

    #[test]
    fn the_window_does_not_cut_a_repetition_from_its_steps() {
        let rows = folded("xyzabababab");
        let shown = [Skipped(3), S(3), S(4), repeat(2, 3)];
        assert_eq!(window(&rows, 1, &BTreeSet::new()), shown);
        assert_eq!(window(&rows, 2, &BTreeSet::new()), shown);
    }

    proptest! {
        #[test]
        fn every_step_is_counted_once_and_in_order(
            letters in "[ab]{0,80}",
            keep in prop::collection::btree_set(0usize..80, 0..4),
            last in 0usize..40,
        ) {
            let steps = steps(&letters);
            let rows = fold(&steps, &keep);
            for rows in [&rows, &window(&rows, last, &keep)] {
                let mut at = 0;
                let mut seen = BTreeSet::new();
                for (i, row) in rows.iter().enumerate() {
                    match *row {
                        Row::Step(step) => {
                            prop_assert_eq!(step, at);
                            seen.insert(step);
                        }
                        Row::Repeat { period, times } => {
                            prop_assert!(rows[i - period..i].iter().all(|row| matches!(row, Row::Step(_))));
                            for step in at..at + period * times {
                                prop_assert_eq!(steps[step].value, steps[step - period].value);
                            }
                        }
                        Row::Skipped(_) => {}
                    }
                    at += row.steps();
                }
                prop_assert_eq!(at, steps.len());
                prop_assert!(keep.iter().all(|step| *step >= steps.len() || seen.contains(step)));
            }
        }
    }
}
