//! Contexts that end at a time: `with_deadline`, `with_timeout`.

use jostle_core::op::Site;
use std::time::Duration;

use crate::go::context::cancel::{CancelFunc, with_cancel};
use crate::go::context::handle::Context;
use crate::rt;
use jostle_core::vtime::VInstant;

/// A child of `parent` that also ends when the virtual time is `deadline`, with
/// [`Error::DeadlineExceeded`](crate::go::context::Error::DeadlineExceeded)
/// ([`WithDeadline`](https://pkg.go.dev/context#WithDeadline)).
///
/// A deadline that has passed ends it at once; one that lies after that of
/// `parent` changes nothing.
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn with_deadline(parent: &Context, deadline: VInstant) -> (Context, CancelFunc) {
    let (mut context, cancel) = with_cancel(parent);
    if parent.deadline.is_some_and(|earlier| earlier < deadline) {
        return (context, cancel);
    }
    context.deadline = Some(deadline);
    let site = Site::caller();
    let CancelFunc { node, parent } = cancel.clone();
    if deadline <= rt::now() {
        node.expire(parent.as_ref(), site);
    } else if node.ended().is_none() {
        let expires = node.clone();
        let timer = rt::arm_call(
            deadline,
            Box::new(move || expires.expire(parent.as_ref(), site)),
        );
        node.set_timer(timer);
    }
    (context, cancel)
}

/// [`with_deadline`], `timeout` from now
/// ([`WithTimeout`](https://pkg.go.dev/context#WithTimeout)).
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn with_timeout(parent: &Context, timeout: Duration) -> (Context, CancelFunc) {
    with_deadline(parent, rt::now().after(timeout))
}
