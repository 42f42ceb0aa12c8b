//! The ends of Go's channels: `chan`, `nil`, `Sender`, `Receiver` and `Range`.

use std::fmt;
use std::iter::FusedIterator;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::task::Poll;

use crate::go::channel::{Chan, Refusal, block_for_ever};
use crate::go::misuse::misuse;
use crate::rt;
use jostle_core::op::{OpKind, Site};

/// Makes a channel whose buffer holds `cap` values: Go's `make(chan T, cap)`.
///
/// With a capacity of zero a send and a receive meet: each waits for the other
/// ([Channel types](https://go.dev/ref/spec#Channel_types)).
///
/// Both ends are handles that can be cloned. Dropping them does not close the
/// channel: only [`Sender::close`] does, as in Go.
///
/// # Panics
///
/// Outside a scenario.
#[must_use]
#[track_caller]
pub fn chan<T>(cap: usize) -> (Sender<T>, Receiver<T>) {
    let chan = Chan::new("channel", cap);
    (Sender::over(chan.clone()), Receiver::over(chan))
}

/// Both ends of a nil channel, which is never ready: the zero value of Go's
/// channel types.
#[must_use]
pub const fn nil<T>() -> (Sender<T>, Receiver<T>) {
    (Sender::nil(), Receiver::nil())
}

/// The sending end of a channel: Go's `chan<- T`.
///
/// Senders are equal if they are ends of the same channel or both nil.
pub struct Sender<T>(Option<Chan<T>>);

/// The receiving end of a channel: Go's `<-chan T`.
///
/// Receivers are equal if they are ends of the same channel or both nil. As in
/// Go, a receiver cannot close the channel.
pub struct Receiver<T>(Option<Chan<T>>);

impl<T> Sender<T> {
    /// Sends `value`, waiting for a receiver or for room in the buffer: Go's
    /// `c <- value`. On a nil channel it waits for ever
    /// ([Send statements](https://go.dev/ref/spec#Send_statements)).
    ///
    /// # Panics
    ///
    /// With "send on closed channel" if the channel is closed, also if that
    /// happens during the wait. Outside a scenario.
    #[track_caller]
    pub fn send(&self, value: T) {
        let Some(chan) = &self.0 else {
            return block_for_ever(OpKind::Send, Site::caller());
        };
        rt::point(OpKind::Send, chan.id, Site::caller());
        let refused = match chan.try_send(value) {
            Ok(()) => return chan.note_len(),
            Err(Refusal::Closed(value)) => value,
            Err(Refusal::Full(value)) => match chan.wait_to_send(value) {
                Ok(()) => return,
                Err(value) => value,
            },
        };
        drop(refused);
        misuse("send on closed channel");
    }

    /// Closes the channel: Go's `close(c)`. Receivers take what is in the buffer
    /// and then get nothing
    /// ([Close](https://go.dev/ref/spec#Close)).
    ///
    /// # Panics
    ///
    /// With "close of closed channel" or "close of nil channel". Outside a
    /// scenario.
    #[track_caller]
    pub fn close(&self) {
        let Some(chan) = &self.0 else {
            return misuse("close of nil channel");
        };
        rt::point(OpKind::Close, chan.id, Site::caller());
        if !chan.close() {
            misuse("close of closed channel");
        }
    }
}

impl<T> Receiver<T> {
    /// Receives the oldest value, waiting for one: Go's `<-c`. `None` if the
    /// channel is closed and drained. On a nil channel it waits for ever
    /// ([Receive operator](https://go.dev/ref/spec#Receive_operator)).
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn recv(&self) -> Option<T> {
        self.recv_at(Site::caller())
    }

    fn recv_at(&self, site: Site) -> Option<T> {
        let Some(chan) = &self.0 else {
            block_for_ever(OpKind::Recv, site);
            return None;
        };
        rt::point(OpKind::Recv, chan.id, site);
        match chan.try_receive() {
            Poll::Ready(value) => {
                chan.note_len();
                value
            }
            Poll::Pending => chan.wait_to_receive(),
        }
    }

    /// As [`recv`](Receiver::recv), with Go's two values `v, ok := <-c`: the zero
    /// value and false if the channel is closed and drained.
    ///
    /// # Panics
    ///
    /// Outside a scenario.
    #[track_caller]
    pub fn recv_ok(&self) -> (T, bool)
    where
        T: Default,
    {
        match self.recv() {
            Some(value) => (value, true),
            None => (T::default(), false),
        }
    }

    /// The values as they come, until the channel is closed and drained: Go's
    /// `for v := range c`. A channel that nobody closes keeps the loop waiting
    /// for ever
    /// ([For statements with range clause](https://go.dev/ref/spec#For_range)).
    ///
    /// Reports show every receive at the place where the iterator was made,
    /// which is the head of the loop.
    #[track_caller]
    pub fn range(&self) -> Range<T> {
        Range {
            receiver: self.clone(),
            site: Site::caller(),
        }
    }
}

#[track_caller]
fn len<T>(chan: Option<&Chan<T>>) -> usize {
    let Some(chan) = chan else { return 0 };
    rt::point(OpKind::Len, chan.id, Site::caller());
    chan.note_len();
    chan.visible_len()
}

/// The values that come over a channel; see [`Receiver::range`].
pub struct Range<T> {
    receiver: Receiver<T>,
    site: Site,
}

impl<T> Iterator for Range<T> {
    type Item = T;

    fn next(&mut self) -> Option<T> {
        self.receiver.recv_at(self.site)
    }
}

/// A closed channel stays closed.
impl<T> FusedIterator for Range<T> {}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = Range<T>;

    #[track_caller]
    fn into_iter(self) -> Range<T> {
        Range {
            receiver: self,
            site: Site::caller(),
        }
    }
}

impl<T> IntoIterator for &Receiver<T> {
    type Item = T;
    type IntoIter = Range<T>;

    #[track_caller]
    fn into_iter(self) -> Range<T> {
        self.range()
    }
}

/// Implements what both ends of a channel have in common.
macro_rules! ends {
    ($($end:ident)*) => {$(
        impl<T> $end<T> {
            /// An end of a nil channel.
            #[must_use]
            pub const fn nil() -> $end<T> {
                $end(None)
            }

            pub(super) const fn over(chan: Chan<T>) -> $end<T> {
                $end(Some(chan))
            }

            pub(super) fn inner(&self) -> Option<&Chan<T>> {
                self.0.as_ref()
            }

            /// Whether this is an end of a nil channel: Go's `c == nil`.
            #[must_use]
            pub const fn is_nil(&self) -> bool {
                self.0.is_none()
            }

            /// How many values are in the buffer: Go's `len(c)`, 0 for a nil channel
            /// ([Length and capacity](https://go.dev/ref/spec#Length_and_capacity)).
            #[must_use]
            #[track_caller]
            pub fn len(&self) -> usize {
                len(self.0.as_ref())
            }

            /// Whether the buffer is empty. An unbuffered channel always is.
            #[must_use]
            #[track_caller]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// How many values the buffer holds: Go's `cap(c)`, 0 for a nil channel. It
            /// never changes, so asking is no scheduling point.
            #[must_use]
            pub fn cap(&self) -> usize {
                self.0.as_ref().map_or(0, Chan::visible_cap)
            }
        }

        impl<T> Clone for $end<T> {
            /// Another handle on the same end.
            fn clone(&self) -> $end<T> {
                $end(self.0.clone())
            }
        }

        impl<T> Default for $end<T> {
            /// An end of a nil channel, Go's zero value.
            fn default() -> $end<T> {
                $end::nil()
            }
        }

        impl<T> PartialEq for $end<T> {
            fn eq(&self, other: &$end<T>) -> bool {
                self.0.as_ref().map(|chan| chan.id) == other.0.as_ref().map(|chan| chan.id)
            }
        }

        impl<T> Eq for $end<T> {}

        // As std's channel ends: a value that a panic left half-changed is
        // nobody's but the sender's.
        impl<T> UnwindSafe for $end<T> {}
        impl<T> RefUnwindSafe for $end<T> {}

        impl<T> fmt::Debug for $end<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match &self.0 {
                    Some(chan) => write!(f, concat!(stringify!($end), "({})"), chan.id),
                    None => f.write_str(concat!(stringify!($end), "(nil)")),
                }
            }
        }
    )*};
}

ends! { Sender Receiver }

impl<T> fmt::Debug for Range<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Range").field(&self.receiver).finish()
    }
}
