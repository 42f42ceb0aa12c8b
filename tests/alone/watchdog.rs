//! Misbehaving scenarios neither hang nor end the process without a word.
//!
//! What ends the process is tried in a child process: this binary again, with
//! the name of the misbehaviour in an environment variable. There is one such process at
//! a time, whatever the number of libtest's threads.

use std::hint::black_box;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jostle::__private::watchdog::{self, Action};
use jostle::FiberBackend;
use jostle_core::backend::{Backend, Executed, Plan};
use jostle_core::strategy::{Kind as Strategy, Policy, Profile};

use crate::support::scenario::scenario;

/// Names the misbehaviour.
const CHILD: &str = "JOSTLE_TEST_CHILD";
/// Set if the watchdog is to end the process as a crash.
const ABORT: &str = "JOSTLE_TEST_ABORT";

/// What the watchdog allows a step in the child process.
const STALL: Duration = Duration::from_secs(1);

/// Runs the misbehaviour `name` in a process of its own, when no other one runs.
fn child(name: &str, abort: bool) -> (Output, String) {
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut command = Command::new(std::env::current_exe().expect("this binary"));
    command
        .args(["--exact", "watchdog::misbehave", "--nocapture"])
        .env(CHILD, name)
        .env("JOSTLE_STALL_SECONDS", STALL.as_secs().to_string());
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
    if name == "heavy load" {
        occupy_processors();
    }
    let plan = Plan {
        profile: &Profile::default(),
        seed: 42,
        prescription: None,
        data: &[],
        steps: u32::MAX,
        functions: false,
        strategy: Strategy::Random,
        campaign_seed: Some(77),
    };
    let mut strategy = Strategy::Random.build();
    let policy = Policy::Sample(&mut *strategy);
    match FiberBackend::new().execute(&scenario("sample", body), plan, policy) {
        Executed::Finished(outcome) => assert_eq!(outcome.finding, None),
        other => panic!("{other:?}"),
    }
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
            "livelock: task t2 \"spinner\" (spawned at tests/alone/watchdog.rs:",
            "of scenario sample has run for 1 s without reaching a scheduling point",
            "last step: t2 did lock at tests/alone/watchdog.rs:",
            "input: strategy random, seed 42",
            "campaign seed: 77",
            "in alone::watchdog::spin_for_ever\n",
        ],
    );
}

fn real_mutex() {
    let real = Arc::new(Mutex::new(()));
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
fn lock_really(real: &Mutex<()>) {
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
            "in alone::watchdog::lock_really\n",
            "in alone::watchdog::real_mutex\n",
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
            "in alone::watchdog::real_sleep\n",
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
            "panic: task t2 \"digger\" (spawned at tests/alone/watchdog.rs:",
            "of scenario sample overflowed its stack of 256 KiB",
            "#[jostle::scenario(stack = 1048576)]",
            "seed 42",
            "in alone::watchdog::dig\n",
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

/// Steps of a third of a second of processor time, until one of them has taken longer
/// than the watchdog allows, since the processors are occupied.
fn slow_steps() {
    let lock = jostle::sync::Mutex::new(());
    let mut slow = false;
    while !slow {
        drop(lock.lock());
        let (begin, used) = (Instant::now(), processor_time());
        while processor_time() - used < Duration::from_millis(350) {}
        slow = begin.elapsed() > STALL + STALL / 4;
    }
    drop(lock.lock());
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
    let (output, said) = child("heavy load", false);
    assert_eq!(output.status.code(), Some(0), "{said}");
}
