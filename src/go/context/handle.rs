//! `Context` itself, the roots of contexts, and `with_value`.

use std::any::Any;
use std::fmt;
use std::sync::Arc;

use crate::go::chan::Receiver;
use crate::go::context::error::{Cause, Error};
use crate::go::context::node::Node;
use crate::go::context::values::Values;
use crate::rt;
use jostle_core::op::{OpKind, Site};
use jostle_core::vtime::VInstant;

/// Carries a deadline, a cancellation and values to everything that works on one
/// request: Go's [`context.Context`](https://pkg.go.dev/context#Context).
///
/// A clone is another handle on the same context.
#[derive(Clone)]
pub struct Context {
    /// The nearest context above, or this one, that can end.
    pub(super) node: Option<Node>,
    pub(super) deadline: Option<VInstant>,
    pub(super) values: Values,
}

/// The root of a tree: it never ends and has neither values nor a deadline.
#[must_use]
pub const fn background() -> Context {
    Context {
        node: None,
        deadline: None,
        values: Values::NONE,
    }
}

/// As [`background`], for code that has not been given a context yet.
#[must_use]
pub const fn todo() -> Context {
    background()
}

/// A child of `parent` that carries `value`, which
/// [`Context::value`] finds by its type
/// ([`WithValue`](https://pkg.go.dev/context#WithValue)).
#[must_use]
pub fn with_value<T: Any + Send + Sync>(parent: &Context, value: T) -> Context {
    Context {
        values: parent.values.with(value),
        ..parent.clone()
    }
}

impl Context {
    /// A channel that is closed when the context ends, nil if it never does. Each
    /// call gives the same channel.
    #[must_use]
    pub fn done(&self) -> Receiver<()> {
        match &self.node {
            Some(node) => Receiver::over(node.done.clone()),
            None => Receiver::nil(),
        }
    }

    /// Why the context ended; `None` while it has not.
    ///
    /// # Panics
    ///
    /// Outside a scenario, unless the context never ends.
    #[track_caller]
    pub fn err(&self) -> Option<Error> {
        let node = self.node.as_ref()?;
        rt::point(OpKind::Inspect, node.id(), Site::caller());
        node.ended().map(|end| end.error)
    }

    /// The cause that was given for the end, by default what
    /// [`err`](Context::err) gives: Go's `context.Cause(ctx)`.
    ///
    /// # Panics
    ///
    /// Outside a scenario, unless the context never ends.
    #[track_caller]
    pub fn cause(&self) -> Option<Cause> {
        let node = self.node.as_ref()?;
        rt::point(OpKind::Inspect, node.id(), Site::caller());
        node.ended().map(|end| end.cause)
    }

    /// When the context ends at the latest. It never changes, so asking is no
    /// scheduling point.
    #[must_use]
    pub fn deadline(&self) -> Option<VInstant> {
        self.deadline
    }

    /// The value of type `T` that [`with_value`]
    /// put nearest to this context.
    #[must_use]
    pub fn value<T: Any + Send + Sync>(&self) -> Option<Arc<T>> {
        self.values.find()
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "Context({})", node.id()),
            None => f.write_str("Context(background)"),
        }
    }
}
