//! The state that the ends of a channel share.

use std::collections::VecDeque;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::mpsc::{RecvTimeoutError, SendError, TryRecvError, TrySendError};

use crate::rt::{self, Attached, Shared, Side};
use crate::sanitizer::{Edge, LANES};
use crate::sync::mpsc::rendezvous::Offer;
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{OpKind, Site};
use jostle_core::vtime::VInstant;

/// Places in the queue that are told apart when tasks are ordered; see
/// [`sanitizer`](crate::sanitizer).
const PLACES: u32 = LANES - 1;

/// One end's hold on a channel.
pub(super) struct Channel<T> {
    pub(super) state: Shared<State<T>>,
    /// The gate of receivers is open while a receiver need not wait, the gate of senders
    /// while a sender need not; with a bound of zero neither is used.
    object: ObjectId,
    bound: usize,
}

pub(super) struct State<T> {
    pub(super) senders: usize,
    /// Whether there is a receiver.
    pub(super) receiver: bool,
    /// Messages on their way; at most as many as the bound says.
    pub(super) queue: VecDeque<T>,
    /// How many messages have gone into the queue and out of it.
    pub(super) sent: u32,
    pub(super) received: u32,
    /// Bound zero: senders that wait, in the order of arrival.
    pub(super) offers: VecDeque<Offer<T>>,
    /// Bound zero: how many offers there have been.
    pub(super) tickets: u64,
    /// Bound zero: the receiver, while it waits.
    pub(super) taker: Option<TaskId>,
    /// Bound zero: what was handed to the receiver, which has not run since.
    pub(super) handed: Option<T>,
}

// As for std's ends: a panic cannot strike while the state is half changed.
impl<T> UnwindSafe for Channel<T> {}
impl<T> RefUnwindSafe for Channel<T> {}
// No message lies in an end itself.
impl<T> Unpin for Channel<T> {}

impl<T> Channel<T> {
    /// A channel with one sender and a receiver.
    #[track_caller]
    pub(super) fn new(bound: usize) -> Channel<T> {
        let attached = rt::new_object("channel", Site::caller());
        rt::set_gate(&attached, Side::NOT_FULL, true);
        Channel {
            state: Shared::new(State {
                senders: 1,
                receiver: true,
                queue: VecDeque::new(),
                sent: 0,
                received: 0,
                offers: VecDeque::new(),
                tickets: 0,
                taker: None,
                handed: None,
            }),
            object: attached.id,
            bound,
        }
    }

    /// The same channel, for its other end.
    pub(super) fn clone(&self) -> Channel<T> {
        Channel {
            state: self.state.clone(),
            object: self.object,
            bound: self.bound,
        }
    }

    #[inline]
    pub(super) fn attach(&self) -> Attached {
        self.state.attached(self.object)
    }

    /// Which gates are open in this state.
    #[inline]
    pub(super) fn open_gates(&self, state: &State<T>) -> [bool; 2] {
        let receivable = !state.queue.is_empty() || state.senders == 0;
        let sendable = state.queue.len() < self.bound || !state.receiver;
        [receivable, sendable]
    }

    /// Sets the gates by the state.
    fn set_gates(&self, attached: &Attached) {
        let open = self.open_gates(&self.state.get());
        rt::set_gates(attached, open);
    }

    pub(super) fn send(&self, value: T, site: Site) -> Result<(), SendError<T>> {
        match self.bound {
            0 => self.offer(value, site),
            _ => self.push(value, site),
        }
    }

    pub(super) fn try_send(&self, value: T, site: Site) -> Result<(), TrySendError<T>> {
        match self.bound {
            0 => self.try_offer(value, site),
            _ => self.try_push(value, site),
        }
    }

    pub(super) fn recv(
        &self,
        deadline: Option<VInstant>,
        site: Site,
    ) -> Result<T, RecvTimeoutError> {
        match self.bound {
            0 => self.take(deadline, site),
            _ => self.pop(deadline, site),
        }
    }

    pub(super) fn try_recv(&self, site: Site) -> Result<T, TryRecvError> {
        match self.bound {
            0 => self.try_take(site),
            _ => self.try_pop(site),
        }
    }

    /// Orders the send of the `nth` message before its receive and, where places
    /// are few, after the receive that freed its place.
    pub(super) fn sends(&self, attached: &Attached, nth: u32) {
        let place = self.place(attached, nth);
        if self.bound < usize::MAX {
            place.acquire();
        }
        place.release();
    }

    /// The reverse of [`sends`](Channel::sends).
    pub(super) fn receives(&self, attached: &Attached, nth: u32) {
        let place = self.place(attached, nth);
        place.acquire();
        if self.bound < usize::MAX {
            place.release();
        }
    }

    fn place(&self, attached: &Attached, nth: u32) -> Edge {
        let places = self.bound.clamp(1, PLACES as usize) as u32;
        Edge::object(attached.id.0, nth % places)
    }

    /// From the drop of each end to whoever notices that it is gone.
    pub(super) fn ends(attached: &Attached) -> Edge {
        Edge::object(attached.id.0, PLACES)
    }

    /// There is one sender more.
    pub(super) fn add_sender(&self) {
        self.state.get().senders += 1;
    }

    /// A sender goes. If it is the last one, the others can tell.
    pub(super) fn drop_sender(&self, site: Site) {
        if !self.state.is_here() {
            return;
        }
        let attached = self.attach();
        Channel::<T>::ends(&attached).release();
        {
            let mut state = self.state.get();
            if state.senders > 1 {
                state.senders -= 1;
                return;
            }
        }
        rt::point_in_drop(OpKind::Disconnect, attached.id, site);
        let taker = {
            let mut state = self.state.get();
            state.senders = 0;
            state.taker
        };
        self.set_gates(&attached);
        if let Some(taker) = taker {
            rt::complete(taker);
        }
    }

    /// The receiver goes. Messages that it has not received are dropped.
    pub(super) fn drop_receiver(&self, site: Site) {
        if !self.state.is_here() {
            return;
        }
        let attached = self.attach();
        rt::point_in_drop(OpKind::Disconnect, attached.id, site);
        Channel::<T>::ends(&attached).release();
        let mut leftovers = {
            let mut state = self.state.get();
            state.receiver = false;
            // The messages are this task's now.
            for nth in state.received..state.sent {
                self.receives(&attached, nth);
            }
            for offer in &state.offers {
                rt::complete(offer.task);
            }
            std::mem::take(&mut state.queue)
        };
        self.set_gates(&attached);
        leftovers.clear();
    }
}
