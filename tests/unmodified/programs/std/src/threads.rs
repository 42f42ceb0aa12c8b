//! Threads, locks, thread-locals, panics.
use std::cell::RefCell;
use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::*};
use std::sync::mpsc::{channel, sync_channel};
use std::sync::{Arc, Barrier, Condvar, LazyLock, Mutex, OnceLock, RwLock};
use std::thread;
use std::time::Duration;

/// Starts and joins this many threads, which are alive together.
fn many(n: usize) {
    let barrier = Arc::new(Barrier::new(n));
    let threads: Vec<_> = (0..n)
        .map(|i| {
            let barrier = barrier.clone();
            thread::spawn(move || {
                barrier.wait();
                i
            })
        })
        .collect();
    let sum: usize = threads.into_iter().map(|t| t.join().unwrap()).sum();
    assert_eq!(sum, n * (n - 1) / 2);
}

#[test]
fn threads_31() {
    many(31);
}

#[test]
fn threads_100() {
    many(100);
}

#[test]
fn threads_500() {
    many(500);
}

#[test]
fn threads_100_in_sequence() {
    for i in 0..100 {
        assert_eq!(thread::spawn(move || i).join().unwrap(), i);
    }
}

#[test]
fn barrier_has_one_leader() {
    let barrier = Barrier::new(3);
    let leaders = AtomicUsize::new(0);
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| leaders.fetch_add(usize::from(barrier.wait().is_leader()), SeqCst));
        }
    });
    assert_eq!(leaders.into_inner(), 1);
}

#[test]
fn scoped_threads_borrow() {
    let mut list = vec![1, 2, 3, 4];
    thread::scope(|s| {
        for half in list.chunks_mut(2) {
            s.spawn(|| half.iter_mut().for_each(|n| *n *= 2));
        }
    });
    assert_eq!(list, [2, 4, 6, 8]);
}

#[test]
fn sync_channel_of_none_and_one() {
    for room in 0..2 {
        let (sender, receiver) = sync_channel(room);
        let t = thread::spawn(move || (0..3).for_each(|n| sender.send(n).unwrap()));
        assert_eq!(receiver.iter().collect::<Vec<_>>(), [0, 1, 2]);
        t.join().unwrap();
    }
}

#[test]
fn read_write_lock() {
    let table = RwLock::new(HashMap::new());
    thread::scope(|s| {
        for i in 0..2 {
            s.spawn({
                let table = &table;
                move || table.write().unwrap().insert(i, i)
            });
            s.spawn(|| assert!(table.read().unwrap().len() <= 2));
        }
    });
    assert_eq!(table.into_inner().unwrap().len(), 2);
}

#[test]
fn once_lock_and_lazy_lock() {
    static LAZY: LazyLock<usize> = LazyLock::new(|| 7);
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    static ONCE: OnceLock<usize> = OnceLock::new();
    thread::scope(|s| {
        for _ in 0..3 {
            s.spawn(|| {
                let once = ONCE.get_or_init(|| 1 + RUNS.fetch_add(1, SeqCst));
                assert_eq!(*LAZY + once, 8);
            });
        }
    });
}

#[test]
fn statics_are_fresh() {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    thread::spawn(|| COUNT.fetch_add(1, SeqCst)).join().unwrap();
    assert_eq!(COUNT.load(SeqCst), 1);
}

#[test]
fn spin_for_a_flag() {
    let flag = AtomicBool::new(false);
    thread::scope(|s| {
        s.spawn(|| flag.store(true, Release));
        while !flag.load(Acquire) {
            std::hint::spin_loop();
        }
    });
}

#[test]
fn detached_parks_for_ever() {
    thread::spawn(|| {
        loop {
            thread::park();
        }
    });
    thread::spawn(|| ()).join().unwrap();
}

#[test]
fn detached_ticker() {
    thread::spawn(|| {
        loop {
            thread::sleep(Duration::from_millis(10));
        }
    });
    thread::spawn(|| ()).join().unwrap();
}

/// Deadlock: AB-BA, while a ticker is always about to run.
#[test]
fn ticker_hides_a_deadlock() {
    detached_ticker();
    let locks = (Mutex::new(()), Mutex::new(()));
    thread::scope(|s| {
        s.spawn(|| {
            let _a = locks.0.lock().unwrap();
            let _b = locks.1.lock().unwrap();
        });
        let _b = locks.1.lock().unwrap();
        let _a = locks.0.lock().unwrap();
    });
}

#[test]
fn many_caught_panics() {
    thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                for n in 0..10 {
                    assert!(catch_unwind(|| std::panic::panic_any(n)).is_err());
                }
            });
        }
    });
}

#[test]
fn panic_in_a_thread_is_joined() {
    let t = thread::spawn(|| panic!("as it should"));
    assert_eq!(t.join().unwrap_err().downcast_ref(), Some(&"as it should"));
}

#[test]
fn panic_hook() {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    std::panic::set_hook(Box::new(|_| {
        CALLS.fetch_add(1, SeqCst);
    }));
    thread::spawn(|| panic!()).join().unwrap_err();
    let _ = std::panic::take_hook();
    assert_eq!(CALLS.load(SeqCst), 1);
}

#[test]
#[should_panic(expected = "poisoned")]
fn should_panic_of_a_poisoned_lock() {
    let lock = Arc::new(Mutex::new(()));
    let other = lock.clone();
    let _ = thread::spawn(move || {
        let _guard = other.lock().unwrap();
        panic!();
    })
    .join();
    let _unused = lock.lock().expect("poisoned");
}

#[test]
#[ignore = "would fail"]
fn ignored() {
    thread::spawn(|| ()).join().unwrap();
    panic!("not to be run");
}

#[test]
fn destructor_of_a_thread_local_spawns_and_locks() {
    static LEFT: Mutex<usize> = Mutex::new(0);
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            *LEFT.lock().unwrap() += 1;
            thread::spawn(|| *LEFT.lock().unwrap() += 1).join().unwrap();
        }
    }
    thread_local!(static LAST: RefCell<Option<Last>> = const { RefCell::new(None) });
    thread::spawn(|| LAST.set(Some(Last))).join().unwrap();
    assert_eq!(*LEFT.lock().unwrap(), 2);
}

#[test]
fn prints_much() {
    thread::scope(|s| {
        for i in 0..3 {
            s.spawn(move || (0..50).for_each(|n| println!("{i}: line {n}")));
        }
    });
    eprintln!("done");
}

#[test]
fn park_and_unpark() {
    let go = Arc::new(AtomicBool::new(false));
    let t = {
        let go = go.clone();
        thread::spawn(move || {
            while !go.load(Acquire) {
                thread::park();
            }
        })
    };
    go.store(true, Release);
    t.thread().unpark();
    t.join().unwrap();
}

#[test]
fn names_and_ids() {
    let t = thread::Builder::new().name("worker".into());
    let t = t.spawn(|| {
        (
            thread::current().id(),
            thread::current().name().map(String::from),
        )
    });
    let (id, name) = t.unwrap().join().unwrap();
    assert_ne!(id, thread::current().id());
    assert_eq!(name.as_deref(), Some("worker"));
}

#[test]
fn big_stack_with_a_big_local() {
    let t = thread::Builder::new().stack_size(64 << 20).spawn(|| {
        let local = std::hint::black_box([1u8; 8 << 20]);
        local.iter().map(|b| usize::from(*b)).sum::<usize>()
    });
    assert_eq!(t.unwrap().join().unwrap(), 8 << 20);
}

#[test]
fn recursion_of_5000() {
    fn deep(n: usize) -> usize {
        let local = std::hint::black_box([n; 8]);
        if n == 0 {
            0
        } else {
            1 + deep(n - 1) + local[0] - n
        }
    }
    assert_eq!(thread::spawn(|| deep(5000)).join().unwrap(), 5000);
}

#[test]
fn condition_variable() {
    let (queue, changed) = (Mutex::new(Vec::new()), Condvar::new());
    thread::scope(|s| {
        s.spawn(|| {
            queue.lock().unwrap().push(1);
            changed.notify_one();
        });
        let mut queue = changed
            .wait_while(queue.lock().unwrap(), |q| q.is_empty())
            .unwrap();
        assert_eq!(queue.pop(), Some(1));
    });
}

#[test]
fn try_reserve_refuses() {
    let t = thread::spawn(|| Vec::<u8>::new().try_reserve(1 << 45).is_err());
    assert!(t.join().unwrap());
}

#[test]
fn zeroed_gigabytes() {
    let t = thread::spawn(|| vec![0u8; 1 << 30][1 << 29]);
    assert_eq!(t.join().unwrap(), 0);
}

#[test]
fn backtrace_captured() {
    let t = thread::spawn(|| std::backtrace::Backtrace::force_capture().status());
    assert_eq!(t.join().unwrap(), std::backtrace::BacktraceStatus::Captured);
}

#[test]
fn boxed_closures_through_a_channel() {
    let (sender, receiver) = channel::<Box<dyn FnOnce() -> usize + Send>>();
    let t = thread::spawn(move || receiver.iter().map(|f| f()).sum::<usize>());
    for n in 0..3 {
        sender.send(Box::new(move || n)).unwrap();
    }
    drop(sender);
    assert_eq!(t.join().unwrap(), 3);
}

#[test]
fn unwinds_through_a_scope() {
    let result = catch_unwind(AssertUnwindSafe(|| {
        thread::scope(|s| {
            s.spawn(|| panic!("inside"));
        });
    }));
    assert!(result.is_err());
}

#[test]
fn parallelism_is_there() {
    let n = thread::spawn(|| thread::available_parallelism().unwrap().get())
        .join()
        .unwrap();
    assert!(n >= 1);
}

/// Data race: a volatile read that spins is no synchronization.
#[test]
fn volatile_spin() {
    static mut FLAG: bool = false;
    let t = thread::spawn(|| unsafe { (&raw mut FLAG).write_volatile(true) });
    while !unsafe { (&raw const FLAG).read_volatile() } {}
    t.join().unwrap();
}

#[test]
fn mapping_at_an_address_used_again() {
    let map_and_write = || unsafe {
        let (protection, kind) = (
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
        );
        let page = libc::mmap(std::ptr::null_mut(), 4096, protection, kind, -1, 0).cast::<u64>();
        assert_eq!(*page, 0);
        *page = 1;
        assert_eq!(libc::munmap(page.cast(), 4096), 0);
    };
    let other = thread::spawn(map_and_write);
    map_and_write();
    other.join().unwrap();
}
