//! The reasons for which contexts end: `Error` and `Cause`.

use std::fmt;
use std::sync::Arc;

/// Why a context ended.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, thiserror::Error)]
pub enum Error {
    /// Somebody cancelled it.
    #[error("context canceled")]
    Canceled,
    /// Its deadline has passed.
    #[error("context deadline exceeded")]
    DeadlineExceeded,
}

/// The error that made somebody cancel a context. Clones share it.
#[derive(Clone, Debug)]
pub struct Cause(Arc<dyn std::error::Error + Send + Sync>);

impl Cause {
    /// A cause.
    pub fn new(error: impl std::error::Error + Send + Sync + 'static) -> Cause {
        Cause(Arc::new(error))
    }

    /// The error, if it is an `E`.
    #[must_use]
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        self.0.downcast_ref()
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
