//! Names of tasks, objects and places in a report.

use std::collections::{BTreeMap, BTreeSet};

use jostle_core::finding::{Finding, Place};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::Site;
use jostle_core::trace::Trace;

use crate::text;

/// So many entries are in the list of objects.
const LEGEND: usize = 12;

/// Names of tasks are cut to this many cells.
const LONGEST: usize = 200;

/// The names of one report.
pub(super) struct Names<'a> {
    trace: &'a Trace,
    /// File to the shortest end of its path that no other file shares.
    short: BTreeMap<&'a str, String>,
}

impl<'a> Names<'a> {
    pub(super) fn new(trace: &'a Trace, finding: &'a Finding) -> Names<'a> {
        let steps = trace.steps.iter().map(|step| step.site.file());
        let objects = trace.objects.iter().map(|object| object.site.file());
        let waits = finding.waits.iter().map(|wait| wait.place.file.as_str());
        let place = finding.place.iter().map(|place| place.file.as_str());
        let files: BTreeSet<&str> = steps.chain(objects).chain(waits).chain(place).collect();
        Names {
            trace,
            short: shorten(&files),
        }
    }

    /// For running text: `t3 "collector"`, `main`.
    pub(super) fn task(&self, task: TaskId) -> String {
        match self.given(task) {
            Some(name) => format!("{task} \"{name}\""),
            None => task.to_string(),
        }
    }

    /// For the head of a column: `t3 collector`, `main`.
    pub(super) fn head(&self, task: TaskId) -> String {
        match self.given(task) {
            Some(name) => format!("{task} {name}"),
            None => task.to_string(),
        }
    }

    /// Several tasks for running text; all of them if there are few.
    pub(super) fn tasks(&self, tasks: &[TaskId]) -> String {
        let names: Vec<String> = tasks.iter().map(|&task| self.task(task)).collect();
        enumerate(&names)
    }

    /// What is done to what: `send #2`.
    pub(super) fn op(&self, word: &str, object: ObjectId) -> String {
        let word = text::clean(word);
        match Self::is_shown(object) {
            true => format!("{word} {object}"),
            false => word,
        }
    }

    /// Whether an object says anything to a reader: the world that a poll
    /// touches does not.
    pub(super) fn is_shown(object: ObjectId) -> bool {
        object != ObjectId::NONE && object != ObjectId::WORLD
    }

    /// What objects are, for a list: `#2 channel (cron.rs:30)`. Those of one
    /// kind that were created at one place share an entry.
    pub(super) fn legend(&self, objects: &BTreeSet<ObjectId>) -> Vec<String> {
        let mut numbers = BTreeMap::new();
        let mut entries: Vec<(String, Vec<ObjectId>)> = Vec::new();
        for &object in objects {
            let info = object.index().and_then(|i| self.trace.objects.get(i));
            let info = info.map_or_else(String::new, |info| {
                format!(" {} ({})", text::clean(info.kind), self.site(info.site))
            });
            let number = *numbers.entry(info.clone()).or_insert(entries.len());
            match entries.get_mut(number) {
                Some((_, objects)) => objects.push(object),
                None => entries.push((info, vec![object])),
            }
        }
        let shown = entries.iter().take(LEGEND);
        let mut legend: Vec<String> = shown
            .map(|(info, objects)| enumerate(&ranges(objects)) + info)
            .collect();
        if entries.len() > LEGEND {
            legend.push(format!("and {} more", entries.len() - LEGEND));
        }
        legend
    }

    /// What an object is, for running text: `#2 (channel, src/cron.rs:30)`.
    pub(super) fn object(&self, object: ObjectId) -> String {
        let info = object.index().and_then(|i| self.trace.objects.get(i));
        match info {
            Some(info) => format!(
                "{object} ({}, {})",
                text::clean(info.kind),
                full(&Place::from(info.site))
            ),
            None => object.to_string(),
        }
    }

    /// Several objects for running text; all of them if there are few.
    pub(super) fn objects(&self, objects: &[ObjectId]) -> String {
        let names: Vec<String> = objects.iter().map(|&object| self.object(object)).collect();
        enumerate(&names)
    }

    /// A place, short: `cron.rs:43`.
    pub(super) fn place(&self, place: &Place) -> String {
        self.short(&place.file, place.line)
    }

    /// A site, short.
    pub(super) fn site(&self, site: Site) -> String {
        self.short(site.file(), site.line())
    }

    fn short(&self, file: &str, line: u32) -> String {
        let file = self.short.get(file).map_or(file, String::as_str);
        at_line(file, line)
    }

    /// The name that the user gave. Main and the clock keep theirs.
    fn given(&self, task: TaskId) -> Option<String> {
        if task == TaskId::MAIN || task == TaskId::CLOCK {
            return None;
        }
        let name = self.trace.tasks.get(task.index())?.name.as_deref()?;
        // A name that fills pages names nothing.
        Some(text::clean(&text::fit(name, LONGEST)))
    }
}

/// A place with the whole path, so that an editor or a terminal can open it.
pub(super) fn full(place: &Place) -> String {
    at_line(&place.file, place.line)
}

/// `src/cron.rs:43`; without the line if it is not known.
pub(super) fn at_line(file: &str, line: u32) -> String {
    let file = text::clean(file);
    match line {
        0 => file,
        _ => format!("{file}:{line}"),
    }
}

/// `a, b and c`; with more than four, the first three and how many more.
fn enumerate(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] if names.len() <= 4 => format!("{} and {last}", first.join(", ")),
        _ => format!("{} and {} more", names[..3].join(", "), names.len() - 3),
    }
}

/// Ascending numbers with three and more in a row put together: `#1–#4`.
fn ranges(objects: &[ObjectId]) -> Vec<String> {
    let follows = |a: &ObjectId, b: &ObjectId| a.0.checked_add(1) == Some(b.0);
    let mut ranges = Vec::new();
    for row in objects.chunk_by(follows) {
        match row {
            [first, _, .., last] => ranges.push(format!("{first}–{last}")),
            few => ranges.extend(few.iter().map(ObjectId::to_string)),
        }
    }
    ranges
}

/// For each file the shortest end of its path, cut between directories, that
/// none of the others ends in.
fn shorten<'a>(files: &BTreeSet<&'a str>) -> BTreeMap<&'a str, String> {
    let ends = |file: &'a str| {
        let cuts = file
            .char_indices()
            .rev()
            .filter(|(_, c)| "/\\".contains(*c));
        cuts.map(|(at, _)| &file[at + 1..]).chain([file])
    };
    let mut sharers: BTreeMap<&str, usize> = BTreeMap::new();
    for end in files.iter().flat_map(|&file| ends(file)) {
        *sharers.entry(end).or_default() += 1;
    }
    files
        .iter()
        .map(|&file| {
            let mut unique = ends(file).filter(|end| !end.is_empty() && sharers[end] == 1);
            (file, unique.next().unwrap_or(file).to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jostle_core::finding::Kind;
    use jostle_core::op::OpKind;
    use jostle_core::trace::ObjectInfo;

    #[test]
    fn paths_are_as_short_as_they_can_be_told_apart() {
        let files = [
            "src/cron.rs",
            "src/go/mod.rs",
            "src/sync/mod.rs",
            "lib/go/mod.rs",
            "mod.rs",
            r"C:\work\main.rs",
            "",
            "src/",
        ];
        let short = shorten(&files.into());
        let short: Vec<&str> = files.iter().map(|file| short[file].as_str()).collect();
        assert_eq!(
            short,
            [
                "cron.rs",
                "src/go/mod.rs",
                "sync/mod.rs",
                "lib/go/mod.rs",
                "mod.rs",
                "main.rs",
                "",
                "src/"
            ]
        );
    }

    #[test]
    fn a_long_legend_is_cut() {
        let site = Site::caller();
        let kinds = OpKind::ALL.iter().map(|kind| kind.name());
        let trace = Trace {
            objects: kinds.map(|kind| ObjectInfo { kind, site }).collect(),
            ..Trace::default()
        };
        let finding = Finding::new(Kind::Leak, "");
        let names = Names::new(&trace, &finding);
        let legend = |n: u32| names.legend(&(0..n).map(ObjectId).collect());
        assert_eq!(legend(2).len(), 2);
        assert!(legend(2)[1].starts_with("#1 yield (names.rs:"));
        assert_eq!(legend(12).len(), 12);
        assert_eq!(legend(14)[12..], ["and 2 more"]);
    }

    #[test]
    fn numbers_in_a_row_are_put_together() {
        let ranges = |numbers: &[u32]| {
            let objects: Vec<ObjectId> = numbers.iter().map(|&n| ObjectId(n)).collect();
            ranges(&objects)
        };
        assert_eq!(ranges(&[1, 2, 4, 5, 6, 9]), ["#1", "#2", "#4–#6", "#9"]);
        assert_eq!(ranges(&[u32::MAX - 1, u32::MAX]), ["#4294967294", "-"]);
        assert_eq!(ranges(&[]), Vec::<String>::new());
    }

    #[test]
    fn long_lists_are_cut() {
        let names = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
        assert_eq!(enumerate(&names(1)), "0");
        assert_eq!(enumerate(&names(2)), "0 and 1");
        assert_eq!(enumerate(&names(4)), "0, 1, 2 and 3");
        assert_eq!(enumerate(&names(5)), "0, 1, 2 and 2 more");
    }
}
