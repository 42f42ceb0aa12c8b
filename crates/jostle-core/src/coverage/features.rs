//! Hashes the features of an execution.
//!
//! The kind that most lock-free bugs show in is [`FeatureKind::Reads`]: that a
//! compare-exchange saw the value that another task had put there, two operations
//! after its own task saw something else. Pairs of neighbours are enough. With longer
//! memory everything is new, and what is kept is noise; with single operations nothing
//! is new after a while.

use std::collections::HashMap;

use crate::coverage::accesses::{Accesses, ClassedAccess};
use crate::coverage::feature_kind::{FeatureKind, FeatureKinds};
use crate::decision::ChoiceKind;
use crate::hash::{Mixed, mix};
use crate::history::{Event, History};
use crate::id::{ObjectId, TaskId};
use crate::op::OpKind;

/// Computes the features of executions. Kept from one to the next for its memory only.
#[derive(Debug)]
pub struct Features {
    kinds: FeatureKinds,
    /// What each task did last.
    last: Vec<u64>,
    /// How often each task has done what.
    counts: HashMap<u64, u32, Mixed>,
    /// The locks that each task holds.
    held: Vec<Vec<ObjectId>>,
    /// The last write of each object.
    writers: Vec<u64>,
}

impl Features {
    /// Computes the features of `kinds` alone.
    #[must_use]
    pub fn new(kinds: FeatureKinds) -> Features {
        Features {
            kinds,
            last: Vec::new(),
            counts: HashMap::default(),
            held: Vec::new(),
            writers: Vec::new(),
        }
    }

    /// Calls `hit` with the hash of every feature of the execution that `history` is
    /// about and that `accesses` was made of, and with how many choices led to it, the
    /// one that it should happen not among them.
    pub fn each(
        &mut self,
        history: &History,
        accesses: &mut Accesses,
        mut hit: impl FnMut(u64, u32),
    ) {
        let kinds = self.kinds;
        if kinds.has(FeatureKind::Reads) || kinds.has(FeatureKind::Repeats) {
            self.reads(accesses, &mut hit);
        }
        let others = [
            FeatureKind::Switches,
            FeatureKind::Waits,
            FeatureKind::Locks,
            FeatureKind::States,
        ];
        if others.into_iter().any(|a| kinds.has(a)) {
            self.events(history, accesses, &mut hit);
        }
        if kinds.has(FeatureKind::Arms) || kinds.has(FeatureKind::Rare) {
            self.choices(history, accesses, &mut hit);
        }
    }

    fn reads(&mut self, accesses: &Accesses, hit: &mut impl FnMut(u64, u32)) {
        self.last.clear();
        self.counts.clear();
        for access in &accesses.list {
            let task = access.task.index();
            if task >= self.last.len() {
                self.last.resize(task + 1, 0);
            }
            let class = u64::from(accesses.class(access.class).0);
            let read = reads_from(accesses, access);
            if self.kinds.has(FeatureKind::Reads) {
                let value = access.value.map_or(u64::MAX, u64::from);
                let access_hash = mix(mix(class, read), value);
                hit(mix(access_hash, self.last[task]), access.before);
                self.last[task] = access_hash;
            }
            if self.kinds.has(FeatureKind::Repeats) {
                let key = (task as u64) << 32 | u64::from(access.class);
                let count = self.counts.entry(mix(key, 0)).or_insert(0);
                let nth = mix(class, u64::from(bucket(*count)));
                *count += 1;
                hit(mix(nth, read ^ 1 << 63), access.before);
            }
        }
    }

    fn events(
        &mut self,
        history: &History,
        accesses: &mut Accesses,
        hit: &mut impl FnMut(u64, u32),
    ) {
        let kinds = self.kinds;
        let mut feature = |kind: FeatureKind, a: u64, b: u64, before: u32| {
            if kinds.has(kind) {
                hit(mix(mix(kind as u64, a), b), before);
            }
        };
        self.last.clear();
        self.last.resize(history.tasks.len(), 0);
        self.writers.clear();
        self.writers.resize(history.objects.len(), 0);
        self.held.iter_mut().for_each(Vec::clear);
        if self.held.len() < history.tasks.len() {
            self.held.resize(history.tasks.len(), Vec::new());
        }
        let mut running = TaskId::MAIN;
        for event in &history.events {
            let class = u64::from(accesses.class_of(event).0);
            let before = event.choices - u32::from(event.decided);
            let task = event.task.index();
            if event.point && event.task != running {
                feature(
                    FeatureKind::Switches,
                    self.last[running.index()],
                    class,
                    before,
                );
                running = event.task;
            }
            self.last[task] = class;
            let writer = event.object.index().and_then(|at| self.writers.get_mut(at));
            let writer = writer.map_or(0, |writer| std::mem::replace(writer, class));
            if event.blocks {
                feature(FeatureKind::Waits, class, writer, before);
            }
            if let (true, Some(value)) = (has_state(event), event.value) {
                feature(FeatureKind::States, class, u64::from(bucket(value)), before);
            }
            match event.kind {
                OpKind::Lock | OpKind::ReadLock if event.point => {
                    let taken = accesses.group(event.object).get();
                    for &held in &self.held[task] {
                        feature(
                            FeatureKind::Locks,
                            accesses.group(held).get(),
                            taken,
                            before,
                        );
                    }
                    self.held[task].push(event.object);
                }
                OpKind::Unlock | OpKind::Wait => {
                    if let Some(at) = self.held[task].iter().rposition(|&h| h == event.object) {
                        self.held[task].remove(at);
                    }
                }
                _ => {}
            }
        }
    }

    fn choices(
        &mut self,
        history: &History,
        accesses: &mut Accesses,
        hit: &mut impl FnMut(u64, u32),
    ) {
        let mut events = history.events.iter().peekable();
        let mut last = None;
        for (at, choice) in history.choices.iter().enumerate() {
            while let Some(event) = events.next_if(|e| e.choices as usize <= at) {
                last = Some(event);
            }
            let kind = match choice.kind {
                ChoiceKind::Task | ChoiceKind::Value => continue,
                ChoiceKind::Waiter | ChoiceKind::Arm | ChoiceKind::Timer => FeatureKind::Arms,
                _ if choice.picked == 0 => continue,
                ChoiceKind::Spurious
                | ChoiceKind::WeakFailure
                | ChoiceKind::Cancel
                | ChoiceKind::Delay
                | ChoiceKind::Reuse => FeatureKind::Rare,
            };
            if self.kinds.has(kind) {
                let class = last.map_or(0, |event| u64::from(accesses.class_of(event).0));
                let picked = u64::from(bucket(choice.picked));
                hit(mix(mix(kind as u64, class), picked), at as u32);
            }
        }
    }
}

/// The site class of the write that `access` reads from, and whether that was its own
/// task's.
fn reads_from(accesses: &Accesses, access: &ClassedAccess) -> u64 {
    match access.reads_from.map(|s| &accesses.list[s as usize]) {
        Some(source) => {
            u64::from(accesses.class(source.class).0) << 1 | u64::from(source.task == access.task)
        }
        None => u64::MAX,
    }
}

/// Whether the value of an event is the state of its object, such as the length of a
/// channel.
fn has_state(event: &Event) -> bool {
    !matches!(event.kind, OpKind::Load | OpKind::Store | OpKind::Rmw)
}

/// Small numbers exactly, larger ones by their length, so that a loop is new only
/// when it doubles.
fn bucket(n: u32) -> u32 {
    if n < 16 { n } else { 16 + n.ilog2() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    use crate::decision::Choice;
    use crate::op::Site;
    use crate::view::Birth;

    const A: u32 = 1;
    const B: u32 = 2;

    /// What is done, by whom, to what, with which value; by children 2 and 3 of main.
    #[derive(Clone)]
    struct Story {
        history: History,
    }

    #[track_caller]
    fn here() -> Site {
        Site::caller()
    }

    impl Story {
        fn new() -> Story {
            let objects = vec![here(), here(), here()];
            let site = objects[0];
            let born = |parent| Birth {
                parent: TaskId(parent),
                site,
                key: 0,
            };
            Story {
                history: History {
                    objects,
                    tasks: vec![born(0), born(1), born(1), born(1)],
                    ..History::default()
                },
            }
        }

        fn does(mut self, task: u32, kind: OpKind, object: u32, value: u32) -> Story {
            let choices = self.history.choices.len() as u32;
            self.history.events.push(Event {
                site: self.history.objects[0],
                task: TaskId(task),
                object: ObjectId(object),
                choices,
                value: Some(value),
                kind,
                effect: kind.effect(),
                decided: false,
                point: kind != OpKind::Unlock,
                blocks: false,
            });
            self
        }

        fn blocks(mut self) -> Story {
            self.history.events.last_mut().unwrap().blocks = true;
            self
        }

        fn chooses(mut self, kind: ChoiceKind, picked: u32) -> Story {
            self.history.choices.push(Choice {
                kind,
                arity: 9,
                picked,
            });
            self
        }

        /// The features of one kind.
        fn seen(&self, kind: FeatureKind) -> BTreeSet<u64> {
            let others = FeatureKind::ALL.iter().filter(|&&a| a != kind);
            let only = others.fold(FeatureKinds::ALL, |all, &a| all.without(a));
            let mut accesses = Accesses::default();
            accesses.recount(&self.history);
            let mut seen = BTreeSet::new();
            Features::new(only).each(&self.history, &mut accesses, |feature, _| {
                seen.insert(feature);
            });
            seen
        }
    }

    use OpKind::{Load, Lock, Recv, Select, Store, Unlock};

    /// Asserts that under `kind` each story has something that the others have not,
    /// and that it is all the same to another kind.
    #[track_caller]
    fn told_apart(kind: FeatureKind, stories: &[Story], same_to: FeatureKind) {
        for (i, story) in stories.iter().enumerate() {
            let mine = story.seen(kind);
            assert_eq!(mine, story.clone().seen(kind));
            for (j, other) in stories.iter().enumerate() {
                assert_eq!(mine == other.seen(kind), i == j, "{kind}: {i} and {j}");
                assert_eq!(story.seen(same_to), other.seen(same_to), "{i} and {j}");
            }
        }
    }

    #[test]
    fn reads_are_told_apart_by_source_and_value() {
        let stories = [
            Story::new().does(2, Store, A, 1).does(3, Load, A, 1),
            Story::new().does(2, Store, A, 1).does(3, Load, A, 2),
            Story::new().does(3, Load, A, 1).does(2, Store, A, 1),
            Story::new().does(3, Store, A, 1).does(3, Load, A, 1),
        ];
        told_apart(FeatureKind::Reads, &stories, FeatureKind::Waits);
    }

    #[test]
    fn repeats_are_told_apart_by_their_number_but_not_for_ever() {
        let times = |n| (0..n).fold(Story::new(), |story, _| story.does(2, Load, A, 0));
        told_apart(
            FeatureKind::Repeats,
            &[times(1), times(2), times(16)],
            FeatureKind::Rare,
        );
        assert_eq!(
            times(40).seen(FeatureKind::Repeats),
            times(50).seen(FeatureKind::Repeats)
        );
    }

    #[test]
    fn switches_are_told_apart_by_both_sides() {
        let stories = [
            Story::new().does(1, Load, A, 0).does(2, Load, A, 0),
            Story::new().does(1, Load, B, 0).does(2, Load, A, 0),
            Story::new().does(1, Load, A, 0).does(2, Load, B, 0),
            Story::new().does(1, Load, A, 0).does(1, Load, A, 0),
        ];
        told_apart(FeatureKind::Switches, &stories, FeatureKind::Locks);
    }

    #[test]
    fn waits_are_told_apart_by_who_was_there() {
        let stories = [
            Story::new().does(2, Lock, A, 0).does(3, Lock, A, 0),
            Story::new()
                .does(2, Lock, A, 0)
                .does(3, Lock, A, 0)
                .blocks(),
            Story::new()
                .does(1, Lock, A, 0)
                .does(3, Lock, A, 0)
                .blocks(),
        ];
        told_apart(FeatureKind::Waits, &stories, FeatureKind::Locks);
    }

    #[test]
    fn locks_are_told_apart_by_what_is_held() {
        let both = |first, then| Story::new().does(2, Lock, first, 0).does(2, Lock, then, 0);
        let apart = Story::new().does(2, Lock, A, 0).does(2, Unlock, A, 0);
        let apart = apart.does(2, Lock, B, 0);
        told_apart(
            FeatureKind::Locks,
            &[both(A, B), both(B, A), apart.clone()],
            FeatureKind::Waits,
        );
        assert!(apart.seen(FeatureKind::Locks).is_empty());
    }

    #[test]
    fn states_are_those_of_channels_and_not_of_atomics() {
        let with = |kind, value| Story::new().does(2, kind, A, value);
        told_apart(
            FeatureKind::States,
            &[with(Recv, 0), with(Recv, 1)],
            FeatureKind::Switches,
        );
        assert!(with(Load, 1).seen(FeatureKind::States).is_empty());
    }

    #[test]
    fn arms_and_rare_events_are_told_apart_by_where_they_are() {
        let arm = |object, picked| {
            Story::new()
                .does(2, Select, object, 0)
                .chooses(ChoiceKind::Arm, picked)
        };
        told_apart(
            FeatureKind::Arms,
            &[arm(A, 0), arm(A, 1), arm(B, 0)],
            FeatureKind::Rare,
        );
        let rare = |kind, picked| Story::new().does(2, Select, A, 0).chooses(kind, picked);
        let nothing = rare(ChoiceKind::Cancel, 0);
        told_apart(
            FeatureKind::Rare,
            &[nothing.clone(), rare(ChoiceKind::Cancel, 1)],
            FeatureKind::Arms,
        );
        assert!(nothing.seen(FeatureKind::Rare).is_empty());
    }
}
