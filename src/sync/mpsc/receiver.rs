//! The receiving end and its iterators.

use std::cell::Cell;
use std::fmt;
use std::marker::PhantomData;
use std::panic::RefUnwindSafe;
use std::sync::mpsc::{RecvError, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use crate::rt;
use crate::sync::mpsc::channel::Channel;
use jostle_core::op::Site;

/// The receiving end of a channel; see [`std::sync::mpsc::Receiver`].
pub struct Receiver<T> {
    channel: Channel<T>,
    /// Where the channel was made, which is where it disconnects.
    site: Site,
    not_sync: PhantomData<Cell<()>>,
}

// As std's; the cell is not there.
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> Receiver<T> {
    #[track_caller]
    pub(super) fn new(channel: Channel<T>) -> Receiver<T> {
        Receiver {
            channel,
            site: Site::caller(),
            not_sync: PhantomData,
        }
    }

    /// Receives if there is a message; see
    /// [`std::sync::mpsc::Receiver::try_recv`].
    ///
    /// # Errors
    ///
    /// If there is no message, or none and no sender.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.channel.try_recv(Site::caller())
    }

    /// Receives, once there is a message; see
    /// [`std::sync::mpsc::Receiver::recv`].
    ///
    /// # Errors
    ///
    /// If there is neither a message nor a sender.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        let received = self.channel.recv(None, Site::caller());
        received.map_err(|_| RecvError)
    }

    /// As [`recv`](Receiver::recv), but waits for at most `timeout` of virtual
    /// time; see [`std::sync::mpsc::Receiver::recv_timeout`].
    ///
    /// # Errors
    ///
    /// If the time is up, or if there is neither a message nor a sender.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.channel.recv(rt::deadline(timeout), Site::caller())
    }

    /// Receives until there is neither a message nor a sender.
    pub fn iter(&self) -> Iter<'_, T> {
        Iter { rx: self }
    }

    /// Receives until there is no message.
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter { rx: self }
    }
}

impl<T> Drop for Receiver<T> {
    fn drop(&mut self) {
        self.channel.drop_receiver(self.site);
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}

/// Receives until there is neither a message nor a sender; see
/// [`Receiver::iter`].
#[derive(Debug)]
pub struct Iter<'a, T> {
    rx: &'a Receiver<T>,
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.rx.recv().ok()
    }
}

/// Receives until there is no message; see [`Receiver::try_iter`].
#[derive(Debug)]
pub struct TryIter<'a, T> {
    rx: &'a Receiver<T>,
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.rx.try_recv().ok()
    }
}

/// Receives until there is neither a message nor a sender, and owns the
/// receiver.
#[derive(Debug)]
pub struct IntoIter<T> {
    rx: Receiver<T>,
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        self.rx.recv().ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    fn into_iter(self) -> IntoIter<T> {
        IntoIter { rx: self }
    }
}
