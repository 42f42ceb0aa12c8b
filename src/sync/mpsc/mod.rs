//! Channels with many senders and one receiver: the names and signatures of
//! [`std::sync::mpsc`].
//!
//! - `sender`: [`Sender`], [`SyncSender`].
//! - `receiver`: [`Receiver`] and its iterators.
//! - `channel`: what both ends share.
//! - `buffer`: sending and receiving through a queue, with or without a bound.
//! - `rendezvous`: the same from hand to hand, with a bound of zero.
//!
//! Dropping the last sender, or the receiver, is a scheduling point. A timeout
//! goes by virtual time.
//!
//! Differences from std: a channel belongs to the execution that makes it, so that
//! `channel` panics outside a scenario.

mod buffer;
mod channel;
mod receiver;
mod rendezvous;
mod sender;

pub use receiver::{IntoIter, Iter, Receiver, TryIter};
pub use sender::{Sender, SyncSender};

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

use crate::sync::mpsc::channel::Channel;

/// A channel without a bound: sending never waits. See
/// [`std::sync::mpsc::channel`].
///
/// # Panics
///
/// Outside a scenario.
#[must_use]
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let channel = Channel::new(usize::MAX);
    (Sender::new(channel.clone()), Receiver::new(channel))
}

/// A channel that holds up to `bound` messages; with 0, sending waits until the
/// message is received. See [`std::sync::mpsc::sync_channel`].
///
/// # Panics
///
/// Outside a scenario.
#[must_use]
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let channel = Channel::new(bound);
    (SyncSender::new(channel.clone()), Receiver::new(channel))
}
