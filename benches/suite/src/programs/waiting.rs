//! Held out: tasks that wait for what has already been or will never be.
//!
//! Origin: written for this suite; the dining philosophers are Dijkstra's, 1965.

use std::sync::Arc;

use super::cells::{Lock, Signal, Var, join, spawn};

/// Each of `N` philosophers takes the left fork and then the right one: a deadlock
/// if all have taken the left. Fixed, the last one takes the right one first.
pub(super) fn philosophers<const N: usize, const FIXED: bool>() {
    let forks: Arc<Vec<Lock<()>>> = Arc::new((0..N).map(|_| Lock::new(())).collect());
    let tasks: Vec<_> = (0..N)
        .map(|seat| {
            spawn(&forks, move |forks| {
                let sides = [seat, (seat + 1) % N];
                let swapped = FIXED && seat == N - 1;
                let [first, second] = if swapped { [sides[1], sides[0]] } else { sides };
                let _first = forks[first].lock();
                let _second = forks[second].lock();
            })
        })
        .collect();
    join(tasks);
}

struct Event {
    lock: Lock<()>,
    flag: Var,
    announced: Signal,
}

/// The flag is set without the lock under which the waiter looks at it: the
/// announcement falls between the look and the wait.
pub(super) fn lost_wakeup<const FIXED: bool>() {
    let event = Arc::new(Event {
        lock: Lock::new(()),
        flag: Var::new(0),
        announced: Signal::new(),
    });
    let wait = spawn(&event, |event| {
        let mut held = event.lock.lock();
        while event.flag.get() == 0 {
            held = event.announced.wait(held);
        }
    });
    let announce = spawn(&event, |event| {
        let _held = FIXED.then(|| event.lock.lock());
        event.flag.set(1);
        event.announced.one();
    });
    join([wait, announce]);
}

struct Circle {
    busy: Lock<[bool; 3]>,
    changed: Signal,
}

/// Each of three tasks declares itself busy and waits until its neighbour is not.
/// Fixed, it waits first.
pub(super) fn cond_cycle<const FIXED: bool>() {
    let circle = Arc::new(Circle {
        busy: Lock::new([false; 3]),
        changed: Signal::new(),
    });
    let tasks: Vec<_> = (0..3)
        .map(|me| {
            spawn(&circle, move |circle| {
                if !FIXED {
                    circle.busy.lock()[me] = true;
                }
                let mut busy = circle.busy.lock();
                while busy[(me + 1) % 3] {
                    busy = circle.changed.wait(busy);
                }
                busy[me] = false;
                circle.changed.all();
            })
        })
        .collect();
    join(tasks);
}

struct Barrier {
    state: Lock<(usize, usize)>,
    complete: Signal,
}

impl Barrier {
    /// Waits for `of` tasks. The state is how many are there and how often all have
    /// been.
    fn wait(&self, of: usize, fixed: bool) {
        let mut state = self.state.lock();
        state.0 += 1;
        if state.0 == of {
            *state = (0, state.1 + 1);
            self.complete.all();
            return;
        }
        let round = state.1;
        while if fixed { state.1 == round } else { state.0 > 0 } {
            state = self.complete.wait(state);
        }
    }
}

/// A barrier that is used again before all have left it: who is late finds that the
/// next round has begun and waits for it. Fixed, rounds are counted.
pub(super) fn barrier_reuse<const FIXED: bool>() {
    const TASKS: usize = 2;
    let barrier = Arc::new(Barrier {
        state: Lock::new((0, 0)),
        complete: Signal::new(),
    });
    let tasks: Vec<_> = (0..TASKS)
        .map(|_| {
            spawn(&barrier, |barrier| {
                for _ in 0..2 {
                    barrier.wait(TASKS, FIXED);
                }
            })
        })
        .collect();
    join(tasks);
}

struct Permits {
    free: Lock<usize>,
    returned: Signal,
    cancelled: Var,
}

impl Permits {
    fn acquire(&self) {
        let mut free = self.free.lock();
        while *free == 0 {
            free = self.returned.wait(free);
        }
        *free -= 1;
    }

    fn release(&self) {
        *self.free.lock() += 1;
        self.returned.one();
    }
}

/// Work that finds itself cancelled returns without its permit, and the next one
/// waits for it for ever. Cancelling takes but a moment.
pub(super) fn semaphore_leak<const FIXED: bool>() {
    let permits = Arc::new(Permits {
        free: Lock::new(1),
        returned: Signal::new(),
        cancelled: Var::new(0),
    });
    let cancel = spawn(&permits, |permits| {
        permits.cancelled.set(1);
        permits.cancelled.set(0);
    });
    let workers: Vec<_> = (0..3)
        .map(|_| {
            spawn(&permits, |permits| {
                permits.acquire();
                if permits.cancelled.get() == 1 && !FIXED {
                    return;
                }
                permits.release();
            })
        })
        .collect();
    join([cancel].into_iter().chain(workers));
}

struct Group {
    pending: Var,
    closed: Lock<bool>,
}

/// Senders announce themselves when they have started and not before they are
/// started: the channel is closed once nobody is announced, and then somebody
/// sends. It shows with the second sender alone. Fixed, they are announced before.
pub(super) fn channel_close<const FIXED: bool>() {
    const SENDERS: i32 = 2;
    let group = Arc::new(Group {
        pending: Var::new(if FIXED { SENDERS } else { 0 }),
        closed: Lock::new(false),
    });
    let senders: Vec<_> = (0..SENDERS)
        .map(|_| {
            spawn(&group, |group| {
                if !FIXED {
                    group.pending.add(1);
                }
                assert!(!*group.closed.lock(), "send on a closed channel");
                group.pending.add(-1);
            })
        })
        .collect();
    let close = spawn(&group, |group| {
        if group.pending.get() == 0 {
            *group.closed.lock() = true;
        }
    });
    join(senders.into_iter().chain([close]));
}

struct Context {
    done: Var,
    callbacks: Lock<Vec<usize>>,
    called: Lock<[bool; 2]>,
    woken: Signal,
}

/// A callback is registered after those that are registered have been called and
/// before it is said that there will be no more: nobody ever calls it, and who
/// waits for it waits for ever. Fixed, it is said under the lock of the list, and
/// looked at under that lock.
pub(super) fn cancel_race<const FIXED: bool>() {
    let context = Arc::new(Context {
        done: Var::new(0),
        callbacks: Lock::new(Vec::new()),
        called: Lock::new([false; 2]),
        woken: Signal::new(),
    });
    let waiters: Vec<_> = (0..2)
        .map(|me| {
            spawn(&context, move |context| {
                {
                    let before = !FIXED && context.done.get() == 1;
                    let mut callbacks = context.callbacks.lock();
                    if before || (FIXED && context.done.get() == 1) {
                        return;
                    }
                    callbacks.push(me);
                }
                let mut called = context.called.lock();
                while !called[me] {
                    called = context.woken.wait(called);
                }
            })
        })
        .collect();
    let cancel = spawn(&context, |context| {
        let mut callbacks = context.callbacks.lock();
        if FIXED {
            context.done.set(1);
        }
        let registered = std::mem::take(&mut *callbacks);
        drop(callbacks);
        if !FIXED {
            context.done.set(1);
        }
        for me in registered {
            context.called.lock()[me] = true;
            context.woken.all();
        }
    });
    join(waiters.into_iter().chain([cancel]));
}
