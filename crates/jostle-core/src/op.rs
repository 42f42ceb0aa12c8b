//! Operations of tasks, the objects that they access, and their sites in the source.

use std::fmt;

use crate::id::ObjectId;

pub use jostle_site::{AtomicSite, Frame, Site};

/// The name of a file without its folders, for what has to be the same in every build.
///
/// The compiler is given paths that are absolute for some packages and relative for
/// others, depending on the workspace that the build began in; and an absolute one
/// depends on the machine.
#[must_use]
pub fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// How an operation touches its object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Effect {
    /// Touches nothing that another task can see.
    None,
    /// Commutes with other reads of the same object.
    Read,
    /// Commutes with nothing on the same object.
    Write,
}

impl Effect {
    /// Whether the order of two operations on the same object can matter.
    #[inline]
    #[must_use]
    pub const fn conflicts_with(self, other: Effect) -> bool {
        matches!(
            (self, other),
            (Effect::Write, Effect::Read | Effect::Write) | (Effect::Read, Effect::Write)
        )
    }

    /// Whether it changes the object.
    #[inline]
    #[must_use]
    pub const fn writes(self) -> bool {
        matches!(self, Effect::Write)
    }
}

macro_rules! op_kinds {
    ($($(#[$doc:meta])* $kind:ident $name:literal $effect:ident,)*) => {
        /// The kind of an operation.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum OpKind { $($(#[$doc])* $kind,)* }

        impl OpKind {
            /// Every kind, in the order of its code.
            pub const ALL: &'static [OpKind] = &[$(OpKind::$kind,)*];

            /// The word that reports and traces use.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(OpKind::$kind => $name,)* }
            }

            /// How the operation touches its object.
            #[must_use]
            pub const fn effect(self) -> Effect {
                match self { $(OpKind::$kind => Effect::$effect,)* }
            }
        }
    };
}

// The order is part of file formats (fingerprints, site classes in inputs): append only.
op_kinds! {
    /// The first step of a task.
    Start "start" None,
    /// `thread::yield_now`: others may go first.
    Yield "yield" None,
    /// `hint::spin_loop`: nothing to do until another task has made a step.
    Spin "spin" None,
    /// One poll of a future.
    Poll "poll" Write,
    /// Atomic load.
    Load "load" Read,
    /// Atomic store.
    Store "store" Write,
    /// Atomic read-modify-write.
    Rmw "rmw" Write,
    /// Atomic fence.
    Fence "fence" None,
    /// Acquiring a lock for writing.
    Lock "lock" Write,
    /// Trying to acquire a lock for writing.
    TryLock "try lock" Write,
    /// Acquiring a lock for reading.
    ReadLock "read lock" Read,
    /// Trying to acquire a lock for reading.
    TryReadLock "try read lock" Read,
    /// Releasing a lock.
    Unlock "unlock" Write,
    /// Waiting for a condition; releases the lock.
    Wait "wait" Write,
    /// Waking one waiter.
    NotifyOne "notify one" Write,
    /// Waking all waiters.
    NotifyAll "notify all" Write,
    /// Sending on a channel.
    Send "send" Write,
    /// Trying to send on a channel.
    TrySend "try send" Write,
    /// Receiving from a channel.
    Recv "receive" Write,
    /// Trying to receive from a channel.
    TryRecv "try receive" Write,
    /// Closing a channel.
    Close "close" Write,
    /// Dropping the last handle of one end of a channel.
    Disconnect "disconnect" Write,
    /// Reading a channel's length or capacity.
    Len "len" Read,
    /// A `select!` over several channels.
    Select "select" Write,
    /// Waiting for a task to finish.
    Join "join" Read,
    /// Waiting for all tasks of a scope.
    Scope "scope" Read,
    /// Parking until unparked.
    Park "park" Write,
    /// Unparking a task.
    Unpark "unpark" Write,
    /// Sleeping on virtual time.
    Sleep "sleep" None,
    /// A timer that fires.
    Fire "fire" Write,
    /// Stopping or resetting a timer.
    Timer "timer" Write,
    /// Adding to a counter such as a wait group's.
    Add "add" Write,
    /// Waiting at a barrier.
    Barrier "barrier" Write,
    /// Running or waiting for a one-time initialization.
    Once "once" Write,
    /// Reading whether a one-time initialization has happened.
    OnceGet "once get" Read,
    /// Cancelling a context or aborting a task.
    Cancel "cancel" Write,
    /// Reading the state of a context or a task.
    Inspect "inspect" Read,
}

impl OpKind {
    /// Whether a task that is about to do this lets others go first of its own accord:
    /// that another one goes on is no preemption then.
    #[inline(always)]
    #[must_use]
    pub const fn offers_to_wait(self) -> bool {
        matches!(self, OpKind::Yield | OpKind::Spin)
    }
}

impl fmt::Display for OpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a task is about to do.
#[derive(Clone, Copy, Debug)]
pub struct Op {
    /// What is done.
    pub kind: OpKind,
    /// To what it is done.
    pub object: ObjectId,
    /// Where the source says so.
    pub site: Site,
}

impl Op {
    /// What it touches, as far as its kind tells.
    #[inline]
    #[must_use]
    pub const fn access(&self) -> Access {
        Access {
            object: self.object,
            effect: self.kind.effect(),
        }
    }

    /// Whether the order of the two operations can matter; see
    /// [`Access::conflicts_with`].
    #[inline]
    #[must_use]
    pub fn conflicts_with(&self, other: &Op) -> bool {
        self.access().conflicts_with(other.access())
    }
}

/// What an operation touches, and how.
///
/// The effect need not be that of the operation's kind: a compare-exchange that has
/// failed is known to have been a read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Access {
    /// What is touched.
    pub object: ObjectId,
    /// How.
    pub effect: Effect,
}

impl Access {
    /// Whether the order of the two can matter: they touch the same object and at least
    /// one of them writes it.
    ///
    /// This is the relation of everything that samples, learns and explains. Only
    /// `verify` has one of its own, finer in what is touched: it is told of each piece of
    /// state behind an object (the cells of a channel, the course of a task, the clock),
    /// and may leave out nothing that matters.
    #[inline]
    #[must_use]
    pub fn conflicts_with(self, other: Access) -> bool {
        self.object == other.object
            && self.object != ObjectId::NONE
            && self.effect.conflicts_with(other.effect)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_touches_the_same_conflicts_unless_both_read() {
        use Effect::{None, Read, Write};
        let access = |object, effect| Access {
            object: ObjectId(object),
            effect,
        };
        for (one, other, expected) in [
            (Write, Write, true),
            (Write, Read, true),
            (Read, Write, true),
            (Read, Read, false),
            (None, Write, false),
            (Write, None, false),
        ] {
            let conflict = |a, b| access(a, one).conflicts_with(access(b, other));
            assert_eq!(conflict(1, 1), expected, "{one:?}, {other:?}");
            assert!(!conflict(1, 2));
            assert!(!conflict(ObjectId::NONE.0, ObjectId::NONE.0));
        }
    }
}
