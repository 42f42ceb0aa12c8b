//! The arms of a `select!` and the choice among them.
//!
//! The arms are a list in the type system, `(first, (second, …))`, with [`Blocks`] or
//! [`OrDefault`] at its end. [`run`] takes one arm of the list and returns a [`Taken`] that is
//! nested in the same way. The macro matches on it in the caller's own scope, so that `break`,
//! `return` and `?` in an arm have their usual meaning.
//!
//! Public for the macro only.

use std::fmt;
use std::task::Poll;

use crate::go::chan::{Receiver, Sender};
use crate::go::channel::{Chan, Ending, Refusal, Ticket};
use crate::go::misuse::misuse;
use crate::rt;
use jostle_core::decision::ChoiceKind;
use jostle_core::id::ObjectId;
use jostle_core::op::{OpKind, Site};

/// The channel of a send arm was closed.
#[derive(Clone, Copy, Debug)]
pub struct Closed;

/// One communication of a `select!`.
pub trait Arm {
    /// Whether it sends or receives.
    fn kind(&self) -> OpKind;
    /// Its channel; none if that is nil.
    fn object(&self) -> ObjectId;
    /// Whether it would not wait.
    fn is_ready(&self) -> bool;
    /// Does it; it is ready.
    fn fire(&mut self) -> Result<(), Closed>;
    /// Begins to wait.
    fn enqueue(&mut self, number: Number);
    /// Ends the wait; says how it came out if this is the arm that was taken.
    fn withdraw(&mut self, number: Number) -> Option<Result<(), Closed>>;
}

/// Which arm of which task.
#[derive(Clone, Copy, Debug)]
pub struct Number(Ticket);

/// `recv(channel)`.
pub struct RecvArm<T> {
    chan: Option<Chan<T>>,
    received: Option<T>,
}

/// `send(channel, value)`.
pub struct SendArm<T> {
    chan: Option<Chan<T>>,
    /// The value as long as it is not sent and not in the queue.
    value: Option<T>,
}

/// The arm that receives from `receiver`.
pub fn recv<T>(receiver: &Receiver<T>) -> RecvArm<T> {
    RecvArm {
        chan: receiver.inner().cloned(),
        received: None,
    }
}

/// The arm that sends `value` to `sender`.
pub fn send<T>(sender: &Sender<T>, value: T) -> SendArm<T> {
    SendArm {
        chan: sender.inner().cloned(),
        value: Some(value),
    }
}

impl<T> Arm for RecvArm<T> {
    fn kind(&self) -> OpKind {
        OpKind::Recv
    }

    fn object(&self) -> ObjectId {
        self.chan.as_ref().map_or(ObjectId::NONE, |chan| chan.id)
    }

    fn is_ready(&self) -> bool {
        self.chan.as_ref().is_some_and(Chan::can_receive)
    }

    fn fire(&mut self) -> Result<(), Closed> {
        if let Some(chan) = &self.chan
            && let Poll::Ready(value) = chan.try_receive()
        {
            chan.note_len();
            self.received = value;
        }
        Ok(())
    }

    fn enqueue(&mut self, number: Number) {
        if let Some(chan) = &self.chan {
            chan.enqueue_receiver(number.0, true);
        }
    }

    fn withdraw(&mut self, number: Number) -> Option<Result<(), Closed>> {
        let chan = self.chan.as_ref()?;
        match chan.ending(number.0) {
            Some(Ending::Received(value)) => {
                self.received = value;
                Some(Ok(()))
            }
            _ => {
                chan.leave_receivers(number.0);
                None
            }
        }
    }
}

impl<T> Arm for SendArm<T> {
    fn kind(&self) -> OpKind {
        OpKind::Send
    }

    fn object(&self) -> ObjectId {
        self.chan.as_ref().map_or(ObjectId::NONE, |chan| chan.id)
    }

    fn is_ready(&self) -> bool {
        self.chan.as_ref().is_some_and(Chan::can_send)
    }

    fn fire(&mut self) -> Result<(), Closed> {
        let (Some(chan), Some(value)) = (&self.chan, self.value.take()) else {
            return Ok(());
        };
        match chan.try_send(value) {
            Ok(()) => {
                chan.note_len();
                Ok(())
            }
            Err(Refusal::Full(value) | Refusal::Closed(value)) => {
                self.value = Some(value);
                Err(Closed)
            }
        }
    }

    fn enqueue(&mut self, number: Number) {
        if let (Some(chan), Some(value)) = (&self.chan, self.value.take()) {
            chan.enqueue_sender(number.0, true, value);
        }
    }

    fn withdraw(&mut self, number: Number) -> Option<Result<(), Closed>> {
        let chan = self.chan.as_ref()?;
        match chan.ending(number.0) {
            Some(Ending::Sent) => Some(Ok(())),
            Some(Ending::Refused(value)) => {
                self.value = Some(value);
                Some(Err(Closed))
            }
            _ => {
                self.value = chan.leave_senders(number.0);
                None
            }
        }
    }
}

/// An arm and what it gives when it is taken.
pub trait Outcome: Arm {
    /// The received value, or nothing.
    type Value;
    /// Ends the arm that was taken.
    fn outcome(self) -> Self::Value;
}

impl<T> Outcome for RecvArm<T> {
    type Value = Option<T>;

    fn outcome(self) -> Option<T> {
        self.received
    }
}

impl<T> Outcome for SendArm<T> {
    type Value = ();

    fn outcome(self) {}
}

/// The arms of one `select!`.
pub trait Arms {
    /// The arm that was taken, with its value.
    type Taken;
    /// How many arms, the default not counted.
    fn count(&self) -> u32;
    /// Whether there is a default, which makes waiting unnecessary.
    fn has_default(&self) -> bool;
    /// The arm with number `n`, below [`count`](Arms::count).
    fn arm(&mut self, n: u32) -> &mut dyn Arm;
    /// Ends all arms; `n` is the one that was taken, or [`count`](Arms::count) for
    /// the default.
    fn taken(self, n: u32) -> Self::Taken;
}

/// Which arm of a list was taken.
#[derive(Debug)]
pub enum Taken<This, Later> {
    /// The first one.
    This(This),
    /// One of the others.
    Later(Later),
}

impl<A: Outcome, L: Arms> Arms for (A, L) {
    type Taken = Taken<A::Value, L::Taken>;

    fn count(&self) -> u32 {
        1 + self.1.count()
    }

    fn has_default(&self) -> bool {
        self.1.has_default()
    }

    fn arm(&mut self, n: u32) -> &mut dyn Arm {
        match n {
            0 => &mut self.0,
            _ => self.1.arm(n - 1),
        }
    }

    fn taken(self, n: u32) -> Self::Taken {
        match n {
            0 => Taken::This(self.0.outcome()),
            _ => Taken::Later(self.1.taken(n - 1)),
        }
    }
}

/// The end of a list without a default.
#[derive(Debug)]
pub struct Blocks;

/// The end of a list with a default.
#[derive(Debug)]
pub struct OrDefault;

/// The value of an arm that does not exist.
#[derive(Debug)]
pub enum Never {}

impl Arms for Blocks {
    type Taken = Never;

    fn count(&self) -> u32 {
        0
    }

    fn has_default(&self) -> bool {
        false
    }

    fn arm(&mut self, _: u32) -> &mut dyn Arm {
        unreachable!("this is a bug in jostle: select! looked for an arm past the last")
    }

    fn taken(self, _: u32) -> Never {
        for_ever()
    }
}

impl Arms for OrDefault {
    type Taken = ();

    fn count(&self) -> u32 {
        0
    }

    fn has_default(&self) -> bool {
        true
    }

    fn arm(&mut self, _: u32) -> &mut dyn Arm {
        unreachable!("this is a bug in jostle: select! looked for an arm past the last")
    }

    fn taken(self, _: u32) {}
}

/// A `select!` without arms, in a destructor while the execution is torn down:
/// there is no arm to go on with.
pub(super) fn for_ever() -> ! {
    loop {
        rt::wait_unwound(rt::current_task());
    }
}

/// Takes one arm: any of those that are ready, chosen by the decision source;
/// the default if none is; otherwise the first that becomes ready.
#[track_caller]
pub fn run<A: Arms>(mut arms: A) -> A::Taken {
    let (n, outcome) = take(&mut arms, Site::caller());
    // The values that were not sent are dropped here, before a panic and before
    // the body of the arm.
    let taken = arms.taken(n);
    if outcome.is_err() {
        misuse("send on closed channel");
    }
    taken
}

fn take<A: Arms>(arms: &mut A, site: Site) -> (u32, Result<(), Closed>) {
    let len = arms.count();
    let object = (0..len)
        .map(|n| arms.arm(n).object())
        .find(|&object| object != ObjectId::NONE);
    rt::point(OpKind::Select, object.unwrap_or(ObjectId::NONE), site);

    let ready = (0..len).filter(|&n| arms.arm(n).is_ready()).count() as u32;
    if ready > 0 {
        let nth = rt::choose(ChoiceKind::Arm, ready) as usize;
        let chosen = (0..len).filter(|&n| arms.arm(n).is_ready()).nth(nth);
        let n = chosen.unwrap_or(0);
        let arm = arms.arm(n);
        rt::event(arm.kind(), arm.object(), site);
        return (n, arm.fire());
    }
    if arms.has_default() {
        return (len, Ok(()));
    }
    wait(arms, site)
}

fn wait<A: Arms>(arms: &mut A, site: Site) -> (u32, Result<(), Closed>) {
    let task = rt::current_task();
    let number = |arm| Number(Ticket { task, arm });
    for n in 0..arms.count() {
        arms.arm(n).enqueue(number(n));
    }
    rt::wait(None, None);
    let mut taken = None;
    for n in 0..arms.count() {
        let arm = arms.arm(n);
        if let Some(outcome) = arm.withdraw(number(n)) {
            rt::event(arm.kind(), arm.object(), site);
            taken = Some((n, outcome));
        }
    }
    // In a destructor while the execution is torn down nobody completes the
    // wait: as good as any arm is the first, with nothing received.
    taken.unwrap_or((0, Ok(())))
}

impl<T> fmt::Debug for RecvArm<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "recv({})", self.object())
    }
}

impl<T> fmt::Debug for SendArm<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "send({})", self.object())
    }
}
