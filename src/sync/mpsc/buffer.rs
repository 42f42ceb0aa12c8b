//! Sends and receives through a queue.
//!
//! No operation can tell whether another task waits for the queue, so gates are enough.

use std::sync::mpsc::{RecvTimeoutError, SendError, TryRecvError, TrySendError};

use crate::rt::{self, Side};
use crate::sync::mpsc::channel::Channel;
use jostle_core::op::{OpKind, Site};
use jostle_core::vtime::VInstant;

impl<T> Channel<T> {
    /// Sends, once there is room.
    pub(super) fn push(&self, value: T, site: Site) -> Result<(), SendError<T>> {
        let attached = self.attach();
        rt::pass(&attached, Side::NOT_FULL, OpKind::Send, site);
        let (length, open) = {
            let mut state = self.state.get();
            if !state.receiver {
                Channel::<T>::ends(&attached).acquire();
                return Err(SendError(value));
            }
            self.sends(&attached, state.sent);
            state.sent += 1;
            state.queue.push_back(value);
            (state.queue.len(), self.open_gates(&state))
        };
        rt::note_and_set_gates(&attached, length as u32, open);
        Ok(())
    }

    /// Sends if there is room.
    pub(super) fn try_push(&self, value: T, site: Site) -> Result<(), TrySendError<T>> {
        let attached = self.attach();
        rt::point(OpKind::TrySend, attached.id, site);
        let has_receiver = self.state.get().receiver;
        if !has_receiver {
            Channel::<T>::ends(&attached).acquire();
            return Err(TrySendError::Disconnected(value));
        }
        if !rt::is_open(&attached, Side::NOT_FULL) {
            return Err(TrySendError::Full(value));
        }
        let (length, open) = {
            let mut state = self.state.get();
            self.sends(&attached, state.sent);
            state.sent += 1;
            state.queue.push_back(value);
            (state.queue.len(), self.open_gates(&state))
        };
        rt::note_and_set_gates(&attached, length as u32, open);
        Ok(())
    }

    /// Receives, once there is a message.
    pub(super) fn pop(
        &self,
        deadline: Option<VInstant>,
        site: Site,
    ) -> Result<T, RecvTimeoutError> {
        let attached = self.attach();
        match deadline {
            None => rt::pass(&attached, Side::NOT_EMPTY, OpKind::Recv, site),
            Some(at) => {
                if !rt::pass_until(&attached, Side::NOT_EMPTY, OpKind::Recv, site, at) {
                    return Err(RecvTimeoutError::Timeout);
                }
            }
        }
        let (value, left, open) = {
            let mut state = self.state.get();
            let value = state.queue.pop_front();
            match value {
                Some(_) => {
                    self.receives(&attached, state.received);
                    state.received += 1;
                }
                None => Channel::<T>::ends(&attached).acquire(),
            }
            (value, state.queue.len(), self.open_gates(&state))
        };
        rt::note_and_set_gates(&attached, left as u32, open);
        value.ok_or(RecvTimeoutError::Disconnected)
    }

    /// Receives if there is a message.
    pub(super) fn try_pop(&self, site: Site) -> Result<T, TryRecvError> {
        let attached = self.attach();
        rt::point(OpKind::TryRecv, attached.id, site);
        let (value, left, connected, open) = {
            let mut state = self.state.get();
            let value = state.queue.pop_front();
            let connected = state.senders > 0;
            if value.is_some() {
                self.receives(&attached, state.received);
                state.received += 1;
            } else if !connected {
                Channel::<T>::ends(&attached).acquire();
            }
            (value, state.queue.len(), connected, self.open_gates(&state))
        };
        rt::note_and_set_gates(&attached, left as u32, open);
        match value {
            Some(value) => Ok(value),
            None if connected => Err(TryRecvError::Empty),
            None => Err(TryRecvError::Disconnected),
        }
    }
}
