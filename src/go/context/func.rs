//! Functions that run when a context ends: `after_func`.

use crate::go::context::handle::Context;
use crate::go::context::node::Node;
use jostle_core::op::Site;

/// Runs `f` on a goroutine of its own once `context` has ended, now if it has
/// ([`AfterFunc`](https://pkg.go.dev/context#AfterFunc)).
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn after_func<F>(context: &Context, f: F) -> StopFunc
where
    F: FnOnce() + Send + 'static,
{
    let parent = context.node.clone();
    let node = Node::under(parent.as_ref(), Some(Box::new(f)));
    StopFunc { node, parent }
}

/// Keeps the function of an [`after_func`] from running.
///
/// Dropping it changes nothing.
#[derive(Clone, Debug)]
pub struct StopFunc {
    node: Node,
    parent: Option<Node>,
}

impl StopFunc {
    /// Says whether it has kept the function from running: false if that was
    /// started or stopped before. Does not wait for the function to return.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn call(&self) -> bool {
        self.node.stop(self.parent.as_ref(), Site::caller())
    }
}
