//! The strategy that goes where the tree says.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::decision::ChoiceKind;
use crate::decision::Rng;
use crate::id::ObjectId;
use crate::id::TaskId;
use crate::op::Site;
use crate::strategy::{Explorer, Gate, Profile, Strategy, Touch, View};
use crate::verify::tree::Tree;

/// A tree that the executor and the driver of the exploration share.
#[derive(Clone, Debug)]
pub(super) struct Walk(Arc<Mutex<Tree>>);

impl Walk {
    pub(super) fn new(tree: Tree) -> Walk {
        Walk(Arc::new(Mutex::new(tree)))
    }

    pub(super) fn tree(&self) -> MutexGuard<'_, Tree> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Strategy for Walk {
    fn begin(&mut self, _profile: &Profile, _rng: &mut Rng) {
        self.tree().begin();
    }

    fn explorer(&mut self) -> Option<&mut dyn Explorer> {
        Some(self)
    }

    fn pick(&mut self, view: &View, _rng: &mut Rng) -> TaskId {
        self.tree().pick(view)
    }
}

impl Explorer for Walk {
    fn choose(&mut self, kind: ChoiceKind, arity: u32) -> u32 {
        self.tree().choose(kind, arity)
    }

    fn touched(&mut self, touch: Touch, write: bool) {
        self.tree().touched(touch, write);
    }

    fn touched_all(&mut self) {
        self.tree().touched_all();
    }

    fn gate_set(&mut self, gate: Gate, open: bool) {
        self.tree().gate_set(gate, open);
    }

    fn arrived(&mut self, task: TaskId, gate: Gate) {
        self.tree().arrived(task, gate);
    }

    fn appeared(&mut self, object: ObjectId, site: Site) {
        self.tree().appeared(object, site);
    }

    fn made(&mut self, touch: Touch) {
        self.tree().made(touch);
    }

    fn gives_up(&self) -> bool {
        self.tree().gives_up()
    }
}
