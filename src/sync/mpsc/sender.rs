//! The sending ends.

use std::fmt;
use std::sync::mpsc::{SendError, TrySendError};

use crate::sync::mpsc::channel::Channel;
use jostle_core::op::Site;

/// The sending end of a [`channel`](crate::sync::mpsc::channel()); see
/// [`std::sync::mpsc::Sender`].
pub struct Sender<T> {
    channel: Channel<T>,
    /// Where this handle was made, which is where it disconnects.
    site: Site,
}

impl<T> Sender<T> {
    /// The channel counts one sender.
    #[track_caller]
    pub(super) fn new(channel: Channel<T>) -> Sender<T> {
        Sender {
            channel,
            site: Site::caller(),
        }
    }

    /// Sends, without waiting; see [`std::sync::mpsc::Sender::send`].
    ///
    /// # Errors
    ///
    /// If the receiver is gone; the error holds the message.
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        self.channel.send(t, Site::caller())
    }
}

impl<T> Clone for Sender<T> {
    #[track_caller]
    fn clone(&self) -> Sender<T> {
        self.channel.add_sender();
        Sender::new(self.channel.clone())
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        self.channel.drop_sender(self.site);
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// The sending end of a [`sync_channel`](crate::sync::mpsc::sync_channel()); see
/// [`std::sync::mpsc::SyncSender`].
pub struct SyncSender<T> {
    channel: Channel<T>,
    /// Where this handle was made, which is where it disconnects.
    site: Site,
}

impl<T> SyncSender<T> {
    /// The channel counts one sender.
    #[track_caller]
    pub(super) fn new(channel: Channel<T>) -> SyncSender<T> {
        SyncSender {
            channel,
            site: Site::caller(),
        }
    }

    /// Sends once there is room, or once the receiver is there to take the
    /// message if the bound is zero; see [`std::sync::mpsc::SyncSender::send`].
    ///
    /// # Errors
    ///
    /// If the receiver is gone; the error holds the message.
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        self.channel.send(t, Site::caller())
    }

    /// Sends if that needs no waiting; see
    /// [`std::sync::mpsc::SyncSender::try_send`].
    ///
    /// # Errors
    ///
    /// If there is no room, or if the receiver is gone; the error holds the
    /// message.
    #[track_caller]
    pub fn try_send(&self, t: T) -> Result<(), TrySendError<T>> {
        self.channel.try_send(t, Site::caller())
    }
}

impl<T> Clone for SyncSender<T> {
    #[track_caller]
    fn clone(&self) -> SyncSender<T> {
        self.channel.add_sender();
        SyncSender::new(self.channel.clone())
    }
}

impl<T> Drop for SyncSender<T> {
    fn drop(&mut self) {
        self.channel.drop_sender(self.site);
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}
