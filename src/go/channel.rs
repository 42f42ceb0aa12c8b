//! The inside of Go's channels: Go's own algorithm, on two queues of waiting tasks.
//!
//! A task whose operation cannot proceed leaves an entry in the queue of its end and waits. Its
//! partner takes the first entry whose task still waits, and does both halves: it moves the
//! value, records in `ended` how the other operation came out, and completes the waiting task.
//! That task runs before anything else happens, and takes the record. A `select!` has entries in
//! several queues and withdraws those that are left.
//!
//! ```text
//!   send ──> waiting receiver        hand over, whatever the capacity
//!        ──> room in the buffer      put in
//!        ──> otherwise               wait
//!   recv ──> buffer not empty        take the oldest; a waiting sender's value
//!                                    moves into the freed place
//!        ──> waiting sender          take over
//!        ──> closed                  nothing
//!        ──> otherwise               wait
//! ```
//!
//! Invariants, between two steps:
//! - A receiver waits only while the buffer is empty, a sender only while it is full, and
//!   nobody while the channel is closed.
//! - Every entry belongs to a task that waits. Within a step that completes a `select!` more
//!   may happen (a cancelled context closes several channels), so entries of tasks that no
//!   longer wait are skipped.

use std::collections::VecDeque;
use std::task::Poll;
use std::time::Duration;

use crate::rt::{self, Handle, Shared, TimerId};
use crate::sanitizer::{Edge, LANES};
use jostle_core::decision::ChoiceKind;
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::{OpKind, Site};
use jostle_core::vtime::VInstant;

/// Places of the buffer that are told apart when tasks are ordered; see
/// [`sanitizer`](crate::sanitizer). The next one stands for closing.
const SLOTS: u32 = LANES - 1;

/// A channel that is not nil.
#[derive(Debug)]
pub(super) struct Chan<T> {
    /// Kept here so that an operation can be posted without looking inside.
    pub(super) id: ObjectId,
    /// How many values fit into the buffer.
    cap: usize,
    pub(super) state: Shared<State<T>>,
}

#[derive(Debug)]
pub(super) struct State<T> {
    closed: bool,
    /// How many values have been sent and received.
    sent: u32,
    received: u32,
    buffer: VecDeque<T>,
    receivers: VecDeque<Entry<()>>,
    senders: VecDeque<Entry<T>>,
    /// How the operations of tasks came out that have been completed and have
    /// not gone on yet.
    ended: Vec<(Ticket, u32, Ending<T>)>,
    /// The timer that sends here, if this is the channel of one.
    pub(super) source: Option<Source<T>>,
}

/// A task that waits, and the arm of its `select!`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Ticket {
    pub(super) task: TaskId,
    pub(super) arm: u32,
}

/// A task in a queue. Senders bring the value along.
#[derive(Debug)]
struct Entry<V> {
    ticket: Ticket,
    /// Whether the task may be in the queue several times.
    selects: bool,
    value: V,
}

/// How an operation came out that had to wait.
#[derive(Debug)]
pub(super) enum Ending<T> {
    Sent,
    /// The channel was closed before a receiver came.
    Refused(T),
    /// `None` if the channel was closed.
    Received(Option<T>),
}

/// Why a value was not sent.
#[derive(Debug)]
pub(super) enum Refusal<T> {
    Full(T),
    Closed(T),
}

impl<T> State<T> {
    /// Whether the buffer is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.buffer.is_empty()
    }
}

impl<T> Clone for Chan<T> {
    fn clone(&self) -> Chan<T> {
        Chan {
            id: self.id,
            cap: self.cap,
            state: self.state.clone(),
        }
    }
}

impl<T> Chan<T> {
    /// An open channel. Reports call it a `kind`, created at the caller's site.
    #[track_caller]
    pub(super) fn new(kind: &'static str, cap: usize) -> Chan<T> {
        Chan {
            id: Handle::new().attach(kind).id,
            cap,
            state: Shared::new(State {
                closed: false,
                sent: 0,
                received: 0,
                buffer: VecDeque::new(),
                receivers: VecDeque::new(),
                senders: VecDeque::new(),
                ended: Vec::new(),
                source: None,
            }),
        }
    }

    /// How many values are in the buffer, as far as the program can tell: that
    /// of a timer's channel is out of sight.
    pub(super) fn visible_len(&self) -> usize {
        let state = self.state.get();
        match state.source {
            Some(_) => 0,
            None => state.buffer.len(),
        }
    }

    /// How many values the buffer holds, as far as the program can tell.
    pub(super) fn visible_cap(&self) -> usize {
        match self.state.get().source {
            Some(_) => 0,
            None => self.cap,
        }
    }

    /// Notes how full the buffer is now, for the report.
    pub(super) fn note_len(&self) {
        if self.cap > 0 {
            rt::note(self.state.get().buffer.len() as u32);
        }
    }

    /// Whether a send would not wait: it would be done, or panic.
    pub(super) fn can_send(&self) -> bool {
        let state = self.state.get();
        state.closed || state.buffer.len() < self.cap || someone_waits(&state.receivers)
    }

    /// Whether a receive would not wait.
    pub(super) fn can_receive(&self) -> bool {
        let state = self.state.get();
        state.closed || !state.buffer.is_empty() || someone_waits(&state.senders)
    }

    /// Sends if that is possible without waiting.
    pub(super) fn try_send(&self, value: T) -> Result<(), Refusal<T>> {
        let mut state = self.state.get();
        self.closing().read();
        if state.closed {
            return Err(Refusal::Closed(value));
        }
        if let Some(receiver) = complete_next(&mut state.receivers) {
            let ending = Ending::Received(Some(value));
            let nth = state.sent;
            state.sent += 1;
            state.received += 1;
            self.met(nth, receiver.ticket.task);
            state.ended.push((receiver.ticket, nth, ending));
            return Ok(());
        }
        if state.buffer.len() < self.cap {
            self.passed(state.sent);
            state.sent += 1;
            state.buffer.push_back(value);
            return Ok(());
        }
        Err(Refusal::Full(value))
    }

    /// Receives if that is possible without waiting; `None` from a channel that
    /// is closed and drained.
    pub(super) fn try_receive(&self) -> Poll<Option<T>> {
        let mut state = self.state.get();
        let state = &mut *state;
        let oldest = state.buffer.pop_front();
        let sender = complete_next(&mut state.senders);
        let nth = state.received;
        let value = match (oldest, sender) {
            (Some(value), Some(sender)) => {
                self.passed(nth);
                state.buffer.push_back(sender.value);
                state.ended.push((sender.ticket, state.sent, Ending::Sent));
                state.sent += 1;
                value
            }
            (None, Some(sender)) => {
                self.met(nth, sender.ticket.task);
                state.ended.push((sender.ticket, nth, Ending::Sent));
                state.sent += 1;
                sender.value
            }
            (Some(value), None) => {
                self.passed(nth);
                value
            }
            (None, None) if state.closed => {
                self.closing().acquire();
                return Poll::Ready(None);
            }
            (None, None) => return Poll::Pending,
        };
        state.received += 1;
        if let Some(source) = &mut state.source {
            source.drained(self);
        }
        Poll::Ready(Some(value))
    }

    /// Closes the channel: receivers get nothing, senders their values back.
    /// False if it is closed already.
    pub(super) fn close(&self) -> bool {
        let mut state = self.state.get();
        let state = &mut *state;
        self.closing().write();
        self.closing().release();
        if std::mem::replace(&mut state.closed, true) {
            return false;
        }
        while let Some(receiver) = complete_next(&mut state.receivers) {
            state
                .ended
                .push((receiver.ticket, 0, Ending::Received(None)));
        }
        while let Some(sender) = complete_next(&mut state.senders) {
            state
                .ended
                .push((sender.ticket, 0, Ending::Refused(sender.value)));
        }
        true
    }

    /// Empties the buffer and gives what was in it.
    pub(super) fn drain(&self) -> VecDeque<T> {
        std::mem::take(&mut self.state.get().buffer)
    }

    /// Orders the running task's half of the `nth` pair of a send and a receive,
    /// as if it went through the buffer: after the other half if that has been
    /// done, and else before it. Going through the same place, it is also after
    /// the receive that made room and before the send that needs it
    /// ([Channel communication](https://go.dev/ref/mem#chan)).
    fn passed(&self, nth: u32) {
        let slot = Edge::object(self.id.0, nth % self.cap as u32 % SLOTS);
        slot.acquire();
        slot.release();
    }

    /// Orders the running task's half of the `nth` pair, whose other half belongs
    /// to a `partner` that waits. Without a buffer, each half comes after what
    /// was before the other one.
    fn met(&self, nth: u32, partner: TaskId) {
        if self.cap > 0 {
            return self.passed(nth);
        }
        Edge::offer(partner.0).acquire();
        Edge::answer(partner.0).release();
    }

    /// Closing writes here, and each send reads: as in Go's race detector, a
    /// close and a send that nothing orders are a race, whichever comes first.
    /// A receive that finds the channel closed comes after the close.
    fn closing(&self) -> Edge {
        Edge::object(self.id.0, SLOTS)
    }

    pub(super) fn enqueue_receiver(&self, ticket: Ticket, selects: bool) {
        Edge::offer(ticket.task.0).release();
        self.state.get().receivers.push_back(Entry {
            ticket,
            selects,
            value: (),
        });
    }

    pub(super) fn enqueue_sender(&self, ticket: Ticket, selects: bool, value: T) {
        Edge::offer(ticket.task.0).release();
        self.state.get().senders.push_back(Entry {
            ticket,
            selects,
            value,
        });
    }

    /// How the operation came out that `ticket` stood for; `None` if nobody has
    /// completed it.
    pub(super) fn ending(&self, ticket: Ticket) -> Option<Ending<T>> {
        let ended = &mut self.state.get().ended;
        // Tasks go on in the opposite order of being completed.
        let at = ended.iter().rposition(|(t, ..)| *t == ticket)?;
        let (_, nth, ending) = ended.swap_remove(at);
        match &ending {
            Ending::Received(None) => self.closing().acquire(),
            Ending::Refused(_) => self.closing().read(),
            Ending::Sent | Ending::Received(Some(_)) if self.cap > 0 => self.passed(nth),
            Ending::Sent | Ending::Received(Some(_)) => Edge::answer(ticket.task.0).acquire(),
        }
        Some(ending)
    }

    /// Takes an entry back that nobody has completed.
    pub(super) fn leave_receivers(&self, ticket: Ticket) {
        leave(&mut self.state.get().receivers, ticket);
    }

    /// Takes an entry back that nobody has completed, with its value.
    pub(super) fn leave_senders(&self, ticket: Ticket) -> Option<T> {
        leave(&mut self.state.get().senders, ticket)
    }

    /// Waits for a sender, after an attempt to receive that was refused.
    pub(super) fn wait_to_receive(&self) -> Option<T> {
        let ticket = Ticket::of_one();
        self.enqueue_receiver(ticket, false);
        rt::wait(None, None);
        match self.ending(ticket) {
            Some(Ending::Received(value)) => value,
            // Only in a destructor while the execution is torn down.
            _ => None,
        }
    }

    /// Waits for a receiver, after an attempt to send that was refused. The
    /// value comes back if the channel is closed meanwhile.
    pub(super) fn wait_to_send(&self, value: T) -> Result<(), T> {
        let ticket = Ticket::of_one();
        self.enqueue_sender(ticket, false, value);
        rt::wait(None, None);
        match self.ending(ticket) {
            Some(Ending::Refused(value)) => Err(value),
            _ => Ok(()),
        }
    }
}

impl Ticket {
    /// For the running task's only operation.
    fn of_one() -> Ticket {
        Ticket {
            task: rt::current_task(),
            arm: 0,
        }
    }
}

/// The timer that sends on a channel.
#[derive(Debug)]
pub(super) struct Source<T> {
    /// When it sends next.
    pub(super) when: VInstant,
    /// How long after that it sends again.
    pub(super) period: Option<Duration>,
    pub(super) timer: Option<TimerId>,
    /// Arms the clock to send on the channel.
    pub(super) arm: fn(&Chan<T>, VInstant) -> TimerId,
    /// Where the timer was created.
    pub(super) site: Site,
}

impl<T> Source<T> {
    /// The buffer of `chan` has been emptied: a ticker goes on.
    pub(super) fn drained(&mut self, chan: &Chan<T>) {
        if let Some(period) = self.period
            && self.timer.is_none()
        {
            self.when = next_tick(self.when, period, rt::now());
            self.timer = Some((self.arm)(chan, self.when));
        }
    }
}

/// The first of the ticks `when`, `when + period`, … that is still to come.
fn next_tick(when: VInstant, period: Duration, now: VInstant) -> VInstant {
    if now < when {
        return when;
    }
    let missed = now.since(when).as_nanos() / period.as_nanos();
    let ahead = (missed + 1).saturating_mul(period.as_nanos());
    when.after(Duration::from_nanos(
        u64::try_from(ahead).unwrap_or(u64::MAX),
    ))
}

fn someone_waits<V>(queue: &VecDeque<Entry<V>>) -> bool {
    queue.iter().any(|entry| rt::is_queued(entry.ticket.task))
}

/// Takes the first entry whose task still waits and completes that task. Which
/// of its entries, if it is a `select!` with several arms here, is a choice: the
/// arms are equally ready.
fn complete_next<V>(queue: &mut VecDeque<Entry<V>>) -> Option<Entry<V>> {
    let first = queue
        .iter()
        .position(|entry| rt::is_queued(entry.ticket.task))?;
    let task = queue[first].ticket.task;
    let at = if queue[first].selects {
        let of_task = |entry: &&Entry<V>| entry.ticket.task == task;
        let arms = queue.iter().filter(of_task).count() as u32;
        let nth = rt::choose(ChoiceKind::Arm, arms);
        let mut mine = (first..queue.len()).filter(|&at| queue[at].ticket.task == task);
        mine.nth(nth as usize).unwrap_or(first)
    } else {
        first
    };
    rt::complete(task);
    queue.remove(at)
}

fn leave<V>(queue: &mut VecDeque<Entry<V>>, ticket: Ticket) -> Option<V> {
    let at = queue.iter().position(|entry| entry.ticket == ticket)?;
    queue.remove(at).map(|entry| entry.value)
}

/// An operation on a nil channel: waits for ever.
pub(super) fn block_for_ever(kind: OpKind, site: Site) {
    rt::point(kind, ObjectId::NONE, site);
    rt::wait(None, None);
}
