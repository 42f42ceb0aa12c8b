//! Threads that run for ever without getting on, on some schedules.
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::thread;
use std::time::Duration;

twins! {
    flag_missed => bug_flag_missed, ok_flag_missed;
    turn_taken_twice => bug_turn_taken_twice, ok_turn_taken_twice;
    count_skipped => bug_count_skipped, ok_count_skipped;
    lock_kept_by_try => bug_lock_kept_by_try, ok_lock_kept_by_try;
    both_polite => bug_both_polite, ok_both_polite;
    sleepy_poll => bug_sleepy_poll, ok_sleepy_poll;
    ticket_lost => bug_ticket_lost, ok_ticket_lost;
    spin_barrier_reused => bug_spin_barrier_reused, ok_spin_barrier_reused;
    cancelled_and_waited_for => bug_cancelled_and_waited_for, ok_cancelled_and_waited_for;
    retry_on_own_version => bug_retry_on_own_version, ok_retry_on_own_version;
}

/// What usually takes longer than a step of another thread, without a promise.
fn a_moment() {
    for _ in 0..3 {
        thread::spawn(|| ()).join().unwrap();
    }
}

/// A thread spins for a flag that another resets. Order: set and reset between two looks.
fn flag_missed(fixed: bool) {
    let pulse = AtomicBool::new(false);
    thread::scope(|s| {
        s.spawn(|| {
            pulse.store(true, SeqCst);
            a_moment();
            if !fixed {
                pulse.store(false, SeqCst);
            }
        });
        while !pulse.load(SeqCst) {
            thread::yield_now();
        }
    });
}

/// Two threads alternate by a turn counter that is loaded and stored. Order: one pass is lost.
fn turn_taken_twice(fixed: bool) {
    let passed = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                if fixed {
                    passed.fetch_add(1, SeqCst);
                } else {
                    passed.store(passed.load(SeqCst) + 1, SeqCst);
                }
                while passed.load(SeqCst) < 2 {
                    thread::yield_now();
                }
            });
        }
    });
}

/// A waiter spins until a counter *is* one. Order: it is two already when it looks.
fn count_skipped(fixed: bool) {
    let count = AtomicUsize::new(0);
    thread::scope(|s| {
        s.spawn(|| {
            count.fetch_add(1, SeqCst);
            thread::sleep(Duration::from_millis(50));
            count.fetch_add(1, SeqCst);
        });
        let there = |n: usize| if fixed { n >= 1 } else { n == 1 };
        while !there(count.load(SeqCst)) {
            std::hint::spin_loop();
        }
    });
}

/// Both keep one lock while they try for the other for ever. Order: each has its first lock.
fn lock_kept_by_try(fixed: bool) {
    let (a, b) = (Mutex::new(()), Mutex::new(()));
    let both = |first: &Mutex<()>, second: &Mutex<()>| {
        loop {
            let mut held = Some(first.lock().unwrap());
            if second.try_lock().is_ok() {
                return;
            }
            if fixed {
                held.take();
                thread::yield_now();
                continue;
            }
            while second.try_lock().is_err() {
                thread::yield_now();
            }
            return;
        }
    };
    thread::scope(|s| {
        s.spawn(|| both(&a, &b));
        both(&b, &a);
    });
}

/// Two who want to enter let each other go first. Order: both have raised their flag; nobody
/// takes it down.
fn both_polite(fixed: bool) {
    let wants = [const { AtomicBool::new(false) }; 2];
    let enter = |me: usize| {
        wants[me].store(true, SeqCst);
        while wants[1 - me].load(SeqCst) {
            if fixed && me == 1 {
                wants[1].store(false, SeqCst);
                while wants[0].load(SeqCst) {
                    thread::yield_now();
                }
                wants[1].store(true, SeqCst);
            }
            thread::yield_now();
        }
        wants[me].store(false, SeqCst);
    };
    thread::scope(|s| {
        s.spawn(|| enter(0));
        enter(1);
    });
}

/// A poll with sleeps for a state that is left again. Order: the whole life of the job falls into
/// one sleep.
fn sleepy_poll(fixed: bool) {
    const RUNNING: usize = 1;
    const ENDED: usize = 2;
    let state = AtomicUsize::new(0);
    thread::scope(|s| {
        s.spawn(|| {
            state.store(RUNNING, SeqCst);
            thread::sleep(Duration::from_millis(40));
            state.store(ENDED, SeqCst);
        });
        loop {
            let now = state.load(SeqCst);
            if now == RUNNING || fixed && now == ENDED {
                break;
            }
            thread::sleep(Duration::from_millis(1));
        }
    });
}

/// A ticket lock whose tickets are drawn in two steps. Order: two draw the same, and the number
/// after the last one served is never held by anybody.
fn ticket_lost(fixed: bool) {
    let (next, serving) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let pass = || {
        let mine = if fixed {
            next.fetch_add(1, SeqCst)
        } else {
            let mine = next.load(SeqCst);
            next.store(mine + 1, SeqCst);
            mine
        };
        while serving.load(SeqCst) != mine {
            thread::yield_now();
        }
        serving.fetch_add(1, SeqCst);
    };
    thread::scope(|s| {
        s.spawn(pass);
        pass();
    });
}

/// A spinning barrier that counts down and is set up again by the last to arrive. Order: the other
/// one has not seen zero before it is set up again.
fn spin_barrier_reused(fixed: bool) {
    let (left, round) = (AtomicUsize::new(2), AtomicUsize::new(0));
    let wait = || {
        let before = round.load(SeqCst);
        if left.fetch_sub(1, SeqCst) == 1 {
            if !fixed {
                // The others have seen it by then, usually.
                a_moment();
            }
            left.store(2, SeqCst);
            round.fetch_add(1, SeqCst);
        } else {
            while if fixed {
                round.load(SeqCst) == before
            } else {
                left.load(SeqCst) != 0
            } {
                thread::yield_now();
            }
        }
    };
    thread::scope(|s| {
        s.spawn(wait);
        wait();
    });
}

/// A worker leaves when cancelled and does not say that it is done. Order: cancelled before begun.
fn cancelled_and_waited_for(fixed: bool) {
    let (cancelled, done) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|s| {
        s.spawn(|| {
            if !cancelled.load(SeqCst) || fixed {
                done.store(true, SeqCst);
            }
        });
        s.spawn(|| ()).join().unwrap();
        cancelled.store(true, SeqCst);
        while !done.load(SeqCst) {
            thread::yield_now();
        }
    });
}

/// Optimistic update whose retry does not load again. Order: the version changed before the first
/// exchange.
fn retry_on_own_version(fixed: bool) {
    let version = AtomicUsize::new(0);
    let update = || {
        let mut seen = version.load(SeqCst);
        while version
            .compare_exchange(seen, seen + 1, SeqCst, SeqCst)
            .is_err()
        {
            if fixed {
                seen = version.load(SeqCst);
            }
            thread::yield_now();
        }
    };
    thread::scope(|s| {
        s.spawn(update);
        update();
    });
    assert_eq!(version.load(SeqCst), 2);
}
