//! Replaces the interface to ThreadSanitizer in other builds: the same names, which do nothing
//! and take no room.

use crate::sanitizer::Race;

/// Whether data races are noticed.
pub(crate) const SEES_RACES: bool = false;

/// Whether a stack must not serve two tasks of one execution.
pub(crate) const KEEPS_STACKS_APART: bool = false;

/// A coroutine.
#[derive(Debug)]
pub(crate) struct Fiber;

impl Fiber {
    #[inline(always)]
    pub(crate) fn new() -> Fiber {
        Fiber
    }

    #[inline(always)]
    pub(crate) fn run<R>(&self, resume: impl FnOnce() -> R) -> R {
        resume()
    }

    #[inline(always)]
    pub(crate) fn begin(&self) {}

    #[inline(always)]
    pub(crate) fn serve(&self, _task: u32) {}
}

/// The runtime is at work.
#[must_use]
#[derive(Debug)]
pub(crate) struct Inside;

#[inline(always)]
pub(crate) fn inside() -> Inside {
    Inside
}

#[inline(always)]
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    f()
}

#[inline(always)]
pub(crate) fn hold(_object: u32) {}

#[inline(always)]
pub(crate) fn let_go(_object: u32) {}

/// A place where one task leaves its past and another one takes it up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge;

impl Edge {
    #[inline(always)]
    pub(crate) fn object(_object: u32, _lane: u32) -> Edge {
        Edge
    }

    #[inline(always)]
    pub(crate) fn end(_task: u32) -> Edge {
        Edge
    }

    #[inline(always)]
    pub(crate) fn token(_task: u32) -> Edge {
        Edge
    }

    #[inline(always)]
    pub(crate) fn wake(_task: u32) -> Edge {
        Edge
    }

    #[inline(always)]
    pub(crate) fn offer(_task: u32) -> Edge {
        Edge
    }

    #[inline(always)]
    pub(crate) fn answer(_task: u32) -> Edge {
        Edge
    }

    #[inline(always)]
    pub(crate) fn timer(_timer: u64) -> Edge {
        Edge
    }

    #[inline(always)]
    pub(crate) fn execution() -> Edge {
        Edge
    }

    #[inline(always)]
    pub(crate) fn at<T>(_place: *const T) -> Edge {
        Edge
    }

    #[inline(always)]
    pub(crate) fn release(self) {}

    #[inline(always)]
    pub(crate) fn acquire(self) {}

    #[inline(always)]
    pub(crate) fn read(self) {}

    #[inline(always)]
    pub(crate) fn write(self) {}
}

#[inline(always)]
pub(crate) fn forget() {}

#[inline(always)]
pub(crate) fn has_reported() -> bool {
    false
}

#[inline(always)]
pub(crate) fn reported() -> Option<Race> {
    None
}
