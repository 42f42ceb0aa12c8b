//! The strategy that goes where the tree says.

use crate::decision::Rng;
use crate::id::TaskId;
use crate::strategy::{Explorer, Profile, Strategy, View};
use crate::verify::tree::Tree;

impl Strategy for Tree {
    fn begin(&mut self, _profile: &Profile, _rng: &mut Rng) {
        Tree::begin(self);
    }

    fn explorer(&mut self) -> Option<&mut dyn Explorer> {
        Some(self)
    }

    fn pick(&mut self, view: &View, _rng: &mut Rng) -> TaskId {
        Tree::pick(self, view)
    }
}
