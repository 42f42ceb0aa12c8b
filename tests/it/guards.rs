//! Misbehaving scenarios neither hang nor end the process without a word.
//!
//! What ends the process is tried in a child process: this binary again, with
//! the name of the misbehaviour in an environment variable.

use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::panic::Location;
use std::process::{Command, Output};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use jostle::finding::{Finding, Kind};
use jostle::guard::watchdog::{self, Action};
use jostle::scenario::{Body, Expect, Options, Scenario};
use jostle::{Executor, Plan, decision, strategy};

/// Names the misbehaviour.
const CHILD: &str = "JOSTLE_TEST_CHILD";
/// Set if guards are to end the process as a crash.
const ABORT: &str = "JOSTLE_TEST_ABORT";

/// Executes `body` with a seed.
fn execute(executor: &mut Executor, seed: u64, body: fn()) -> Option<Finding> {
    let kind = strategy::Kind::Random;
    watchdog::mark(kind, seed);
    let plan = Plan {
        options: &Options::DEFAULT,
        profile: &strategy::Profile::default(),
        seed,
        script: decision::Script::free(),
    };
    executor
        .execute(plan, &mut kind.build(), Location::caller(), Box::new(body))
        .finding
}

/// Runs the misbehaviour `name` in a process of its own.
fn child(name: &str, abort: bool) -> (Output, String) {
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command
        .args(["--exact", "guards::misbehave", "--nocapture"])
        .env(CHILD, name)
        .env("JOSTLE_STALL_SECONDS", "1");
    if abort {
        command.env(ABORT, "1");
    }
    let output = command.output().expect("a child process");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

/// Runs `name` in a process of its own, which has to exit with code 1 after
/// having said all of `texts`.
#[track_caller]
fn ends_with(name: &str, texts: &[&str]) {
    let (output, said) = child(name, false);
    assert_eq!(output.status.code(), Some(1), "{:?}\n{said}", output.status);
    for text in texts {
        assert!(said.contains(text), "{text:?} is missing in\n{said}");
    }
}

/// The body of the child process; in the parent, nothing.
#[test]
fn misbehave() {
    let Ok(name) = std::env::var(CHILD) else {
        return;
    };
    if std::env::var_os(ABORT).is_some() {
        watchdog::on_stall(Action::Abort);
    }
    let body: fn() = match name.as_str() {
        "endless loop" => endless_loop,
        "real mutex" => real_mutex,
        "real sleep" => real_sleep,
        "deep recursion" => deep_recursion,
        "bad pointer" => bad_pointer,
        "heavy load" => slow_steps,
        "deep recursion outside" => return recurse_outside(),
        other => panic!("no misbehaviour is called {other:?}"),
    };
    watchdog::start();
    let scenario = Scenario {
        name: "sample",
        about: "",
        module: "",
        site: Location::caller(),
        expect: Expect::Clean,
        options: Options::DEFAULT,
        body: Body::Plain(body),
    };
    watchdog::subject(&scenario, Some(77));
    if name == "heavy load" {
        occupy_processors();
    }
    let finding = execute(&mut Executor::new(), 42, body);
    assert_eq!(finding, None);
}

fn named(name: &str, body: impl FnOnce() + Send + 'static) {
    let builder = jostle::thread::Builder::new().name(name.into());
    builder.spawn(body).expect("it never fails");
}

fn endless_loop() {
    let lock = jostle::sync::Mutex::new(());
    named("spinner", move || {
        drop(lock.lock());
        spin_for_ever();
    });
}

#[inline(never)]
fn spin_for_ever() {
    loop {
        black_box(());
    }
}

#[test]
fn an_endless_loop_is_named() {
    ends_with(
        "endless loop",
        &[
            "livelock: task t2 \"spinner\" (spawned at tests/it/guards.rs:",
            "of scenario sample has run for 1 s without reaching a scheduling point",
            "last step: t2 did lock at tests/it/guards.rs:",
            "input: strategy random, seed 42",
            "campaign seed: 77",
            "in it::guards::spin_for_ever\n",
        ],
    );
}

fn real_mutex() {
    let real = Arc::new(std::sync::Mutex::new(()));
    let modelled = Arc::new(jostle::sync::Mutex::new(()));
    let both = modelled.lock().expect("nobody panics");
    let theirs = (Arc::clone(&real), Arc::clone(&modelled));
    named("other", move || {
        let _real = theirs.0.lock();
        let _modelled = theirs.1.lock();
    });
    lock_really(&real);
    drop(both);
}

#[inline(never)]
fn lock_really(real: &std::sync::Mutex<()>) {
    drop(real.lock());
}

#[test]
fn a_deadlock_through_a_real_mutex_is_named() {
    ends_with(
        "real mutex",
        &[
            "nondeterminism: the main task of scenario sample has been blocked in a real lock or \
             system call (futex) for 1 s",
            "Use jostle::sync, jostle::thread and jostle::time",
            "in it::guards::lock_really\n",
            "in it::guards::real_mutex\n",
        ],
    );
}

fn real_sleep() {
    std::thread::sleep(Duration::from_secs(60));
}

#[test]
fn a_real_sleep_is_named() {
    ends_with(
        "real sleep",
        &[
            "(clock_nanosleep)",
            "std::thread::sleep or the like",
            "last step: none was made",
            "in std::thread::",
            "in it::guards::real_sleep\n",
        ],
    );
}

#[test]
fn a_stall_crashes_if_a_fuzzer_wants_that() {
    for name in ["endless loop", "real sleep"] {
        let (output, said) = child(name, true);
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{said}");
        assert!(said.contains("of scenario sample has"), "{said}");
    }
}

fn deep_recursion() {
    named("digger", || {
        dig(0);
    });
}

#[inline(never)]
#[allow(unconditional_recursion, reason = "it is what the test is about")]
fn dig(depth: u64) -> u64 {
    // Touched before the call, so that the stack ends here and not in a callee.
    let local = black_box([depth; 64]);
    dig(depth + 1) + local[0]
}

#[test]
fn a_stack_overflow_names_the_task() {
    ends_with(
        "deep recursion",
        &[
            "panic: task t2 \"digger\" (spawned at tests/it/guards.rs:",
            "of scenario sample overflowed its stack of 256 KiB",
            "#[jostle::scenario(stack = 1048576)]",
            "seed 42",
            "in it::guards::dig\n",
        ],
    );
}

#[test]
fn a_stack_overflow_crashes_if_a_fuzzer_wants_that() {
    let (output, said) = child("deep recursion", true);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{said}");
    assert!(said.contains("overflowed its stack of 256 KiB"), "{said}");
}

fn bad_pointer() {
    let nowhere = black_box(std::ptr::without_provenance_mut::<u8>(64));
    // SAFETY: None: this crashes, which is what the test is about.
    unsafe { nowhere.write_volatile(1) };
}

#[test]
fn any_other_fault_is_what_it_was() {
    for abort in [false, true] {
        let (output, said) = child("bad pointer", abort);
        assert_eq!(output.status.signal(), Some(libc::SIGSEGV), "{said}");
        assert!(!said.contains("jostle:"), "{said}");
    }
}

fn recurse_outside() {
    watchdog::start();
    dig(0);
}

#[test]
fn the_standard_library_still_reports_its_own_stacks() {
    let (output, said) = child("deep recursion outside", false);
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{said}");
    assert!(said.contains("has overflowed its stack"), "{said}");
    assert!(!said.contains("jostle:"), "{said}");
}

/// Steps of a third of a second of processor time. With the processors occupied
/// each takes several seconds, longer than the watchdog allows.
fn slow_steps() {
    let lock = jostle::sync::Mutex::new(());
    for _ in 0..2 {
        drop(lock.lock());
        let begin = processor_time();
        while processor_time() - begin < Duration::from_millis(350) {}
    }
}

fn processor_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: The call writes to the structure that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn occupy_processors() {
    let processors = std::thread::available_parallelism().map_or(2, usize::from);
    for _ in 0..processors * 4 {
        std::thread::spawn(spin_for_ever);
    }
}

#[test]
fn a_slow_machine_is_not_a_stall() {
    let begin = Instant::now();
    let (output, said) = child("heavy load", false);
    assert_eq!(output.status.code(), Some(0), "{said}");
    // Otherwise nothing has been tried.
    assert!(begin.elapsed() > Duration::from_secs(2));
}

#[test]
fn an_os_thread_that_is_left_running_is_a_finding() {
    fn body() {
        std::thread::Builder::new()
            .name("stray".into())
            .spawn(std::thread::park)
            .expect("an OS thread");
    }
    let finding = execute(&mut Executor::new(), 1, body).expect("a finding");
    assert_eq!(finding.kind, Kind::Nondeterminism);
    assert!(
        finding.message.contains("OS thread named \"stray\""),
        "{finding}"
    );
}

#[test]
fn an_os_thread_that_is_alive_at_a_scheduling_point_is_a_finding() {
    fn body() {
        let (quit, wait) = mpsc::channel::<()>();
        let thread = std::thread::spawn(move || assert!(wait.recv().is_err()));
        drop(jostle::sync::Mutex::new(()).lock());
        drop(quit);
        thread.join().expect("it does not panic");
    }
    let finding = execute(&mut Executor::new(), 1, body).expect("a finding");
    assert!(finding.message.contains("without a name"), "{finding}");
}

#[test]
fn os_threads_that_others_start_and_leave_meanwhile_are_no_finding() {
    fn body() {
        let lock = Arc::new(jostle::sync::Mutex::new(()));
        for _ in 0..4 {
            let lock = Arc::clone(&lock);
            jostle::thread::spawn(move || drop(lock.lock()));
        }
        // Started and joined between two scheduling points: nobody can tell.
        std::thread::spawn(|| ()).join().expect("it does not panic");
    }
    let (quit, stop) = mpsc::channel::<()>();
    let others = std::thread::spawn(move || {
        while stop.try_recv() == Err(mpsc::TryRecvError::Empty) {
            std::thread::scope(|s| {
                for _ in 0..4 {
                    s.spawn(std::thread::yield_now);
                }
            });
        }
    });
    for seed in 0..100 {
        // A new executor watches its first executions closely.
        let mut executor = Executor::new();
        for _ in 0..3 {
            assert_eq!(execute(&mut executor, seed, body), None);
        }
    }
    drop(quit);
    others.join().expect("it does not panic");
}

#[test]
fn a_primitive_on_a_foreign_os_thread_is_a_finding() {
    fn body() {
        let lock = jostle::sync::Mutex::new(());
        drop(lock.lock());
        std::thread::scope(|s| {
            let used = s.spawn(|| drop(lock.lock())).join();
            assert!(used.is_err(), "it panics with the reason");
        });
    }
    let finding = execute(&mut Executor::new(), 1, body).expect("a finding");
    assert_eq!(finding.kind, Kind::Nondeterminism);
    assert!(finding.message.contains("used a primitive"), "{finding}");
}
