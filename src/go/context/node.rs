//! The tree of contexts, down which a cancellation runs.
//!
//! A node owns its children and not its parent; what needs the parent (a cancel function, the
//! timer of a deadline) owns both. So no node keeps itself alive.
//!
//! Go cancels node after node, each under its own lock. Here every node is a step of its own,
//! so that a task can see a parent that has ended and a child that has not.

use crate::go::channel::Chan;
use crate::go::context::error::{Cause, Error};
use crate::rt::{self, Shared, TimerId};
use jostle_core::id::ObjectId;
use jostle_core::op::{OpKind, Site};

/// A context that can end.
#[derive(Clone, Debug)]
pub(super) struct Node {
    /// Closed when the context ends. Its number stands for the context.
    pub(super) done: Chan<()>,
    state: Shared<State>,
}

struct State {
    end: Option<End>,
    children: Vec<Node>,
    /// The timer of the deadline.
    timer: Option<TimerId>,
    /// The function that runs when the context ends, and the site that asked for it.
    func: Option<(Func, Site)>,
}

pub(super) type Func = Box<dyn FnOnce() + Send>;

/// How a context ended.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub(super) error: Error,
    pub(super) cause: Cause,
}

/// The work that is left after a node has ended.
struct Rest {
    children: Vec<Node>,
    func: Option<(Func, Site)>,
}

impl Node {
    /// A node that ends when `parent` does, or has ended if `parent` has.
    #[track_caller]
    pub(super) fn under(parent: Option<&Node>, func: Option<Func>) -> Node {
        let node = Node {
            done: Chan::new("Context", 0),
            state: Shared::new(State {
                end: None,
                children: Vec::new(),
                timer: None,
                func: func.map(|func| (func, Site::caller())),
            }),
        };
        if let Some(parent) = parent {
            let mut state = parent.state.get();
            match state.end.clone() {
                None => state.children.push(node.clone()),
                Some(end) => {
                    drop(state);
                    if let Some(rest) = node.end(&end) {
                        rest.start();
                    }
                }
            }
        }
        node
    }

    pub(super) fn id(&self) -> ObjectId {
        self.done.id
    }

    /// How the node ended, if it has.
    pub(super) fn ended(&self) -> Option<End> {
        self.state.get().end.clone()
    }

    /// Ends the node on behalf of the running task, then everything below it.
    /// Does nothing if it has ended.
    pub(super) fn cancel(&self, end: &End, parent: Option<&Node>, site: Site) -> bool {
        rt::point(OpKind::Cancel, self.id(), site);
        let Some(rest) = self.end(end) else {
            return false;
        };
        if let Some(parent) = parent {
            parent.forget(self);
        }
        rest.finish(end, site);
        true
    }

    /// The deadline has passed. Called by the clock, which must not wait, so that
    /// what is left to do is left to a goroutine, as in Go.
    pub(super) fn expire(&self, parent: Option<&Node>, site: Site) {
        let end = End::of(Error::DeadlineExceeded);
        let Some(rest) = self.end(&end) else { return };
        rt::event(OpKind::Cancel, self.id(), site);
        if let Some(parent) = parent {
            parent.forget(self);
        }
        if rest.children.is_empty() {
            rest.start();
        } else {
            rt::spawn(None, site, Box::new(move || rest.finish(&end, site)));
        }
    }

    /// Ends this node alone. `None` if it has ended before.
    fn end(&self, end: &End) -> Option<Rest> {
        let mut state = self.state.get();
        if state.end.is_some() {
            return None;
        }
        state.end = Some(end.clone());
        let rest = Rest {
            children: std::mem::take(&mut state.children),
            func: state.func.take(),
        };
        let timer = state.timer.take();
        drop(state);
        if let Some(timer) = timer {
            rt::disarm(timer);
        }
        self.done.close();
        Some(rest)
    }

    /// Takes a child that has ended out of the tree.
    fn forget(&self, child: &Node) {
        let children = &mut self.state.get().children;
        let at = children.iter().position(|other| other.id() == child.id());
        if let Some(at) = at {
            children.remove(at);
        }
    }

    /// Ends the node without running its function; false if it has ended.
    pub(super) fn stop(&self, parent: Option<&Node>, site: Site) -> bool {
        rt::point(OpKind::Cancel, self.id(), site);
        let func = self.state.get().func.take();
        if func.is_none() {
            return false;
        }
        // Dropping the function is user code: here, with nothing borrowed.
        drop(func);
        self.end(&End::of(Error::Canceled));
        if let Some(parent) = parent {
            parent.forget(self);
        }
        true
    }

    pub(super) fn set_timer(&self, timer: TimerId) {
        self.state.get().timer = Some(timer);
    }
}

impl Rest {
    /// Ends the children, each in a step of its own, and starts the function.
    fn finish(self, end: &End, site: Site) {
        for child in &self.children {
            child.cancel(end, None, site);
        }
        self.start();
    }

    /// Starts the function on a goroutine of its own.
    fn start(self) {
        if let Some((func, site)) = self.func {
            rt::spawn(None, site, func);
        }
    }
}

impl End {
    /// An end whose cause is the error itself.
    pub(super) fn of(error: Error) -> End {
        End {
            error,
            cause: Cause::new(error),
        }
    }
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("State")
            .field("end", &self.end)
            .field("children", &self.children.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::go::context::{background, with_cancel, with_timeout};
    use crate::rt::tests::finished;

    fn execute(body: fn()) {
        assert_eq!(finished(body).finding, None);
    }

    #[test]
    fn a_child_that_has_ended_leaves_its_parent() {
        execute(|| {
            let (parent, _cancel) = with_cancel(&background());
            let node = parent.node.as_ref().unwrap();
            let children = || node.state.get().children.len();
            let (_child, cancel) = with_cancel(&parent);
            let (timed, _stop) = with_timeout(&parent, Duration::from_secs(1));
            let (_timed, stop) = with_timeout(&parent, Duration::from_secs(3600));
            assert_eq!(children(), 3);
            cancel.call();
            assert_eq!(children(), 2);
            timed.done().recv();
            assert_eq!(children(), 1);
            stop.call();
            assert_eq!(children(), 0);
        });
    }
}
