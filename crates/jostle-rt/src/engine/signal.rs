//! Delivery of signals to logical threads.
//!
//! A handler runs on the stack of whoever delivers the signal, as the thread that it is for:
//! with its slot, its calls, its thread-local storage. It runs in one piece, without a
//! scheduling point, since it interrupts that thread between two operations, which is where
//! every thread that does not run is. A thread that waits goes on waiting, as under
//! `SA_RESTART`, unless what it waits for is a signal.
//!
//! A signal from outside is noted by a handler of the runtime's ([`note`]) and delivered at
//! the next scheduling point, or when nobody can go on.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::mem;

use crate::carrier::context;
use crate::detector::Slot;
use crate::engine::end::End;
use crate::engine::{wait, with};
use crate::hot::{self, Calls, Phase};
use crate::outside::signals::{Sent, one};

/// Where a thread waits for a signal: an address that no memory has and no descriptor is
/// known by.
pub(crate) fn address(slot: Slot) -> usize {
    8 * usize::from(slot) + 1
}

/// The key under which the detector knows a signal: what its sender has done happens before
/// its handler.
fn key(signal: i32) -> u64 {
    1 << 63 | signal as u64
}

/// The system's handler for signals that the program has a handler for.
pub(crate) extern "C" fn note(signal: c_int) {
    hot::note_signal(one(signal));
}

/// Sends a signal to the thread in a slot, or to the process.
pub(crate) fn send(signal: i32, to: Option<Slot>) {
    let sent = with(|e| {
        e.detector.release(hot::slot(), key(signal));
        let threads = &e.threads;
        let live = |slot| threads.is_live(slot);
        let high = threads.used().end;
        e.outside.signals.send(signal, to, hot::slot(), live, high)
    });
    act(signal, sent);
}

fn act(signal: i32, sent: Sent) {
    match sent {
        Sent::Nothing => {}
        Sent::Awaited(slot) => {
            wait::wake(address(slot), 1, wait::ANY);
        }
        Sent::Handle(slot, action) => {
            handle(signal, slot, &action);
            wait::wake(address(slot), 1, wait::ANY);
        }
        Sent::End => with(|e| {
            e.leave(match signal {
                libc::SIGABRT => End::Abort,
                _ => End::Signal { signal, address: 0 },
            })
        }),
        Sent::Stop => with(|e| {
            e.inside(|_| {
                crate::cautions::add("a signal that would stop the program is ignored");
            });
        }),
    }
}

/// Delivers what came from outside, and what the running thread has pending and not blocked.
#[cold]
pub(crate) fn deliver() {
    let mut noted = hot::take_signals();
    while noted != 0 {
        let signal = noted.trailing_zeros() as i32 + 1;
        noted &= noted - 1;
        send(signal, None);
    }
    let slot = hot::slot();
    while let Some((signal, sent)) = with(|e| {
        let signals = &mut e.outside.signals;
        let open = !signals.blocked(slot);
        let signal = signals.take(slot, open)?;
        Some((
            signal,
            signals.send(signal, Some(slot), slot, |s| s == slot, 0),
        ))
    }) {
        act(signal, sent);
    }
}

/// Runs the program's handler in the thread in `slot`.
fn handle(signal: i32, slot: Slot, action: &libc::sigaction) {
    let mine = hot::slot();
    let (blocked, calls, block) = with(|e| {
        e.detector.acquire(slot, key(signal));
        // SAFETY: The first word of a set is the one that has the signals.
        let also = unsafe { (&raw const action.sa_mask).cast::<u64>().read() };
        let own = match action.sa_flags & libc::SA_NODEFER {
            0 => one(signal),
            _ => 0,
        };
        let signals = &mut e.outside.signals;
        let blocked = signals.blocked(slot);
        signals.block(slot, blocked | also | own);
        if action.sa_flags & libc::SA_RESETHAND != 0 {
            let mut reset = *action;
            reset.sa_sigaction = libc::SIG_DFL;
            signals.set_action(signal, reset);
        }
        let row = e.threads.row(slot);
        (blocked, row.calls, row.block)
    });
    // A handler is neither scheduled nor watched.
    let phase = hot::phase();
    hot::set_phase(Phase::Harness);
    let calls_of_mine = hot::enter(slot, calls);
    if slot == mine {
        hot::enter(slot, calls_of_mine);
        call(signal, action);
    } else {
        let storage = context::tls();
        // SAFETY: The storage of the thread that the handler runs in; `call` is not inlined,
        // so that no address of a variable is kept across the change.
        unsafe { context::set_tls(block) };
        call(signal, action);
        // SAFETY: Back to the storage of the running thread.
        unsafe { context::set_tls(storage) };
    }
    restore(mine, phase, calls_of_mine);
    with(|e| e.outside.signals.block(slot, blocked));
}

/// The thread that ran before the handler runs again.
fn restore(slot: Slot, phase: Phase, calls: Calls) {
    hot::set_phase(phase);
    hot::enter(slot, calls);
}

#[inline(never)]
fn call(signal: i32, action: &libc::sigaction) {
    // SAFETY: The program gave the handler for this; the flag says which type it has. All
    // zeros are values of the structures.
    unsafe {
        match action.sa_flags & libc::SA_SIGINFO {
            0 => {
                let handler = mem::transmute::<usize, extern "C" fn(c_int)>(action.sa_sigaction);
                handler(signal);
            }
            _ => {
                type Handler = extern "C" fn(c_int, *mut libc::siginfo_t, *mut c_void);
                let mut info: libc::siginfo_t = mem::zeroed();
                info.si_signo = signal;
                info.si_code = libc::SI_USER;
                let mut context: libc::ucontext_t = mem::zeroed();
                let handler = mem::transmute::<usize, Handler>(action.sa_sigaction);
                handler(signal, &raw mut info, (&raw mut context).cast());
            }
        }
    }
}
