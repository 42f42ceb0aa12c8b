//! Updates lost between a look and a change: no data race, only two steps that should be one.
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicPtr, AtomicU32, AtomicUsize, Ordering::*};
use std::sync::{Mutex, OnceLock, RwLock};
use std::thread;

twins! {
    counter => bug_counter, ok_counter;
    check_then_act => bug_check_then_act, ok_check_then_act;
    read_lock_then_write_lock => bug_read_lock_then_write_lock, ok_read_lock_then_write_lock;
    unlock_between => bug_unlock_between, ok_unlock_between;
    double_init => bug_double_init, ok_double_init;
    ids => bug_ids, ok_ids;
    stampede => bug_stampede, ok_stampede;
    maximum => bug_maximum, ok_maximum;
    flag_bits => bug_flag_bits, ok_flag_bits;
    claim => bug_claim, ok_claim;
    seats => bug_seats, ok_seats;
    two_counters => bug_two_counters, ok_two_counters;
    swap_halves => bug_swap_halves, ok_swap_halves;
    token_bucket => bug_token_bucket, ok_token_bucket;
    aba_stack => bug_aba_stack, ok_aba_stack;
    spin_lock => bug_spin_lock, ok_spin_lock;
    last_one_out => bug_last_one_out, ok_last_one_out;
}

/// A counter is loaded, then stored. Order: both load before either stores.
fn counter(fixed: bool) {
    let count = AtomicUsize::new(0);
    let add = || {
        if fixed {
            count.fetch_add(1, SeqCst);
        } else {
            count.store(count.load(SeqCst) + 1, SeqCst);
        }
    };
    thread::scope(|s| {
        s.spawn(add);
        s.spawn(add);
    });
    assert_eq!(count.into_inner(), 2);
}

/// Withdrawals look at the balance, then take. Order: both look first.
fn check_then_act(fixed: bool) {
    let balance = AtomicI64::new(100);
    let withdraw = |amount| {
        if fixed {
            let _ = balance.fetch_update(SeqCst, SeqCst, |b| (b >= amount).then(|| b - amount));
        } else if balance.load(SeqCst) >= amount {
            balance.fetch_sub(amount, SeqCst);
        }
    };
    thread::scope(|s| {
        s.spawn(|| withdraw(80));
        withdraw(80);
    });
    assert!(balance.load(SeqCst) >= 0);
}

/// A value is read under the read lock, changed under the write lock. Order: both read first.
fn read_lock_then_write_lock(fixed: bool) {
    let total = RwLock::new(0);
    let add = || {
        if fixed {
            *total.write().unwrap() += 1;
        } else {
            let seen = *total.read().unwrap();
            *total.write().unwrap() = seen + 1;
        }
    };
    thread::scope(|s| {
        s.spawn(add);
        add();
    });
    assert_eq!(*total.read().unwrap(), 2);
}

/// A mutex is given back between look and change. Order: the other thread locks in between.
fn unlock_between(fixed: bool) {
    let total = Mutex::new(0);
    let add = || {
        if fixed {
            *total.lock().unwrap() += 1;
        } else {
            let seen = *total.lock().unwrap();
            *total.lock().unwrap() = seen + 1;
        }
    };
    thread::scope(|s| {
        s.spawn(add);
        add();
    });
    assert_eq!(*total.lock().unwrap(), 2);
}

/// Initialization that looks whether it was done. Order: both see that it was not.
fn double_init(fixed: bool) {
    let (done, runs) = (AtomicBool::new(false), AtomicU32::new(0));
    let once = OnceLock::new();
    let init = || {
        if fixed {
            once.get_or_init(|| runs.fetch_add(1, SeqCst));
        } else if !done.load(SeqCst) {
            runs.fetch_add(1, SeqCst);
            done.store(true, SeqCst);
        }
    };
    thread::scope(|s| {
        s.spawn(init);
        init();
    });
    assert_eq!(runs.load(SeqCst), 1);
}

/// Numbers are handed out by two operations. Order: both take the same one.
fn ids(fixed: bool) {
    let next = AtomicU32::new(0);
    let taken = Mutex::new(HashSet::new());
    let take = || {
        let id = if fixed {
            next.fetch_add(1, Relaxed)
        } else {
            let id = next.load(Relaxed);
            next.store(id + 1, Relaxed);
            id
        };
        assert!(
            taken.lock().unwrap().insert(id),
            "{id} was handed out twice"
        );
    };
    thread::scope(|s| {
        s.spawn(take);
        take();
    });
}

/// A cache computes what it does not have. Order: both miss before either has inserted.
fn stampede(fixed: bool) {
    let (cache, computed) = (Mutex::new(HashMap::new()), AtomicU32::new(0));
    let compute = || {
        computed.fetch_add(1, SeqCst);
        42
    };
    let get = || {
        if fixed {
            return *cache.lock().unwrap().entry("key").or_insert_with(compute);
        }
        let found = cache.lock().unwrap().get("key").copied();
        found.unwrap_or_else(|| {
            let value = compute();
            cache.lock().unwrap().insert("key", value);
            value
        })
    };
    thread::scope(|s| {
        s.spawn(get);
        get();
    });
    assert_eq!(computed.load(SeqCst), 1);
}

/// The greatest value seen. Order: the greater is stored between look and store of the smaller.
fn maximum(fixed: bool) {
    let greatest = AtomicU32::new(0);
    let see = |value| {
        if fixed {
            greatest.fetch_max(value, SeqCst);
        } else if greatest.load(SeqCst) < value {
            greatest.store(value, SeqCst);
        }
    };
    thread::scope(|s| {
        s.spawn(|| see(5));
        see(9);
    });
    assert_eq!(greatest.load(SeqCst), 9);
}

/// Two threads set one bit each in one word. Order: one stores what it loaded before the other.
fn flag_bits(fixed: bool) {
    let bits = AtomicU32::new(0);
    let set = |bit: u32| {
        if fixed {
            bits.fetch_or(bit, SeqCst);
        } else {
            let seen = bits.load(SeqCst);
            bits.store(seen | bit, SeqCst);
        }
    };
    thread::scope(|s| {
        s.spawn(|| set(1));
        set(2);
    });
    assert_eq!(bits.load(SeqCst), 3);
}

/// A job is claimed by whoever sees it free. Order: both see it free.
fn claim(fixed: bool) {
    let (owner, claims) = (AtomicU32::new(0), AtomicU32::new(0));
    let claim = |me| {
        let mine = if fixed {
            owner.compare_exchange(0, me, SeqCst, SeqCst).is_ok()
        } else if owner.load(SeqCst) == 0 {
            owner.store(me, SeqCst);
            true
        } else {
            false
        };
        if mine {
            claims.fetch_add(1, SeqCst);
        }
    };
    thread::scope(|s| {
        s.spawn(|| claim(1));
        claim(2);
    });
    assert_eq!(claims.load(SeqCst), 1);
}

/// Seats are counted under one lock and booked under another. Order: both count one free seat.
fn seats(fixed: bool) {
    let booked: Mutex<Vec<&str>> = Mutex::default();
    let book = |name| {
        if fixed {
            let mut booked = booked.lock().unwrap();
            if booked.is_empty() {
                booked.push(name);
            }
        } else if booked.lock().unwrap().is_empty() {
            booked.lock().unwrap().push(name);
        }
    };
    thread::scope(|s| {
        s.spawn(|| book("Ada"));
        book("Grace");
    });
    assert_eq!(booked.lock().unwrap().len(), 1);
}

/// Two counters that should be equal, read one after the other. Order: a change falls between the
/// two reads.
fn two_counters(fixed: bool) {
    let (begun, ended) = (Mutex::new(0), Mutex::new(0));
    thread::scope(|s| {
        s.spawn(|| {
            let mut begun = begun.lock().unwrap();
            let mut ended = ended.lock().unwrap();
            *begun += 1;
            *ended += 1;
        });
        let (b, e) = if fixed {
            let (b, e) = (begun.lock().unwrap(), ended.lock().unwrap());
            (*b, *e)
        } else {
            let b = *begun.lock().unwrap();
            (b, *ended.lock().unwrap())
        };
        assert_eq!(b, e);
    });
}

/// A pair is kept in two atomics. Order: the reader reads one half of each pair.
fn swap_halves(fixed: bool) {
    let (low, high) = (AtomicU32::new(1), AtomicU32::new(1));
    let both = AtomicI64::new(1 << 32 | 1);
    thread::scope(|s| {
        s.spawn(|| {
            if fixed {
                both.store(2 << 32 | 2, SeqCst);
            } else {
                low.store(2, SeqCst);
                high.store(2, SeqCst);
            }
        });
        let (l, h) = if fixed {
            let both = both.load(SeqCst);
            (both as u32, (both >> 32) as u32)
        } else {
            (low.load(SeqCst), high.load(SeqCst))
        };
        assert_eq!(l, h);
    });
}

/// A bucket of one token, filled by compare-exchange but emptied by look and store. Order: a token
/// is put in between the two and lost.
fn token_bucket(fixed: bool) {
    let tokens = AtomicU32::new(1);
    let taken = AtomicU32::new(0);
    thread::scope(|s| {
        s.spawn(|| {
            if fixed {
                tokens.fetch_sub(1, SeqCst);
            } else {
                let seen = tokens.load(SeqCst);
                tokens.store(seen - 1, SeqCst);
            }
            taken.fetch_add(1, SeqCst);
        });
        tokens.fetch_add(1, SeqCst);
    });
    assert_eq!(tokens.load(SeqCst) + taken.load(SeqCst), 2);
}

/// ABA in a stack of three nodes. Order: one thread has read `head` and `next`; the other one pops
/// two nodes and pushes the first back; the exchange of the first thread succeeds and puts a
/// node back that is not free. Nodes are never freed.
fn aba_stack(fixed: bool) {
    struct Node(usize, AtomicPtr<Node>);
    let nodes: Vec<Node> = (0..3).map(|i| Node(i, AtomicPtr::default())).collect();
    let at = |i: usize| &raw const nodes[i] as *mut Node;
    nodes[0].1.store(at(1), SeqCst);
    nodes[1].1.store(at(2), SeqCst);
    let head = AtomicPtr::new(at(0));
    let lock = Mutex::new(());
    let pop = || {
        let _guard = fixed.then(|| lock.lock().unwrap());
        loop {
            let top = head.load(SeqCst);
            // SAFETY: the nodes live as long as the stack.
            let node = unsafe { top.as_ref() }?;
            let next = node.1.load(SeqCst);
            if head.compare_exchange(top, next, SeqCst, SeqCst).is_ok() {
                return Some(node);
            }
        }
    };
    let push = |node: &Node| {
        let _guard = fixed.then(|| lock.lock().unwrap());
        loop {
            let top = head.load(SeqCst);
            node.1.store(top, SeqCst);
            let node = &raw const *node as *mut Node;
            if head.compare_exchange(top, node, SeqCst, SeqCst).is_ok() {
                return;
            }
        }
    };
    let popped = Mutex::new(Vec::new());
    thread::scope(|s| {
        s.spawn(|| {
            let (first, second) = (pop(), pop());
            first.into_iter().for_each(push);
            popped.lock().unwrap().extend(second.map(|n| n.0));
        });
        let mine = pop();
        popped.lock().unwrap().extend(mine.map(|n| n.0));
    });
    let mut popped = popped.into_inner().unwrap();
    while let Some(node) = pop() {
        assert!(
            !popped.contains(&node.0),
            "{} is on the stack and off it",
            node.0
        );
        popped.push(node.0);
    }
}

/// A spin lock taken by look and store. Order: both see it free.
fn spin_lock(fixed: bool) {
    let (locked, inside) = (AtomicBool::new(false), AtomicU32::new(0));
    let enter = || {
        if fixed {
            while locked.swap(true, Acquire) {
                thread::yield_now();
            }
        } else {
            while locked.load(Acquire) {
                thread::yield_now();
            }
            locked.store(true, Release);
        }
        assert_eq!(inside.fetch_add(1, SeqCst), 0, "two inside");
        inside.fetch_sub(1, SeqCst);
        locked.store(false, Release);
    };
    thread::scope(|s| {
        s.spawn(enter);
        enter();
    });
}

/// The last user cleans up, and knows by a decrement and a look. Order: both decrement before
/// either looks.
fn last_one_out(fixed: bool) {
    let (users, cleaned) = (AtomicU32::new(2), AtomicU32::new(0));
    let leave = || {
        let last = if fixed {
            users.fetch_sub(1, SeqCst) == 1
        } else {
            users.fetch_sub(1, SeqCst);
            users.load(SeqCst) == 0
        };
        if last {
            cleaned.fetch_add(1, SeqCst);
        }
    };
    thread::scope(|s| {
        s.spawn(leave);
        leave();
    });
    assert_eq!(cleaned.load(SeqCst), 1);
}
