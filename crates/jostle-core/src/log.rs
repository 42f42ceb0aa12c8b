//! The kernel's log: every choice and step of an execution, in one compact list.
//!
//! A decision about which task runs is followed by the step of the task that was picked,
//! so the two are one entry. Other, rarer choices store their position in the list.

use crate::decision::{Choice, ChoiceKind};
use crate::history::Event;
use crate::id::{ObjectId, TaskId};
use crate::op::{Effect, Op, OpKind, Site};
use crate::trace::{Step, Wake};

/// Something that a task did.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) op: Op,
    pub(crate) task: TaskId,
    /// Out of how many tasks it was picked; less than 2 if that was no decision.
    pub(crate) arity: u32,
    pub(crate) marks: Marks,
}

/// What else there is to know of an entry.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Marks {
    value: u32,
    /// Of the bits below. One byte, so that an entry has 32.
    noted: u8,
    pub(crate) preemption: bool,
    pub(crate) blocks: bool,
    /// It was no scheduling point.
    pub(crate) event: bool,
}

const _: () = assert!(size_of::<Entry>() == 32);

/// There is a value.
const VALUE: u8 = 1;
/// It could have written and did not.
const FUTILE: u8 = 1 << 1;

impl Marks {
    pub(crate) fn note(&mut self, value: u32) {
        self.value = value;
        self.noted |= VALUE;
    }

    pub(crate) fn note_futile(&mut self) {
        self.noted |= FUTILE;
    }
}

impl Entry {
    #[inline]
    pub(crate) fn new(op: Op, task: TaskId, arity: u32) -> Entry {
        Entry {
            op,
            task,
            arity,
            marks: Marks::default(),
        }
    }

    fn decision(&self) -> Option<Choice> {
        (self.arity > 1).then_some(Choice {
            kind: ChoiceKind::Task,
            arity: self.arity,
            picked: self.task.0,
        })
    }
}

/// The entries of one execution.
#[derive(Default, Debug)]
pub struct Log {
    /// Entries `0..len` are made. The others are room for more: while there is
    /// some, neither memory nor any limit is to be thought of.
    entries: Vec<Entry>,
    len: usize,
    /// The choices of the environment, each with the number of entries before it.
    others: Vec<(usize, Choice)>,
    wakes: Vec<Wake>,
    /// How many decisions about tasks there are among the entries before
    /// `counted`.
    decisions: u32,
    counted: usize,
}

impl Log {
    /// Forgets everything but the memory.
    pub(crate) fn clear(&mut self) {
        self.len = 0;
        self.others.clear();
        self.wakes.clear();
        self.decisions = 0;
        self.counted = 0;
    }

    /// Whether there is nothing to see to at the next entry.
    #[inline(always)]
    pub(crate) fn has_room(&self) -> bool {
        self.len < self.entries.len()
    }

    /// Makes room for no more than `most` further entries.
    #[cold]
    pub(crate) fn make_room(&mut self, most: usize) {
        const FILLER: Entry = Entry {
            op: Op {
                kind: OpKind::Start,
                object: ObjectId::NONE,
                site: Site::caller(),
            },
            task: TaskId::CLOCK,
            arity: 0,
            marks: Marks {
                value: 0,
                noted: 0,
                preemption: false,
                blocks: false,
                event: false,
            },
        };
        let affordable = (2 * self.len).max(self.entries.capacity()).max(64);
        let room = self.len.saturating_add(most).min(affordable);
        self.entries.resize(room, FILLER);
    }

    /// Adds an entry where there is room.
    #[inline(always)]
    pub(crate) fn fill(&mut self, entry: Entry) {
        self.entries[self.len] = entry;
        self.len += 1;
    }

    /// Adds an entry.
    #[inline]
    pub(crate) fn push(&mut self, entry: Entry) {
        if self.has_room() {
            self.fill(entry);
        } else {
            self.entries.push(entry);
            self.len += 1;
        }
    }

    /// Adds a choice of the environment.
    pub(crate) fn push_other(&mut self, choice: Choice) {
        self.others.push((self.len, choice));
    }

    /// Adds a wake-up.
    #[inline]
    pub(crate) fn push_wake(&mut self, by: TaskId, task: TaskId) {
        let steps = self.count_steps();
        self.wakes.push(Wake { steps, by, task });
    }

    /// How many steps there are, what was no scheduling point included, as in a
    /// trace.
    #[inline]
    pub(crate) fn count_steps(&self) -> u32 {
        self.len as u32
    }

    /// Every wake-up, in the order of a trace: in which order the wakers that one
    /// step woke were woken is the affair of the code that woke them.
    pub fn wakes(&self) -> Vec<Wake> {
        let mut wakes = self.wakes.clone();
        wakes.sort_unstable();
        wakes
    }

    /// The entries, to be changed.
    #[inline]
    pub(crate) fn entries_mut(&mut self) -> &mut [Entry] {
        &mut self.entries[..self.len]
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.entries[..self.len]
    }

    /// How many choices there were.
    pub(crate) fn count_choices(&mut self) -> u32 {
        let news = &self.entries[self.counted..self.len];
        self.decisions += news.iter().filter(|e| e.arity > 1).count() as u32;
        self.counted = self.len;
        self.decisions + self.others.len() as u32
    }

    /// How many steps each task made.
    pub fn steps_by_task(&self, tasks: usize) -> Vec<u32> {
        let mut steps = vec![0; tasks];
        for entry in self.entries().iter().filter(|e| !e.marks.event) {
            steps[entry.task.index()] += 1;
        }
        steps
    }

    /// Every choice, in order.
    pub fn choices(&self) -> impl Iterator<Item = Choice> + '_ {
        let mut others = self.others.iter().peekable();
        let mut entries = self.entries().iter().enumerate().peekable();
        std::iter::from_fn(move || {
            loop {
                let at = entries.peek().map_or(usize::MAX, |&(at, _)| at);
                if let Some(&(_, choice)) = others.next_if(|&&(before, _)| before <= at) {
                    return Some(choice);
                }
                let (_, entry) = entries.next()?;
                if let Some(choice) = entry.decision() {
                    return Some(choice);
                }
            }
        })
    }

    /// Everything that tasks did, in order, for the search and coverage.
    pub fn events(&self) -> impl Iterator<Item = Event> + '_ {
        self.steps().zip(self.entries()).map(|(step, entry)| Event {
            site: step.site,
            task: step.task,
            object: step.object,
            choices: step.choices,
            value: step.value,
            kind: step.kind,
            effect: match step.kind.effect() {
                Effect::Write if entry.marks.noted & FUTILE != 0 => Effect::Read,
                effect => effect,
            },
            decided: entry.decision().is_some(),
            point: !entry.marks.event,
            blocks: step.blocks,
        })
    }

    /// Every step, in order.
    pub fn steps(&self) -> impl Iterator<Item = Step> + '_ {
        let mut others = self.others.iter().peekable();
        let mut choices = 0;
        self.entries().iter().enumerate().map(move |(at, entry)| {
            while others.next_if(|&&(before, _)| before <= at).is_some() {
                choices += 1;
            }
            choices += u32::from(entry.decision().is_some());
            let marks = entry.marks;
            Step {
                site: entry.op.site,
                value: (marks.noted & VALUE != 0).then_some(marks.value),
                task: entry.task,
                object: entry.op.object,
                choices,
                kind: entry.op.kind,
                preemption: marks.preemption,
                blocks: marks.blocks,
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(task: u32, arity: u32) -> Entry {
        let op = Op {
            kind: OpKind::Store,
            object: ObjectId::NONE,
            site: Site::caller(),
        };
        Entry::new(op, TaskId(task), arity)
    }

    fn choice(kind: ChoiceKind, arity: u32, picked: u32) -> Choice {
        Choice {
            kind,
            arity,
            picked,
        }
    }

    #[test]
    fn choices_and_steps_come_back_in_their_order() {
        let waiter = choice(ChoiceKind::Waiter, 3, 2);
        let value = choice(ChoiceKind::Value, 9, 7);
        let mut log = Log::default();
        log.push_other(waiter);
        log.push(entry(1, 1));
        log.push(entry(2, 2));
        assert_eq!(log.count_choices(), 2);
        log.push_other(value);
        log.push_other(waiter);
        let mut event = entry(2, 0);
        event.marks.event = true;
        log.push(event);
        log.push(entry(1, 4));
        log.push_other(value);
        let task = |arity, picked| choice(ChoiceKind::Task, arity, picked);
        let expected = [waiter, task(2, 2), value, waiter, task(4, 1), value];
        assert!(log.choices().eq(expected));
        assert_eq!(log.count_choices(), 6);
        let before: Vec<u32> = log.steps().map(|s| s.choices).collect();
        assert_eq!(before, [1, 2, 4, 5]);
        assert_eq!(log.steps_by_task(3), [0, 2, 1]);
    }

    #[test]
    fn room_is_limited_and_what_is_entered_stays() {
        let site: Site = Site::caller();
        let mut log = Log::default();
        log.make_room(2);
        log.fill(entry(1, 2));
        assert!(log.has_room());
        log.fill(entry(2, 2));
        assert!(!log.has_room());
        log.make_room(0);
        assert!(!log.has_room());
        log.push(entry(3, 2));
        log.make_room(1000);
        assert!(log.has_room());
        assert!(log.entries().iter().map(|e| e.task.0).eq([1, 2, 3]));
        assert!(
            log.entries()
                .iter()
                .all(|e| e.op.site.file() == site.file())
        );
        log.clear();
        assert_eq!(log.choices().count() + log.steps().count(), 0);
    }
}
