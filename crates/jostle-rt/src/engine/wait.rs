//! Threads that wait: at an address, or for descriptors.

#![allow(unsafe_code)]

use jostle_core::decision::ChoiceKind;
use jostle_core::kernel::{Next, Woken};
use jostle_core::snapshot::Stop;
use jostle_core::vtime::VInstant;

use crate::detector::Slot;
use crate::engine::point::go_on;
use crate::engine::{Engine, harness, standstill, with};
use crate::hot;
use crate::sys;

/// A thread that waits at an address, as `FUTEX_WAIT` does.
#[derive(Clone, Copy, Debug)]
struct Waiter {
    slot: Slot,
    address: usize,
    /// A wake-up with one of these bits is for it.
    bits: u32,
}

/// A thread that waits until one of its descriptors is ready.
#[derive(Clone, Copy, Debug)]
struct Poller {
    slot: Slot,
    /// On its stack, where they stay as long as it waits.
    descriptors: *mut libc::pollfd,
    count: usize,
}

/// All waiting threads.
#[derive(Debug, Default)]
pub(crate) struct Waiters {
    waiters: Vec<Waiter>,
    pollers: Vec<Poller>,
    /// Threads in the loop of a lock, with the address of the lock's word.
    spinners: Vec<(Slot, usize)>,
}

impl Waiters {
    pub(crate) fn reset(&mut self) {
        self.waiters.clear();
        self.pollers.clear();
        self.spinners.clear();
    }

    /// Whether a thread waits for a write.
    #[inline(always)]
    pub(crate) fn has_spinners(&self) -> bool {
        !self.spinners.is_empty()
    }

    /// Whether a thread waits at `address`.
    #[inline]
    pub(crate) fn is_awaited(&self, address: usize) -> bool {
        self.waiters.iter().any(|w| w.address == address)
    }

    pub(crate) fn has_descriptors(&self) -> bool {
        !self.pollers.is_empty()
    }
}

/// All bits: any wake-up.
pub(crate) const ANY: u32 = u32::MAX;

/// The running thread waits at `address` until it is woken or `deadline` has passed. The
/// operation has been posted by [`point`](crate::engine::point::point) before.
pub(crate) fn wait(address: usize, bits: u32, deadline: Option<VInstant>) -> Woken {
    let slot = hot::slot();
    with(|e| {
        e.waiters.waiters.push(Waiter {
            slot,
            address,
            bits,
        });
    });
    block(deadline, |w| w.waiters.retain(|w| w.slot != slot))
}

/// The running thread waits until one of `descriptors` is ready or `deadline` has passed.
///
/// # Safety
///
/// They stay where they are until it returns.
pub(crate) unsafe fn wait_for_descriptors(
    descriptors: *mut libc::pollfd,
    count: usize,
    deadline: Option<VInstant>,
) -> Woken {
    let slot = hot::slot();
    with(|e| {
        e.waiters.pollers.push(Poller {
            slot,
            descriptors,
            count,
        });
    });
    block(deadline, |w| w.pollers.retain(|p| p.slot != slot))
}

/// The running thread waits; whoever wakes it has taken it out of its list.
fn block(deadline: Option<VInstant>, leave: impl FnOnce(&mut Waiters)) -> Woken {
    if !hot::is_watched() {
        // The harness. It has no task, and its deadlines do not count.
        go_on();
        return Woken::Completed;
    }
    with(|e| e.asking(|kernel, policy| kernel.block(None, deadline, policy)));
    go_on();
    with(|e| {
        let woken = e.kernel().dequeued();
        if woken == Woken::TimedOut {
            leave(&mut e.waiters);
        }
        woken
    })
}

/// The running thread, in the loop of a lock, waits until somebody writes at `address`, or
/// until nobody else can go on.
#[cold]
pub(crate) fn wait_for_write(address: usize) {
    with(|e| {
        e.waiters.spinners.push((hot::slot(), address));
        e.asking(|kernel, policy| kernel.block(None, None, policy));
    });
    go_on();
    with(|e| e.kernel().dequeued());
}

/// The running thread has written at `address`: who waited for that goes on.
#[cold]
pub(crate) fn wrote(address: usize) {
    with(|e| {
        let mut at = 0;
        while let Some(&(slot, awaited)) = e.waiters.spinners.get(at) {
            if awaited == address {
                e.waiters.spinners.remove(at);
                e.complete(slot);
            } else {
                at += 1;
            }
        }
    });
}

/// The running thread, which goes on at `pc`, sleeps until `deadline`. The operation has been
/// posted before.
pub(crate) fn sleep(deadline: VInstant, pc: usize) {
    if !hot::is_watched() {
        return;
    }
    standstill::round(pc);
    with(|e| e.asking(|kernel, policy| kernel.block(None, Some(deadline), policy)));
    go_on();
    with(|e| e.kernel().dequeued());
}

/// Wakes up to `count` of those who wait at `address` with one of `bits`; which ones is a
/// choice. Returns how many.
pub(crate) fn wake(address: usize, count: usize, bits: u32) -> usize {
    with(|e| {
        let mut woken = 0;
        while woken < count && e.wake_one(address, bits) {
            woken += 1;
        }
        woken
    })
}

impl Engine {
    /// Nobody can go on: whoever waits for a write goes on with the loop of its lock.
    /// Returns whether there was one.
    #[cold]
    pub(crate) fn release_spinners(&mut self) -> bool {
        let spinners = std::mem::take(&mut self.waiters.spinners);
        let mut tasks = Vec::new();
        for (slot, _) in spinners {
            self.threads.reads(slot).release();
            tasks.extend(self.threads.row(slot).task);
        }
        let Some((&first, others)) = tasks.split_first() else {
            return false;
        };
        self.asking(|kernel, policy| {
            kernel.revive(first, policy);
            for &task in others {
                kernel.complete(task);
            }
        });
        true
    }

    fn wake_one(&mut self, address: usize, bits: u32) -> bool {
        let is_one = |w: &&Waiter| w.address == address && w.bits & bits != 0;
        let candidates = self.waiters.waiters.iter().filter(is_one).count();
        if candidates == 0 {
            return false;
        }
        let rank = match candidates {
            1 => 0,
            // More than fit into a choice never wait.
            _ => self.asking(|kernel, policy| {
                kernel.choose(ChoiceKind::Waiter, candidates as u32, policy)
            }),
        };
        let waiters = self.waiters.waiters.iter();
        let chosen = waiters
            .enumerate()
            .filter(|(_, w)| is_one(w))
            .nth(rank as usize);
        let Some((at, waiter)) = chosen.map(|(at, w)| (at, *w)) else {
            return false;
        };
        self.waiters.waiters.remove(at);
        self.complete(waiter.slot);
        true
    }

    /// The harness need not wait at `address` any more, if it does.
    pub(crate) fn wake_harness(&mut self, address: usize) {
        let waiters = &mut self.waiters.waiters;
        let at = waiters
            .iter()
            .position(|w| w.address == address && self.harness.is(w.slot));
        if let Some(at) = at {
            waiters.remove(at);
            self.harness.wake();
        }
    }

    /// The wait of the thread in `slot` is over.
    fn complete(&mut self, slot: Slot) {
        if self.harness.is(slot) {
            self.harness.wake();
        } else if let Some(task) = self.threads.row(slot).task {
            // A handler of a signal may end a wait when nobody else can.
            match self.kernel().next() {
                Next::Stop(Stop::Quiescent) => {
                    self.asking(|kernel, policy| kernel.revive(task, policy));
                }
                _ => {
                    self.inside(|e| e.kernel().complete(task));
                }
            }
        }
    }

    /// Something was done to a descriptor: whoever waits for what is ready now goes on.
    pub(crate) fn check_descriptors(&mut self) {
        let mut at = 0;
        while let Some(&poller) = self.waiters.pollers.get(at) {
            if poll(poller, 0) {
                self.waiters.pollers.remove(at);
                self.complete(poller.slot);
            } else {
                at += 1;
            }
        }
    }

    /// Nobody can go on. Whether a descriptor is ready after all, with a little patience:
    /// the system may be late. Then whoever waits for it goes on.
    #[cold]
    pub(crate) fn look_outside(&mut self) -> bool {
        /// Rounds for each thread that waits.
        const ROUNDS: u32 = 1;
        /// The same where somebody outside is at work: half a minute for one thread.
        const LONG: u32 = 1500;
        if !self.waiters.has_descriptors() {
            return false;
        }
        let mut ready = None;
        let mut round = 0;
        // What a child does when it ends comes after it was seen to run: one round more.
        let mut rounds = ROUNDS;
        while ready.is_none() && round < rounds {
            if self.outside.has_left || self.outside.children.any_runs() {
                rounds = (round + 2).min(LONG);
            }
            round += 1;
            ready = self.poll_all();
            if hot::has_signals() {
                return true;
            }
        }
        let Some(at) = ready else {
            return false;
        };
        let slot = self.waiters.pollers.remove(at).slot;
        match self.threads.row(slot).task {
            Some(task) if slot != harness::SLOT || !self.harness.exists() => {
                self.asking(|kernel, policy| kernel.revive(task, policy));
            }
            _ => self.harness.wake(),
        }
        true
    }
}

impl Engine {
    /// Time is about to pass, since nobody can go on. What a child does takes no virtual
    /// time: it is given real time first, so that a program that waits for it with a limit
    /// does not run into the limit. Returns whether somebody can go on then.
    pub(crate) fn wait_for_children(&mut self) -> bool {
        if self.outside.children.pids().is_empty() {
            return false;
        }
        while self.waiters.has_descriptors()
            && self.outside.children.any_runs()
            && self.outside.children.has_patience()
        {
            if self.poll_all().is_some() {
                self.check_descriptors();
                self.asking(|kernel, policy| kernel.decide(policy));
                return true;
            }
        }
        false
    }

    /// The first thread whose descriptors are ready, with a little patience for each.
    fn poll_all(&self) -> Option<usize> {
        /// Milliseconds.
        const PATIENCE: i32 = 20;
        let pollers = &self.waiters.pollers;
        (0..pollers.len()).find(|&at| poll(pollers[at], PATIENCE))
    }
}

/// Whether one of the descriptors is ready within so many milliseconds.
fn poll(poller: Poller, patience: i32) -> bool {
    // SAFETY: They lie on the stack of a thread that waits. A signal interrupts it.
    let ready = unsafe {
        sys::call(
            libc::SYS_poll,
            [poller.descriptors.addr(), poller.count, patience as usize],
        )
    };
    ready != 0 && ready != -(libc::EINTR as isize)
}
