//! `JoinError`: why a task has no value.

use std::any::Any;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::rt::panics;
use crate::task::Id;

/// A task ended without a value; see [`tokio::task::JoinError`].
///
/// [`tokio::task::JoinError`]: https://docs.rs/tokio/1/tokio/task/struct.JoinError.html
pub struct JoinError {
    id: Id,
    cause: Cause,
}

enum Cause {
    Cancelled,
    Panic {
        message: String,
        /// In a mutex that is never locked, for the error to be `Sync`.
        payload: Mutex<Box<dyn Any + Send + 'static>>,
    },
}

impl JoinError {
    pub(super) fn cancelled(id: Id) -> JoinError {
        JoinError {
            id,
            cause: Cause::Cancelled,
        }
    }

    pub(super) fn panic(id: Id, payload: Box<dyn Any + Send + 'static>) -> JoinError {
        JoinError {
            id,
            cause: Cause::Panic {
                message: panics::message(&*payload),
                payload: Mutex::new(payload),
            },
        }
    }

    /// Whether the task was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        matches!(self.cause, Cause::Cancelled)
    }

    /// Whether the task panicked.
    #[must_use]
    pub fn is_panic(&self) -> bool {
        !self.is_cancelled()
    }

    /// What the task panicked with.
    ///
    /// # Panics
    ///
    /// If the task did not panic.
    #[must_use]
    #[track_caller]
    pub fn into_panic(self) -> Box<dyn Any + Send + 'static> {
        match self.try_into_panic() {
            Ok(payload) => payload,
            Err(_) => panic!("`JoinError` reason is not a panic."),
        }
    }

    /// What the task panicked with.
    ///
    /// # Errors
    ///
    /// This error, if the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send + 'static>, JoinError> {
        match self.cause {
            Cause::Panic { payload, .. } => {
                Ok(payload.into_inner().unwrap_or_else(PoisonError::into_inner))
            }
            Cause::Cancelled => Err(self),
        }
    }

    /// Which task it was.
    #[must_use]
    pub fn id(&self) -> Id {
        self.id
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Cancelled => write!(f, "task {} was cancelled", self.id),
            Cause::Panic { message, .. } => {
                write!(f, "task {} panicked with message {message:?}", self.id)
            }
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Cause::Cancelled => write!(f, "JoinError::Cancelled({:?})", self.id),
            Cause::Panic { message, .. } => {
                write!(f, "JoinError::Panic({:?}, {message:?}, ...)", self.id)
            }
        }
    }
}

impl std::error::Error for JoinError {}
