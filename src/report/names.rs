//! How a report calls tasks, objects and places.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Finding, Place};
use crate::id::{ObjectId, TaskId};
use crate::op::{OpKind, Site};
use crate::report::text;
use crate::trace::Trace;

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
    pub(super) fn op(&self, kind: OpKind, object: ObjectId) -> String {
        if Self::is_shown(object) {
            format!("{kind} {object}")
        } else {
            kind.to_string()
        }
    }

    /// Whether an object says anything to a reader: the world that a poll
    /// touches does not.
    pub(super) fn is_shown(object: ObjectId) -> bool {
        object != ObjectId::NONE && object != ObjectId::WORLD
    }

    /// What an object is, for a list: `#2 channel (cron.rs:30)`.
    pub(super) fn entry(&self, object: ObjectId) -> String {
        let info = object.index().and_then(|i| self.trace.objects.get(i));
        match info {
            Some(info) => format!(
                "{object} {} ({})",
                text::clean(info.kind),
                self.site(info.site)
            ),
            None => object.to_string(),
        }
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
        format!("{}:{line}", text::clean(file))
    }

    /// The name that the user gave. Main and the clock keep theirs.
    fn given(&self, task: TaskId) -> Option<String> {
        if task == TaskId::MAIN || task == TaskId::CLOCK {
            return None;
        }
        let name = self.trace.tasks.get(task.index())?.name.as_deref()?;
        Some(text::clean(name))
    }
}

/// A place with the whole path, so that an editor or a terminal can open it.
pub(super) fn full(place: &Place) -> String {
    format!("{}:{}", text::clean(&place.file), place.line)
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
    fn long_lists_are_cut() {
        let names = |n: usize| (0..n).map(|i| i.to_string()).collect::<Vec<_>>();
        assert_eq!(enumerate(&names(1)), "0");
        assert_eq!(enumerate(&names(2)), "0 and 1");
        assert_eq!(enumerate(&names(4)), "0, 1, 2 and 3");
        assert_eq!(enumerate(&names(5)), "0, 1, 2 and 2 more");
    }
}
