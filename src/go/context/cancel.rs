//! Contexts that can be cancelled: `with_cancel`, `with_cancel_cause`, `without_cancel`.

use crate::go::context::error::{Cause, Error};
use crate::go::context::handle::Context;
use crate::go::context::node::{End, Node};
use jostle_core::op::Site;

/// A child of `parent` and the function that cancels it. It ends when that is
/// called or when `parent` ends
/// ([`WithCancel`](https://pkg.go.dev/context#WithCancel)).
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn with_cancel(parent: &Context) -> (Context, CancelFunc) {
    let (context, CancelCauseFunc { node, parent }) = with_cancel_cause(parent);
    (context, CancelFunc { node, parent })
}

/// As [`with_cancel`], with a function that is told the cause
/// ([`WithCancelCause`](https://pkg.go.dev/context#WithCancelCause)).
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn with_cancel_cause(parent: &Context) -> (Context, CancelCauseFunc) {
    let node = Node::under(parent.node.as_ref(), None);
    let context = Context {
        node: Some(node.clone()),
        ..parent.clone()
    };
    let parent = parent.node.clone();
    (context, CancelCauseFunc { node, parent })
}

/// A child of `parent` with its values that does not end when `parent` does
/// ([`WithoutCancel`](https://pkg.go.dev/context#WithoutCancel)).
#[must_use]
pub fn without_cancel(parent: &Context) -> Context {
    Context {
        node: None,
        deadline: None,
        values: parent.values.clone(),
    }
}

/// Cancels a context: Go's
/// [`context.CancelFunc`](https://pkg.go.dev/context#CancelFunc).
///
/// Dropping it cancels nothing.
#[derive(Clone, Debug)]
#[must_use = "a context that is never cancelled stays in its parent"]
pub struct CancelFunc {
    pub(super) node: Node,
    pub(super) parent: Option<Node>,
}

impl CancelFunc {
    /// Ends the context and every context below it, without waiting for those
    /// who work with them. Does nothing if it has ended: Go's `cancel()`.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn call(&self) {
        let end = End::of(Error::Canceled);
        self.node.cancel(&end, self.parent.as_ref(), Site::caller());
    }
}

/// Cancels a context and says why: Go's
/// [`context.CancelCauseFunc`](https://pkg.go.dev/context#CancelCauseFunc).
///
/// Dropping it cancels nothing.
#[derive(Clone, Debug)]
#[must_use = "a context that is never cancelled stays in its parent"]
pub struct CancelCauseFunc {
    node: Node,
    parent: Option<Node>,
}

impl CancelCauseFunc {
    /// As [`CancelFunc::call`]; [`Context::cause`] gives `cause` from then on, or
    /// [`Error::Canceled`] for `None`.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn call(&self, cause: Option<Cause>) {
        let mut end = End::of(Error::Canceled);
        if let Some(cause) = cause {
            end.cause = cause;
        }
        self.node.cancel(&end, self.parent.as_ref(), Site::caller());
    }
}
