//! The pending operations of all tasks, by object.
//!
//! Two lists for each object, of the tasks whose pending operation reads it and
//! of those whose operation writes it, so that the operations that conflict with
//! one that is done are found without looking at any other.

use crate::id::TaskId;
use crate::op::{Effect, Op};

/// Which list a task is in or was last, and where.
#[derive(Clone, Copy, Debug)]
struct Link {
    list: List,
    /// The neighbours in the list. `NOBODY` at the ends; `UNLINKED` before a task
    /// that is in no list.
    before: u32,
    after: u32,
}

const NOBODY: u32 = u32::MAX;
const UNLINKED: u32 = u32::MAX - 1;

#[derive(Clone, Copy, Debug)]
struct List {
    /// `NO_OBJECT` for operations that conflict with nothing, which are in no
    /// list.
    object: u32,
    writes: bool,
}

const NO_OBJECT: u32 = u32::MAX;

/// The table.
#[derive(Default, Debug)]
pub(super) struct Pending {
    /// The first task of both lists of each object: those that read it, those
    /// that write it.
    heads: Vec<[u32; 2]>,
    links: Vec<Link>,
}

impl List {
    #[inline]
    fn of(op: &Op) -> List {
        let effect = op.kind.effect();
        List {
            object: match op.object.index() {
                Some(object) if effect != Effect::None => object as u32,
                _ => NO_OBJECT,
            },
            writes: effect.writes(),
        }
    }
}

impl Pending {
    /// Removes every task, keeping the memory.
    pub(super) fn clear(&mut self) {
        self.heads.clear();
        self.links.clear();
    }

    /// `task` is about to do `op`, instead of what it was about to do before. It
    /// is not in the list until it is linked.
    #[inline]
    pub(super) fn post(&mut self, task: TaskId, op: &Op) {
        self.unlink(task);
        if task.index() >= self.links.len() {
            self.grow_links(task.index());
        }
        self.links[task.index()].list = List::of(op);
    }

    /// Takes `task` out of its list.
    #[inline]
    pub(super) fn unlink(&mut self, task: TaskId) {
        let Some(link) = self.links.get_mut(task.index()) else {
            return;
        };
        if link.before == UNLINKED {
            return;
        }
        let Link {
            list,
            before,
            after,
        } = *link;
        link.before = UNLINKED;
        match self.links.get_mut(before as usize) {
            Some(neighbour) => neighbour.after = after,
            None => self.heads[list.object as usize][usize::from(list.writes)] = after,
        }
        if let Some(neighbour) = self.links.get_mut(after as usize) {
            neighbour.before = before;
        }
    }

    /// Puts `task` at the head of the list of the operation it last posted. No
    /// effect if it is in the list.
    #[inline]
    pub(super) fn link(&mut self, task: TaskId) {
        let link = &mut self.links[task.index()];
        if link.list.object == NO_OBJECT || link.before != UNLINKED {
            return;
        }
        let List { object, writes } = link.list;
        if object as usize >= self.heads.len() {
            self.heads.resize(object as usize + 1, [NOBODY; 2]);
        }
        let head = &mut self.heads[object as usize][usize::from(writes)];
        let after = std::mem::replace(head, task.index() as u32);
        link.before = NOBODY;
        link.after = after;
        if let Some(neighbour) = self.links.get_mut(after as usize) {
            neighbour.before = task.index() as u32;
        }
    }

    #[cold]
    fn grow_links(&mut self, task: usize) {
        let unlinked = Link {
            list: List {
                object: NO_OBJECT,
                writes: false,
            },
            before: UNLINKED,
            after: NOBODY,
        };
        self.links.resize(task + 1, unlinked);
    }

    /// Calls `f` for every task in the lists whose operation [conflicts](Op::conflicts_with)
    /// with `op`, writers first, the last one linked first.
    #[inline]
    pub(super) fn each_conflict(&self, op: &Op, mut f: impl FnMut(TaskId)) {
        let list = List::of(op);
        let Some(&[readers, writers]) = self.heads.get(list.object as usize) else {
            return;
        };
        let mut at = writers;
        while let Some(link) = self.links.get(at as usize) {
            f(TaskId::from_index(at as usize));
            at = link.after;
        }
        // Reads commute.
        at = if list.writes { readers } else { NOBODY };
        while let Some(link) = self.links.get(at as usize) {
            f(TaskId::from_index(at as usize));
            at = link.after;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::ObjectId;
    use crate::op::{OpKind, Site};
    use proptest::prelude::*;

    fn op(kind: OpKind, object: ObjectId) -> Op {
        Op {
            kind,
            object,
            site: Site::caller(),
        }
    }

    fn any_op() -> impl Strategy<Value = Op> {
        let kinds = vec![OpKind::Load, OpKind::Store, OpKind::Yield];
        let objects = vec![ObjectId::NONE, ObjectId::WORLD, ObjectId(1), ObjectId(2)];
        (prop::sample::select(kinds), prop::sample::select(objects)).prop_map(|(k, o)| op(k, o))
    }

    #[derive(Clone, Debug)]
    enum Do {
        Post(usize, Op),
        Unlink(usize),
        Link(usize),
    }

    fn any_do() -> impl Strategy<Value = Do> {
        prop_oneof![
            (0usize..9, any_op()).prop_map(|(t, op)| Do::Post(t, op)),
            (0usize..9).prop_map(Do::Unlink),
            (0usize..9).prop_map(Do::Link),
        ]
    }

    proptest! {
        #[test]
        fn finds_what_op_says_conflicts(dos in prop::collection::vec(any_do(), 0..60), done in any_op()) {
            let mut pending = Pending::default();
            let mut model: Vec<(Option<Op>, bool)> = vec![(None, false); 9];
            for one in dos {
                match one {
                    Do::Post(t, op) => {
                        pending.post(TaskId::from_index(t), &op);
                        model[t] = (Some(op), false);
                    }
                    Do::Unlink(t) => {
                        pending.unlink(TaskId::from_index(t));
                        model[t].1 = false;
                    }
                    Do::Link(t) if model[t].0.is_some() => {
                        pending.link(TaskId::from_index(t));
                        model[t].1 = true;
                    }
                    Do::Link(_) => {}
                }
            }
            let mut found = Vec::new();
            pending.each_conflict(&done, |t| found.push(t.index()));
            found.sort_unstable();
            let expected: Vec<usize> = (0..9)
                .filter(|&t| model[t].1 && model[t].0.unwrap().conflicts_with(&done))
                .collect();
            prop_assert_eq!(found, expected);
        }
    }
}
