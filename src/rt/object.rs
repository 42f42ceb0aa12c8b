//! Lets primitives join the execution that uses them.
//!
//! A primitive is created by a `const fn`, perhaps in a `static`, perhaps before any execution.
//! It joins an execution at its first use there, which gives it a number and a row in the object
//! table. A `static` primitive joins every execution anew; its [`Attached::fresh`] tells it to
//! start over.

use std::fmt;
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};

use jostle_core::id::ObjectId;
use jostle_core::op::Site;

use crate::rt::current::{self, Current};
use crate::rt::os_threads;
use crate::rt::static_pool::{Lent, StaticPool};
use crate::sanitizer;

/// Every execution has a number, its epoch, unique in the process.
static EPOCHS: AtomicU32 = AtomicU32::new(1);

/// The epoch that each executor is executing, 0 for none.
static LIVE: StaticPool<AtomicU32> = StaticPool::new();

/// The epochs of one executor, one at a time.
#[derive(Debug)]
pub(crate) struct Epochs(Lent<AtomicU32>);

impl Epochs {
    pub(crate) fn new() -> Epochs {
        Epochs(LIVE.lend(|| AtomicU32::new(0)))
    }

    /// Starts a new epoch.
    pub(crate) fn begin(&self) -> u32 {
        let mut epoch = EPOCHS.fetch_add(1, Ordering::Relaxed);
        if epoch == 0 {
            epoch = EPOCHS.fetch_add(1, Ordering::Relaxed);
        }
        self.0.store(epoch, Ordering::Release);
        epoch
    }

    /// Ends the epoch: from now on others may take over its objects.
    pub(crate) fn end(&self) {
        self.0.store(0, Ordering::Release);
    }
}

impl Drop for Epochs {
    fn drop(&mut self) {
        self.end();
    }
}

/// Whether `epoch`, which a primitive has been seen to belong to, has not ended.
fn is_live(epoch: u32) -> bool {
    // Whoever made it belong there had begun the epoch before; see `join`.
    fence(Ordering::Acquire);
    LIVE.iter().any(|e| e.load(Ordering::Acquire) == epoch)
}

/// The part of a primitive by which it takes part in executions.
pub(crate) struct Handle {
    /// The epoch of the execution it has joined in the upper half, its number
    /// there in the lower half; 0 before the first.
    joined: AtomicU64,
    site: Site,
}

/// Proof that a primitive takes part in this thread's execution, and its number
/// there.
#[derive(Clone, Copy)]
pub(crate) struct Attached {
    pub(crate) id: ObjectId,
    /// Whether the primitive has just joined: whatever state it has is left
    /// over from another execution.
    pub(crate) fresh: bool,
    /// Not `Send`: the proof holds on this thread only.
    thread: PhantomData<*const ()>,
}

impl Attached {
    /// To `id`, which has joined the execution that this thread runs.
    pub(super) fn to(id: ObjectId) -> Attached {
        Attached {
            id,
            fresh: false,
            thread: PhantomData,
        }
    }
}

impl Handle {
    /// A handle of a primitive that is created at the caller's site.
    #[track_caller]
    pub(crate) const fn new() -> Handle {
        Handle {
            joined: AtomicU64::new(0),
            site: Site::caller(),
        }
    }

    /// Where the primitive was created.
    pub(crate) fn site(&self) -> Site {
        self.site
    }

    /// Joins this thread's execution unless that has happened.
    ///
    /// # Panics
    ///
    /// If this thread runs no scenario, or if the primitive is a `static` that
    /// an execution on another thread is using.
    #[inline]
    #[track_caller]
    pub(crate) fn attach(&self, kind: &'static str) -> Attached {
        let joined = self.joined.load(Ordering::Relaxed);
        let Some(current) = current::try_get() else {
            let epoch = (joined >> 32) as u32;
            if epoch != 0 && is_live(epoch) {
                os_threads::note_use(epoch);
            }
            current::outside(kind)
        };
        if (joined >> 32) as u32 == current.epoch() {
            return Attached::to(ObjectId(joined as u32));
        }
        self.join(current, joined, kind)
    }

    /// The number in this thread's execution if the primitive has joined it.
    /// Unlike [`attach`](Handle::attach) it never panics, so that destructors
    /// can use it.
    #[inline]
    pub(crate) fn attached(&self) -> Option<Attached> {
        let current = current::try_get()?;
        let joined = self.joined.load(Ordering::Relaxed);
        let here = (joined >> 32) as u32 == current.epoch();
        here.then(|| Attached::to(ObjectId(joined as u32)))
    }

    #[cold]
    #[track_caller]
    fn join(&self, current: Current, joined: u64, kind: &'static str) -> Attached {
        let _inside = sanitizer::inside();
        let epoch = (joined >> 32) as u32;
        assert!(
            epoch == 0 || !is_live(epoch),
            "a static {kind} (created at {}) is used by two executions at the same time; \
             run them one after the other (--jobs 1, or cargo test -- --test-threads=1) or \
             create the {kind} inside the scenario",
            self.site
        );
        let id = current.with(|x| x.kernel.new_object(kind, self.site));
        let next = u64::from(current.epoch()) << 32 | u64::from(id.0);
        let taken = self
            .joined
            .compare_exchange(joined, next, Ordering::AcqRel, Ordering::Acquire);
        assert!(
            taken.is_ok(),
            "a static {kind} (created at {}) is used by two executions at the same time",
            self.site
        );
        Attached {
            id,
            fresh: true,
            thread: PhantomData,
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.site)
    }
}
