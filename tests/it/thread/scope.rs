//! Scoped threads.

use jostle::scenario::Options;
use jostle::thread;
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::{Series, explore};

conformance! {
    threads_borrow_and_the_scope_waits_for_them() -> (u32, Vec<u32>) {
        let mut sum = 0;
        let mut list = vec![1];
        let both = thread::scope(|s| {
            s.spawn(|| {
                thread::yield_now();
                list.push(2);
            });
            let handle = s.spawn(|| {
                sum += 5;
                7
            });
            handle.join().unwrap()
        });
        (sum + both, list)
    } gives [(12, vec![1, 2])];

    scoped_threads_spawn_scoped_threads() -> u32 {
        use sync::atomic::{AtomicU32, Ordering};
        let total = AtomicU32::new(0);
        thread::scope(|s| {
            s.spawn(|| {
                s.spawn(|| {
                    thread::yield_now();
                    total.fetch_add(1, Ordering::SeqCst);
                });
                total.fetch_add(10, Ordering::SeqCst);
            });
        });
        total.load(Ordering::SeqCst)
    } gives [11];

    builders_name_scoped_threads() -> (Option<String>, bool) {
        thread::scope(|s| {
            let handle = thread::Builder::new()
                .name("scoped".to_owned())
                .spawn_scoped(s, || thread::current().name().map(str::to_owned))
                .unwrap();
            let same = handle.thread().name() == Some("scoped");
            (handle.join().unwrap(), same)
        })
    } gives [(Some("scoped".to_owned()), true)];

    a_scope_can_be_moved_into_catch_unwind() -> bool {
        thread::scope(|s| {
            let inside = std::panic::catch_unwind(|| s.spawn(|| 1).join().unwrap());
            inside.is_ok()
        })
    } gives [true];
}

const ALLOWED: Options = Options {
    allowed_panics: &["on purpose"],
    ..Options::DEFAULT
};

/// What `f` panicked with.
fn complaint<R>(f: impl FnOnce() -> R) -> Option<&'static str> {
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).err()?;
    caught.downcast_ref::<&str>().copied()
}

#[test]
fn an_unjoined_panic_comes_out_of_the_scope() {
    let explored = Series::of(50).options(ALLOWED).explore(|| {
        complaint(|| {
            thread::scope(|s| {
                s.spawn(|| panic!("on purpose"));
            })
        })
    });
    explored.gives([Some("a scoped thread panicked")]);
}

#[test]
fn a_joined_panic_does_not() {
    let explored = Series::of(50).options(ALLOWED).explore(|| {
        complaint(|| {
            thread::scope(|s| {
                let handle = s.spawn(|| panic!("on purpose"));
                handle.join().unwrap_err();
            })
        })
    });
    explored.gives([None::<&str>]);
}

#[test]
fn joining_one_panic_does_not_hide_another() {
    let explored = Series::of(50).options(ALLOWED).explore(|| {
        complaint(|| {
            thread::scope(|s| {
                s.spawn(|| panic!("on purpose, never joined"));
                let joined = s.spawn(|| panic!("on purpose, joined"));
                joined.join().unwrap_err();
            })
        })
    });
    explored.gives([Some("a scoped thread panicked")]);
}

#[test]
fn a_panic_of_the_body_waits_for_the_threads_and_goes_on() {
    let explored = explore(100, || {
        let mut done = false;
        let said = complaint(|| {
            thread::scope(|s| {
                s.spawn(|| {
                    thread::yield_now();
                    done = true;
                });
                std::panic::resume_unwind(Box::new("the body"));
            })
        });
        (said, done)
    });
    explored.gives([(Some("the body"), true)]);
}

/// Whoever borrows must be gone before what is borrowed.
#[test]
fn in_teardown_scoped_threads_go_before_what_they_borrow() {
    let explored = explore(200, || {
        let borrowed = vec![1, 2, 3];
        struct Reads<'a>(&'a Vec<u32>);
        impl Drop for Reads<'_> {
            fn drop(&mut self) {
                assert_eq!(self.0.iter().sum::<u32>(), 6);
            }
        }
        let killer = thread::spawn(|| {
            thread::yield_now();
            panic!("the end");
        });
        thread::scope(|s| {
            for _ in 0..2 {
                s.spawn(|| {
                    let _reads = Reads(&borrowed);
                    thread::scope(|inner| {
                        inner.spawn(|| {
                            let _reads = Reads(&borrowed);
                            thread::park();
                        });
                        thread::park();
                    });
                });
            }
        });
        drop(killer);
    });
    explored.finds(Kind::Panic, "the end");
}

#[test]
fn a_scope_whose_thread_never_ends_is_a_deadlock() {
    let explored = explore(50, || {
        let (tx, rx) = jostle::sync::mpsc::channel::<()>();
        thread::scope(|s| {
            s.spawn(move || rx.recv());
        });
        drop(tx);
    });
    explored.always_finds(Kind::Deadlock, "all tasks are asleep");
}
