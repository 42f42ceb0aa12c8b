//! Signals of the program: what it wants to happen, what its threads have blocked, what is
//! pending.
//!
//! A logical thread is none for the system. So masks are kept here, and a signal that the
//! program sends itself never goes to the system. For one from outside, the system has a
//! handler of ours that only notes it: the program's own runs at the next scheduling point,
//! where it disturbs nobody.

#![allow(unsafe_code)]

use std::mem;

use crate::carrier::stack::SLOTS;
use crate::detector::Slot;

/// Numbers of signals are below this one.
pub(crate) const SIGNALS: usize = 65;

/// What happens at a signal that the program has not said anything about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Default {
    End,
    Ignore,
    Stop,
}

/// What is to be done with a signal that was sent.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Sent {
    /// Nothing, now.
    Nothing,
    /// The thread in this slot waits for it.
    Awaited(Slot),
    /// The handler is to run in the thread in this slot.
    Handle(Slot, libc::sigaction),
    /// It ends the process.
    End,
    /// It would stop the process.
    Stop,
}

/// A set of signals.
pub(crate) type Set = u64;

/// The set with one signal.
#[inline]
pub(crate) fn one(signal: i32) -> Set {
    1 << (signal - 1)
}

/// Signals that cannot be blocked.
const UNBLOCKABLE: Set = 1 << (libc::SIGKILL - 1) | 1 << (libc::SIGSTOP - 1);

/// What a signal does by default.
pub(crate) fn default(signal: i32) -> Default {
    match signal {
        libc::SIGCHLD | libc::SIGURG | libc::SIGWINCH | libc::SIGCONT => Default::Ignore,
        libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU => Default::Stop,
        _ => Default::End,
    }
}

/// What one thread has to do with signals.
#[derive(Clone, Copy, Debug)]
struct Thread {
    blocked: Set,
    pending: Set,
    /// What it waits for by `sigwait`.
    awaited: Set,
}

const THREAD: Thread = Thread {
    blocked: 0,
    pending: 0,
    awaited: 0,
};

/// See the module.
#[derive(Debug)]
pub(crate) struct Signals {
    actions: Box<[Option<libc::sigaction>]>,
    threads: Box<[Thread]>,
    /// Pending for any thread.
    pending: Set,
    /// The system's dispositions before the first change in this execution.
    before: Vec<(i32, libc::sigaction)>,
    /// At the fork point.
    marked: Option<(Box<[Option<libc::sigaction>]>, Set)>,
}

impl Signals {
    pub(crate) fn new() -> Signals {
        Signals {
            actions: vec![None; SIGNALS].into(),
            threads: vec![THREAD; SLOTS].into(),
            pending: 0,
            before: Vec::new(),
            marked: None,
        }
    }

    pub(super) fn mark(&mut self) {
        self.marked = Some((self.actions.clone(), self.threads[0].blocked));
    }

    pub(super) fn restore(&mut self) {
        if let Some((actions, blocked)) = &self.marked {
            self.actions.copy_from_slice(actions);
            self.threads.fill(THREAD);
            self.threads[0].blocked = *blocked;
            self.pending = 0;
        }
        while let Some((signal, action)) = self.before.pop() {
            // SAFETY: What it was before.
            unsafe { crate::real::sigaction(signal, &raw const action, std::ptr::null_mut()) };
        }
    }

    /// A thread begins; it has its maker's mask.
    pub(crate) fn begin(&mut self, maker: Slot, slot: Slot) {
        let blocked = self.threads[usize::from(maker)].blocked;
        self.threads[usize::from(slot)] = Thread { blocked, ..THREAD };
    }

    /// What the program has said about a signal.
    pub(crate) fn action(&self, signal: i32) -> Option<libc::sigaction> {
        self.actions.get(signal as usize).copied().flatten()
    }

    /// The program says something about a signal.
    pub(crate) fn set_action(&mut self, signal: i32, action: libc::sigaction) {
        if let Some(known) = self.actions.get_mut(signal as usize) {
            *known = Some(action);
        }
    }

    /// The system's disposition is about to change from this one.
    pub(crate) fn note_before(&mut self, signal: i32, action: libc::sigaction) {
        if self.marked.is_some() && !self.before.iter().any(|(known, _)| *known == signal) {
            self.before.push((signal, action));
        }
    }

    /// What the thread in `slot` has blocked.
    pub(crate) fn blocked(&self, slot: Slot) -> Set {
        self.threads[usize::from(slot)].blocked
    }

    /// Sets it. Returns what it was.
    pub(crate) fn block(&mut self, slot: Slot, set: Set) -> Set {
        mem::replace(
            &mut self.threads[usize::from(slot)].blocked,
            set & !UNBLOCKABLE,
        )
    }

    /// What is pending for the thread in `slot`.
    pub(crate) fn pending(&self, slot: Slot) -> Set {
        self.threads[usize::from(slot)].pending | self.pending
    }

    /// Takes the first pending signal out of `set`.
    pub(crate) fn take(&mut self, slot: Slot, set: Set) -> Option<i32> {
        let ready = self.pending(slot) & set;
        if ready == 0 {
            return None;
        }
        let signal = ready.trailing_zeros() as i32 + 1;
        let thread = &mut self.threads[usize::from(slot)];
        match thread.pending & one(signal) {
            0 => self.pending &= !one(signal),
            _ => thread.pending &= !one(signal),
        }
        Some(signal)
    }

    /// The thread in `slot` waits for these.
    pub(crate) fn wait_for(&mut self, slot: Slot, set: Set) {
        self.threads[usize::from(slot)].awaited = set;
    }

    /// A signal is sent to the thread in slot `to`, or to whichever of `live` takes it, the
    /// sender first.
    pub(crate) fn send(
        &mut self,
        signal: i32,
        to: Option<Slot>,
        sender: Slot,
        live: impl Fn(Slot) -> bool,
        high: usize,
    ) -> Sent {
        let bit = one(signal);
        let all = std::iter::once(sender).chain(0..high as Slot);
        let takes = |slot: &Slot| live(*slot) && to.is_none_or(|to| to == *slot);
        let threads = &self.threads;
        let thread = |slot: Slot| threads[usize::from(slot)];
        let mut candidates = all.filter(takes);
        let waiting = candidates.clone().find(|s| thread(*s).awaited & bit != 0);
        if let Some(slot) = waiting {
            self.threads[usize::from(slot)].pending |= bit;
            return Sent::Awaited(slot);
        }
        let action = self.action(signal);
        let handler = action.map_or(libc::SIG_DFL, |a| a.sa_sigaction);
        let ignored = handler == libc::SIG_IGN
            || handler == libc::SIG_DFL && default(signal) == Default::Ignore;
        let taker = candidates.find(|s| thread(*s).blocked & bit == 0 || UNBLOCKABLE & bit != 0);
        match (taker, action) {
            (None, _) => {
                match to {
                    Some(to) => self.threads[usize::from(to)].pending |= bit,
                    None => self.pending |= bit,
                }
                Sent::Nothing
            }
            (Some(_), _) if ignored => Sent::Nothing,
            (Some(slot), Some(action)) if handler != libc::SIG_DFL => Sent::Handle(slot, action),
            _ if default(signal) == Default::Stop => Sent::Stop,
            _ => Sent::End,
        }
    }
}

/// The set that `how` of `sigprocmask` makes of a mask.
pub(crate) fn masked(how: i32, old: Set, set: Set) -> Option<Set> {
    match how {
        libc::SIG_BLOCK => Some(old | set),
        libc::SIG_UNBLOCK => Some(old & !set),
        libc::SIG_SETMASK => Some(set),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handler(of: usize) -> libc::sigaction {
        // SAFETY: All zeros is a value of it.
        let mut action: libc::sigaction = unsafe { mem::zeroed() };
        action.sa_sigaction = of;
        action
    }

    #[test]
    fn a_signal_goes_to_the_sender_then_to_whoever_has_not_blocked_it() {
        let mut signals = Signals::new();
        let live = |slot: Slot| slot < 3;
        let send = |s: &mut Signals, to| s.send(libc::SIGUSR1, to, 1, live, 3);
        assert!(matches!(send(&mut signals, None), Sent::End));
        signals.set_action(libc::SIGUSR1, handler(0x1000));
        assert!(matches!(send(&mut signals, None), Sent::Handle(1, _)));
        assert!(matches!(send(&mut signals, Some(2)), Sent::Handle(2, _)));
        signals.block(1, one(libc::SIGUSR1));
        assert!(matches!(send(&mut signals, None), Sent::Handle(0, _)));
        assert!(matches!(send(&mut signals, Some(1)), Sent::Nothing));
        assert_eq!(signals.take(1, !0), Some(libc::SIGUSR1));
        assert_eq!(signals.take(1, !0), None);
        signals.wait_for(2, one(libc::SIGUSR1));
        assert!(matches!(send(&mut signals, None), Sent::Awaited(2)));
    }

    #[test]
    fn blocked_by_all_it_is_pending_until_somebody_takes_it() {
        let mut signals = Signals::new();
        signals.begin(0, 1);
        for slot in 0..2 {
            signals.block(slot, !0);
        }
        let sent = signals.send(libc::SIGTERM, None, 0, |s| s < 2, 2);
        assert!(matches!(sent, Sent::Nothing));
        assert_eq!(signals.pending(1), one(libc::SIGTERM));
        assert_eq!(signals.take(1, one(libc::SIGINT)), None);
        assert_eq!(signals.take(1, one(libc::SIGTERM)), Some(libc::SIGTERM));
        assert!(matches!(
            signals.send(libc::SIGKILL, None, 0, |s| s < 2, 2),
            Sent::End
        ));
    }

    #[test]
    fn masks_add_take_away_and_replace() {
        assert_eq!(masked(libc::SIG_BLOCK, 1, 2), Some(3));
        assert_eq!(masked(libc::SIG_UNBLOCK, 3, 2), Some(1));
        assert_eq!(masked(libc::SIG_SETMASK, 3, 4), Some(4));
        assert_eq!(masked(9, 3, 4), None);
        let mut signals = Signals::new();
        signals.block(0, !0);
        assert_eq!(signals.blocked(0) & UNBLOCKABLE, 0);
    }
}
