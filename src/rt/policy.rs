//! Stores the borrowed policy behind a `'static` lifetime.

#![allow(unsafe_code)]

use jostle_core::strategy::Policy;

/// A policy that is borrowed for the length of an execution.
#[derive(Debug)]
pub(crate) struct BorrowedPolicy(Option<Policy<'static>>);

impl BorrowedPolicy {
    /// None: nothing is being executed.
    pub(crate) const fn none() -> BorrowedPolicy {
        BorrowedPolicy(None)
    }

    /// `policy`.
    ///
    /// # Safety
    ///
    /// What is returned is overwritten or dropped before the borrow of `policy` ends.
    pub(crate) unsafe fn of(policy: Policy<'_>) -> BorrowedPolicy {
        // SAFETY: The types differ by a lifetime only, and the caller promises that
        // nothing of it is left by its end. `get` gives it out for shorter times only.
        BorrowedPolicy(Some(unsafe {
            std::mem::transmute::<Policy<'_>, Policy<'static>>(policy)
        }))
    }

    /// The policy.
    ///
    /// # Panics
    ///
    /// If nothing is being executed.
    #[inline]
    pub(crate) fn get(&mut self) -> Policy<'_> {
        match &mut self.0 {
            Some(policy) => policy.reborrow(),
            None => unreachable!("a policy is asked within an execution only"),
        }
    }
}
