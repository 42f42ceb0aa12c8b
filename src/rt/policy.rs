//! The strategy of the execution at hand.

#![allow(unsafe_code)]

use std::fmt;
use std::ptr::NonNull;

use jostle_core::strategy::Strategy;

/// A strategy that is borrowed for the length of an execution.
pub(crate) struct Policy(Option<NonNull<dyn Strategy>>);

impl Policy {
    /// None: nothing is being executed.
    pub(crate) const fn none() -> Policy {
        Policy(None)
    }

    /// `strategy`.
    ///
    /// # Safety
    ///
    /// The policy is overwritten or dropped before the borrow of `strategy` ends.
    pub(crate) unsafe fn of(strategy: &mut dyn Strategy) -> Policy {
        let pointer: NonNull<dyn Strategy + '_> = NonNull::from(strategy);
        // SAFETY: The types differ by the lifetime bound of the trait object only, and
        // the caller promises that the pointer is gone by then.
        Policy(Some(unsafe {
            std::mem::transmute::<NonNull<dyn Strategy + '_>, NonNull<dyn Strategy>>(pointer)
        }))
    }

    /// The strategy.
    ///
    /// # Panics
    ///
    /// If nothing is being executed.
    pub(crate) fn get(&mut self) -> &mut dyn Strategy {
        let Some(mut strategy) = self.0 else {
            unreachable!("a strategy is asked within an execution only")
        };
        // SAFETY: `of` was given a mutable borrow that outlives this policy, which is
        // the only one that was made of it, and `&mut self` says that nobody else
        // has got the strategy from here at the same time.
        unsafe { strategy.as_mut() }
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Policy")
    }
}
