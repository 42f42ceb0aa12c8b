//! `fence` and `compiler_fence`.

use std::sync::atomic::{self as real, Ordering};

use crate::rt;
use jostle_core::id::ObjectId;
use jostle_core::op::{OpKind, Site};

/// See [`std::sync::atomic::fence`].
///
/// It is recorded and is no scheduling point: between sequentially consistent
/// accesses a fence changes nothing that another task could see.
///
/// # Panics
///
/// If `order` is `Relaxed`.
#[inline]
#[track_caller]
pub fn fence(order: Ordering) {
    rt::event(OpKind::Fence, ObjectId::NONE, Site::caller());
    real::fence(order);
}

/// See [`std::sync::atomic::compiler_fence`]. It is no scheduling point.
///
/// # Panics
///
/// If `order` is `Relaxed`.
#[inline]
#[track_caller]
pub fn compiler_fence(order: Ordering) {
    real::compiler_fence(order);
}
