//! Events in an order that nobody thought of.
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, RwLock, Weak};
use std::thread;
use std::time::Duration;

twins! {
    use_before_init => bug_use_before_init, ok_use_before_init;
    missed_join => bug_missed_join, ok_missed_join;
    closed_before_sent => bug_closed_before_sent, ok_closed_before_sent;
    started_before_registered => bug_started_before_registered, ok_started_before_registered;
    log_order => bug_log_order, ok_log_order;
    reply_from_another => bug_reply_from_another, ok_reply_from_another;
    stop_before_start => bug_stop_before_start, ok_stop_before_start;
    sleep_instead_of_join => bug_sleep_instead_of_join, ok_sleep_instead_of_join;
    owner_gone => bug_owner_gone, ok_owner_gone;
    flag_before_value => bug_flag_before_value, ok_flag_before_value;
    shut_down_with_work_left => bug_shut_down_with_work_left, ok_shut_down_with_work_left;
    old_overwrites_new => bug_old_overwrites_new, ok_old_overwrites_new;
}

/// A worker uses what main sets after starting it. Order: the worker runs first.
fn use_before_init(fixed: bool) {
    let config = Arc::new(OnceLock::new());
    if fixed {
        config.set(7).unwrap();
    }
    let worker = {
        let config = config.clone();
        thread::spawn(move || *config.get().expect("configured"))
    };
    let _ = config.set(7);
    assert_eq!(worker.join().unwrap(), 7);
}

/// Main joins the second worker only and reads what both wrote. Order: the second ends first.
fn missed_join(fixed: bool) {
    let sum = Arc::new(AtomicUsize::new(0));
    let start = |n| {
        let sum = sum.clone();
        thread::spawn(move || sum.fetch_add(n, SeqCst))
    };
    let (first, second) = (start(1), start(2));
    if fixed {
        first.join().unwrap();
    }
    second.join().unwrap();
    assert_eq!(sum.load(SeqCst), 3);
}

/// The receiver is dropped once told to stop. Order: told before the worker has sent.
fn closed_before_sent(fixed: bool) {
    let (sender, receiver) = channel();
    let worker = thread::spawn(move || sender.send(1).expect("somebody listens"));
    thread::spawn(|| ()).join().unwrap();
    if fixed {
        assert_eq!(receiver.recv(), Ok(1));
    } else {
        let _ = receiver.try_recv();
    }
    drop(receiver);
    worker.join().unwrap();
}

/// A listener is put on the list after the source was started. Order: the event comes first.
fn started_before_registered(fixed: bool) {
    let listeners: RwLock<Vec<&AtomicUsize>> = RwLock::default();
    let heard = AtomicUsize::new(0);
    let source = || {
        for l in listeners.read().unwrap().iter() {
            l.fetch_add(1, SeqCst);
        }
    };
    thread::scope(|s| {
        if fixed {
            listeners.write().unwrap().push(&heard);
            s.spawn(source);
        } else {
            s.spawn(source);
            listeners.write().unwrap().push(&heard);
        }
    });
    assert_eq!(heard.load(SeqCst), 1);
}

/// "Begun" is logged by main, "done" by the worker. Order: the worker logs first.
fn log_order(fixed: bool) {
    let log = Mutex::new(Vec::new());
    thread::scope(|s| {
        if fixed {
            log.lock().unwrap().push("begun");
        }
        s.spawn(|| log.lock().unwrap().push("done"));
        if !fixed {
            log.lock().unwrap().push("begun");
        }
    });
    assert_eq!(*log.lock().unwrap(), ["begun", "done"]);
}

/// Two callers share one channel for replies. Order: one receives the other's reply.
fn reply_from_another(fixed: bool) {
    let (ask, asked) = channel::<(usize, std::sync::mpsc::Sender<usize>)>();
    let (shared, replies) = channel();
    let replies = Mutex::new(replies);
    let server = thread::spawn(move || {
        for (n, reply) in asked {
            reply.send(n).unwrap();
        }
    });
    thread::scope(|s| {
        for n in 0..2 {
            let (ask, shared, replies) = (ask.clone(), shared.clone(), &replies);
            s.spawn(move || {
                if fixed {
                    let (reply, own) = channel();
                    ask.send((n, reply)).unwrap();
                    assert_eq!(own.recv(), Ok(n));
                } else {
                    ask.send((n, shared)).unwrap();
                    assert_eq!(replies.lock().unwrap().recv(), Ok(n));
                }
            });
        }
    });
    drop(ask);
    server.join().unwrap();
}

/// Start sets a flag that stop clears. Order: stop comes first, and what was stopped runs on.
fn stop_before_start(fixed: bool) {
    let (running, stopped) = (AtomicBool::new(false), AtomicBool::new(false));
    thread::scope(|s| {
        let started = s.spawn(|| {
            if !fixed || !stopped.load(SeqCst) {
                running.store(true, SeqCst);
            }
        });
        s.spawn(|| ()).join().unwrap();
        if fixed {
            started.join().unwrap();
        }
        stopped.store(true, SeqCst);
        running.store(false, SeqCst);
    });
    assert!(!running.load(SeqCst));
}

/// Main sleeps as long as the worker usually takes. Order: the worker takes longer.
fn sleep_instead_of_join(fixed: bool) {
    let done = Arc::new(AtomicBool::new(false));
    let worker = {
        let done = done.clone();
        thread::spawn(move || done.store(true, SeqCst))
    };
    if fixed {
        worker.join().unwrap();
    } else {
        thread::sleep(Duration::from_millis(50));
    }
    assert!(done.load(SeqCst));
}

/// A worker upgrades a `Weak` of main's. Order: main has dropped the owner.
fn owner_gone(fixed: bool) {
    let owner = Arc::new(3);
    let weak: Weak<i32> = Arc::downgrade(&owner);
    let held = fixed.then(|| owner.clone());
    let worker = thread::spawn(move || *weak.upgrade().expect("the owner is there"));
    thread::spawn(|| ()).join().unwrap();
    drop(owner);
    assert_eq!(worker.join().unwrap(), 3);
    drop(held);
}

/// A flag says that a value is there, and is set before it. Order: read in between.
fn flag_before_value(fixed: bool) {
    let (value, ready) = (AtomicUsize::new(0), AtomicBool::new(false));
    thread::scope(|s| {
        s.spawn(|| {
            if ready.load(SeqCst) {
                assert_eq!(value.load(SeqCst), 9);
            }
        });
        if fixed {
            value.store(9, SeqCst);
            ready.store(true, SeqCst);
        } else {
            ready.store(true, SeqCst);
            value.store(9, SeqCst);
        }
    });
}

/// A worker looks whether it should stop before it looks for work. Order: stop is set while a job
/// is in the queue.
fn shut_down_with_work_left(fixed: bool) {
    let (sender, jobs) = sync_channel(4);
    let (stop, done) = (&AtomicBool::new(false), &AtomicUsize::new(0));
    thread::scope(|s| {
        s.spawn(move || {
            loop {
                if !fixed && stop.load(SeqCst) {
                    break;
                }
                match jobs.recv() {
                    Ok(()) => done.fetch_add(1, SeqCst),
                    Err(_) => break,
                };
            }
        });
        sender.send(()).unwrap();
        s.spawn(|| ()).join().unwrap();
        stop.store(true, SeqCst);
        drop(sender);
    });
    assert_eq!(done.load(SeqCst), 1);
}

/// Each update reads a version, then stores a value with it. Order: the older store comes last.
fn old_overwrites_new(fixed: bool) {
    let (version, value) = (AtomicUsize::new(0), Mutex::new((0, "none")));
    let update = |text| {
        let mine = version.fetch_add(1, SeqCst) + 1;
        let mut value = value.lock().unwrap();
        if !fixed || mine > value.0 {
            *value = (mine, text);
        }
    };
    thread::scope(|s| {
        s.spawn(|| update("first"));
        s.spawn(|| update("second"));
    });
    assert_eq!(value.lock().unwrap().0, 2);
}
