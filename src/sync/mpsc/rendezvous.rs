//! Sends and receives from hand to hand, for channels with a bound of zero.
//!
//! Whether the other side waits decides what `try_send` and `try_recv` return, so a task that
//! waits is in a queue, and the other side completes it.

use std::sync::mpsc::{RecvTimeoutError, SendError, TryRecvError, TrySendError};

use crate::rt::{self, Woken};
use crate::sanitizer::Edge;
use crate::sync::mpsc::channel::Channel;
use jostle_core::id::TaskId;
use jostle_core::op::{OpKind, Site};
use jostle_core::vtime::VInstant;

/// A sender that waits, and its message.
pub(super) struct Offer<T> {
    /// Tells offers apart.
    ticket: u64,
    pub(super) task: TaskId,
    value: T,
}

impl<T> Channel<T> {
    /// Sends, once the receiver is there.
    pub(super) fn offer(&self, value: T, site: Site) -> Result<(), SendError<T>> {
        let attached = self.attach();
        rt::point(OpKind::Send, attached.id, site);
        let value = match self.hand(value) {
            Ok(()) => return Ok(()),
            Err(TrySendError::Disconnected(value)) => return Err(SendError(value)),
            Err(TrySendError::Full(value)) => value,
        };
        let ticket = {
            let mut state = self.state.get();
            state.tickets += 1;
            let ticket = state.tickets;
            Edge::offer(rt::current_task().0).release();
            state.offers.push_back(Offer {
                ticket,
                task: rt::current_task(),
                value,
            });
            ticket
        };
        rt::wait(None, None);
        // The receiver takes the offer away with the message; if the offer is
        // still there, the receiver is not.
        let mut state = self.state.get();
        let left = state.offers.iter().position(|o| o.ticket == ticket);
        match left.and_then(|at| state.offers.remove(at)) {
            Some(offer) => {
                Channel::<T>::ends(&attached).acquire();
                Err(SendError(offer.value))
            }
            None => {
                Edge::answer(rt::current_task().0).acquire();
                Ok(())
            }
        }
    }

    /// Sends if the receiver waits.
    pub(super) fn try_offer(&self, value: T, site: Site) -> Result<(), TrySendError<T>> {
        let attached = self.attach();
        rt::point(OpKind::TrySend, attached.id, site);
        self.hand(value)
    }

    /// Hands the message to the receiver if it waits.
    fn hand(&self, value: T) -> Result<(), TrySendError<T>> {
        let mut state = self.state.get();
        if !state.receiver {
            Channel::<T>::ends(&self.attach()).acquire();
            return Err(TrySendError::Disconnected(value));
        }
        match state.taker.take() {
            Some(taker) if rt::complete(taker) => {
                Edge::offer(taker.0).acquire();
                Edge::answer(taker.0).release();
                state.handed = Some(value);
                Ok(())
            }
            _ => Err(TrySendError::Full(value)),
        }
    }

    /// Receives, once a sender is there.
    pub(super) fn take(
        &self,
        deadline: Option<VInstant>,
        site: Site,
    ) -> Result<T, RecvTimeoutError> {
        let attached = self.attach();
        rt::point(OpKind::Recv, attached.id, site);
        match self.accept() {
            Ok(value) => return Ok(value),
            Err(TryRecvError::Disconnected) => return Err(RecvTimeoutError::Disconnected),
            Err(TryRecvError::Empty) => {}
        }
        let me = rt::current_task();
        Edge::offer(me.0).release();
        self.state.get().taker = Some(me);
        let woken = rt::wait(None, deadline);
        let mut state = self.state.get();
        state.taker = None;
        match state.handed.take() {
            Some(value) => {
                Edge::answer(me.0).acquire();
                Ok(value)
            }
            None if woken == Woken::TimedOut => Err(RecvTimeoutError::Timeout),
            None => {
                Channel::<T>::ends(&attached).acquire();
                Err(RecvTimeoutError::Disconnected)
            }
        }
    }

    /// Receives if a sender waits.
    pub(super) fn try_take(&self, site: Site) -> Result<T, TryRecvError> {
        let attached = self.attach();
        rt::point(OpKind::TryRecv, attached.id, site);
        self.accept()
    }

    /// Takes the message of the sender that has waited longest.
    fn accept(&self) -> Result<T, TryRecvError> {
        let mut state = self.state.get();
        match state.offers.pop_front() {
            Some(offer) => {
                rt::complete(offer.task);
                Edge::offer(offer.task.0).acquire();
                Edge::answer(offer.task.0).release();
                Ok(offer.value)
            }
            None if state.senders > 0 => Err(TryRecvError::Empty),
            None => {
                Channel::<T>::ends(&self.attach()).acquire();
                Err(TryRecvError::Disconnected)
            }
        }
    }
}
