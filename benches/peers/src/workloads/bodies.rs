//! The bodies that every tool can run unchanged.

/// Defines `body(Workload) -> fn()` out of the names that are in scope where it
/// stands: `thread`, `mpsc`, `Arc`, `Mutex`, `AtomicUsize` and `Ordering` as std
/// has them, and `async_pingpong(trips)` and `async_yields(tasks, times)`.
///
/// A macro, so that all tools execute the same text.
macro_rules! bodies {
    () => {
        fn body(workload: $crate::workload::Workload) -> fn() {
            use $crate::workload::Workload;
            match workload {
                Workload::Empty => || {},
                Workload::LostUpdate => lost_update,
                Workload::CountLocked => count_locked,
                Workload::AddAtomic => add_atomic,
                Workload::Yield2x100 => || yields(2, 100),
                Workload::Yield2x200 => || yields(2, 200),
                Workload::Yield1000x20 => || yields(1000, 20),
                Workload::Yield1000x40 => || yields(1000, 40),
                Workload::Mutex10x100 => || mutex(10, 100),
                Workload::Mutex4x100 => || mutex(4, 100),
                Workload::MpscPingpong100 => || mpsc_pingpong(100),
                Workload::AsyncPingpong100 => || async_pingpong(100),
                Workload::AsyncYield2x100 => || async_yields(2, 100),
                Workload::SpawnJoin10 => || yields(10, 0),
                Workload::SpawnJoin100 => || yields(100, 0),
            }
        }

        /// Threads that yield, or do nothing at all if `times` is 0.
        fn yields(threads: usize, times: usize) {
            let threads: Vec<_> = (0..threads)
                .map(|_| {
                    thread::spawn(move || {
                        for _ in 0..times {
                            thread::yield_now();
                        }
                    })
                })
                .collect();
            for thread in threads {
                thread.join().unwrap();
            }
        }

        /// Nothing is asserted: a failure would end shuttle's and loom's runs.
        fn lost_update() {
            let counter = Arc::new(AtomicUsize::new(0));
            let threads = [(); 2].map(|()| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || {
                    let value = counter.load(Ordering::SeqCst);
                    counter.store(value + 1, Ordering::SeqCst);
                })
            });
            for thread in threads {
                thread.join().unwrap();
            }
            ::std::hint::black_box(counter.load(Ordering::SeqCst));
        }

        fn count_locked() {
            let counter = Arc::new(Mutex::new(0));
            let other = Arc::clone(&counter);
            let thread = thread::spawn(move || *other.lock().unwrap() += 1);
            *counter.lock().unwrap() += 1;
            thread.join().unwrap();
            assert_eq!(*counter.lock().unwrap(), 2);
        }

        fn add_atomic() {
            let counter = Arc::new(AtomicUsize::new(0));
            let other = Arc::clone(&counter);
            let thread = thread::spawn(move || {
                other.fetch_add(1, Ordering::SeqCst);
            });
            counter.fetch_add(1, Ordering::SeqCst);
            thread.join().unwrap();
            assert_eq!(counter.load(Ordering::SeqCst), 2);
        }

        fn mutex(threads: usize, times: usize) {
            let counter = Arc::new(Mutex::new(0));
            let tasks: Vec<_> = (0..threads)
                .map(|_| {
                    let counter = Arc::clone(&counter);
                    thread::spawn(move || {
                        for _ in 0..times {
                            *counter.lock().unwrap() += 1;
                        }
                    })
                })
                .collect();
            for task in tasks {
                task.join().unwrap();
            }
            assert_eq!(*counter.lock().unwrap(), threads * times);
        }

        fn mpsc_pingpong(trips: usize) {
            let (ping, pinged) = mpsc::channel();
            let (pong, ponged) = mpsc::channel();
            let echo = thread::spawn(move || {
                for _ in 0..trips {
                    pong.send(pinged.recv().unwrap()).unwrap();
                }
            });
            let caller = thread::spawn(move || {
                for trip in 0..trips {
                    ping.send(trip).unwrap();
                    assert_eq!(ponged.recv().unwrap(), trip);
                }
            });
            caller.join().unwrap();
            echo.join().unwrap();
        }
    };
}

pub(crate) use bodies;
