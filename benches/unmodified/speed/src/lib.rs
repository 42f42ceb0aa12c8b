//! Two workloads, one text for std's types and for shuttle's.
//!
//! [`workloads!`] writes them into a module that has `thread` and `sync` in scope.

/// What is measured.
#[derive(Clone, Copy, Debug)]
pub enum Workload {
    /// Two threads load and store one counter.
    LostUpdate,
    /// Ten threads take one lock a hundred times each.
    Locks,
}

impl Workload {
    /// By the name on the command line.
    pub fn named(name: &str) -> Option<Workload> {
        match name {
            "lost-update" => Some(Workload::LostUpdate),
            "locks" => Some(Workload::Locks),
            _ => None,
        }
    }
}

macro_rules! workloads {
    () => {
        use super::Workload;

        /// One execution; what the workload computes is not checked, so that none ends early.
        pub fn run(workload: Workload) {
            match workload {
                Workload::LostUpdate => lost_update(),
                Workload::Locks => locks(),
            }
        }

        fn lost_update() {
            let count = Arc::new(AtomicUsize::new(0));
            let threads: Vec<_> = (0..2)
                .map(|_| {
                    let count = count.clone();
                    thread::spawn(move || {
                        let seen = count.load(SeqCst);
                        count.store(seen + 1, SeqCst);
                    })
                })
                .collect();
            for t in threads {
                t.join().unwrap();
            }
            assert!(count.load(SeqCst) >= 1);
        }

        fn locks() {
            let total = Arc::new(Mutex::new(0));
            let threads: Vec<_> = (0..10)
                .map(|_| {
                    let total = total.clone();
                    thread::spawn(move || {
                        for _ in 0..100 {
                            *total.lock().unwrap() += 1;
                        }
                    })
                })
                .collect();
            for t in threads {
                t.join().unwrap();
            }
            assert_eq!(*total.lock().unwrap(), 1000);
        }
    };
}

/// On std's types.
pub mod plain {
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use std::sync::{Arc, Mutex};
    use std::thread;
    workloads!();
}

/// On shuttle's types.
pub mod shuttled {
    use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
    use shuttle::sync::{Arc, Mutex};
    use shuttle::thread;
    workloads!();
}
