//! Clocks, sleeps, deadlines.
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

#[test]
fn wait_timeout_ends() {
    let (lock, never) = (Mutex::new(()), Condvar::new());
    thread::spawn(|| ()).join().unwrap();
    let (_guard, result) = never
        .wait_timeout(lock.lock().unwrap(), Duration::from_millis(30))
        .unwrap();
    assert!(result.timed_out());
}

#[test]
fn recv_timeout_ends() {
    let (sender, receiver) = channel::<()>();
    let t = thread::spawn(move || receiver.recv_timeout(Duration::from_millis(30)));
    assert_eq!(t.join().unwrap(), Err(RecvTimeoutError::Timeout));
    drop(sender);
}

/// A loop that looks a limited number of times takes next to no time, although nobody else can go
/// on meanwhile: the wait behind it has begun long before the other thread sends.
#[test]
fn a_limited_loop_takes_no_time() {
    let (sender, receiver) = channel();
    let never = AtomicBool::new(false);
    let never = &never;
    thread::scope(|s| {
        s.spawn(move || {
            for _ in 0..60 {
                assert!(!never.load(SeqCst));
            }
            let wait = Duration::from_secs(1);
            assert_eq!(receiver.recv_timeout(wait), Err(RecvTimeoutError::Timeout));
        });
        s.spawn(move || {
            thread::sleep(Duration::from_secs(2));
            // The receiver is gone.
            assert!(sender.send(7).is_err());
        });
    });
}

#[test]
fn park_timeout_ends() {
    thread::spawn(|| thread::park_timeout(Duration::from_millis(30)))
        .join()
        .unwrap();
}

/// Under the ordinary scheduler this takes hours.
#[test]
#[ignore = "hours"]
fn sleeps_for_hours() {
    thread::scope(|s| {
        s.spawn(|| thread::sleep(Duration::from_secs(7200)));
        thread::sleep(Duration::from_secs(3600));
    });
}

#[test]
fn elapsed_is_between() {
    let start = Instant::now();
    thread::spawn(|| thread::sleep(Duration::from_millis(20)))
        .join()
        .unwrap();
    let elapsed = start.elapsed();
    assert!(elapsed >= Duration::from_millis(20) && elapsed < Duration::from_secs(20));
}

#[test]
fn deadline_loop_with_a_yield() {
    let done = AtomicBool::new(false);
    thread::scope(|s| {
        s.spawn(|| done.store(true, SeqCst));
        let end = Instant::now() + Duration::from_secs(20);
        while !done.load(SeqCst) {
            assert!(Instant::now() < end, "too late");
            thread::yield_now();
        }
    });
}

#[test]
fn deadline_loop_without_a_yield() {
    thread::spawn(|| ()).join().unwrap();
    let end = Instant::now() + Duration::from_millis(5);
    while Instant::now() < end {}
}

#[test]
fn clocks_do_not_go_back() {
    let before = (Instant::now(), SystemTime::now());
    thread::spawn(move || {
        assert!(Instant::now() >= before.0);
        assert!(SystemTime::now() >= before.1);
    })
    .join()
    .unwrap();
}

#[test]
fn interval_of_sleeps() {
    let t = thread::spawn(|| (0..5).for_each(|_| thread::sleep(Duration::from_millis(2))));
    t.join().unwrap();
}
