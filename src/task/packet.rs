//! Result slot between a task and its handle.

use std::task::{Context, Poll, Waker};

use crate::rt::{self, Shared};
use crate::task::JoinError;
use jostle_core::id::TaskId;

/// The operations that every handle of a task needs.
#[derive(Debug, Default)]
pub(super) struct Flags {
    /// The task, once it runs.
    task: Option<TaskId>,
    /// It is to be cancelled at its next await.
    aborted: bool,
    /// Its result is there.
    finished: bool,
}

impl Flags {
    pub(super) fn started(&mut self, task: TaskId) {
        self.task = Some(task);
    }

    pub(super) fn is_aborted(&self) -> bool {
        self.aborted
    }

    pub(super) fn is_finished(&self) -> bool {
        self.finished
    }
}

/// Asks a task to end at its next await. It is no scheduling point.
pub(super) fn abort(flags: &Shared<Flags>) {
    let Some(mut flags) = flags.try_get() else {
        return;
    };
    if flags.finished || flags.aborted {
        return;
    }
    flags.aborted = true;
    if let Some(task) = flags.task {
        rt::notify(task);
    }
}

/// The result of a task on its way to the handle.
#[derive(Debug)]
pub(super) struct Packet<T> {
    result: Option<Result<T, JoinError>>,
    taken: bool,
    /// Wakes the task that awaits the handle.
    waker: Option<Waker>,
}

impl<T> Packet<T> {
    pub(super) fn new() -> Packet<T> {
        Packet {
            result: None,
            taken: false,
            waker: None,
        }
    }
}

/// Puts the result there and wakes whoever awaits it.
pub(super) fn publish<T>(
    packet: &Shared<Packet<T>>,
    flags: &Shared<Flags>,
    result: Result<T, JoinError>,
) {
    let waker = {
        let mut packet = packet.get();
        packet.result = Some(result);
        packet.waker.take()
    };
    flags.get().finished = true;
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Takes the result, or has `cx` woken when it is there.
pub(super) fn poll<T>(
    packet: &Shared<Packet<T>>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, JoinError>> {
    // Cloning a waker and dropping one are user code: not under the borrow.
    let mine = cx.waker().clone();
    let mut packet = packet.get();
    if let Some(result) = packet.result.take() {
        packet.taken = true;
        return Poll::Ready(result);
    }
    assert!(!packet.taken, "JoinHandle polled after completion");
    let before = packet.waker.replace(mine);
    drop(packet);
    drop(before);
    Poll::Pending
}

/// Nobody awaits the result any more.
pub(super) fn detach<T>(packet: &Shared<Packet<T>>) {
    let waker = packet.try_get().and_then(|mut packet| packet.waker.take());
    drop(waker);
}
