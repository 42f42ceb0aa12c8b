//! A session: the process is to execute a command of Jostle on its own program.
//!
//! `main` runs once, on a stack of ours, up to the first thread that it makes. From there
//! the program is executed again and again, each time from a copy of that state, by the
//! `jostle` command with the program as its one target.
//!
//! - `program`: the target and the suite. `backend`: executes it. `verdict`: what a way to
//!   end means as a finding. `race`: what the race detector and the heap say. `leaks`: memory
//!   that is lost. `panics`: what a panic has printed. `environment`: the program's.
//!   `temporary`: where it puts temporary files.
//! - `descriptors`: standard output and error of the process, kept apart from the program's.

#![allow(unsafe_code)]

mod backend;
pub(crate) mod descriptors;
mod environment;
mod leaks;
pub(crate) mod panics;
mod program;
pub(crate) mod race;
mod temporary;
mod verdict;

use std::env;
use std::ffi::{OsString, c_char, c_int};
use std::path::{Path, PathBuf};

use jostle_protocol::{Ending, Outcome, Session, VARIABLE, VERSION};

use crate::carrier::context;
use crate::carrier::image::Image;
use crate::carrier::stack::DEFAULT;
use crate::engine::end::End;
use crate::engine::place::Places;
use crate::engine::{self, Engine, harness};
use crate::heap::Heap;
use crate::hot::{self, Phase};
use crate::raw::Errno;
use crate::real::Main;
use crate::session::program::Unmodified;
use crate::session::temporary::Temporary;
use crate::symbols::{Settings, Symbolizer, loaded_objects};
use crate::sys;
use crate::tokio;

/// What a session needs of the functions that take libc's place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interface {
    /// The process is one of a session: memory comes from the program's own heap.
    pub(crate) begin: fn(),
    /// Hands over that heap.
    pub(crate) take_heap: fn() -> Result<Heap, Errno>,
    /// The engine is there, and has the heap: installs handlers of fatal signals and the
    /// watchdog.
    pub(crate) install: fn(),
    /// Ends an execution with the exit code that `main` has returned.
    pub(crate) end: fn(c_int) -> !,
}

/// What the C library calls `main` with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arguments {
    pub(crate) main: Main,
    pub(crate) argc: c_int,
    pub(crate) argv: *mut *mut c_char,
    pub(crate) envp: *mut *mut c_char,
}

/// The file of the session, if the process is to have one.
pub(crate) fn asked() -> Option<PathBuf> {
    env::var_os(VARIABLE).map(PathBuf::from)
}

/// Executes the session in a file, and ends the process.
pub(crate) fn run(file: &Path, arguments: Arguments, interface: Interface) -> ! {
    (interface.begin)();
    hot::set_phase(Phase::Root);
    // SAFETY: No other OS thread is there.
    unsafe {
        env::remove_var(VARIABLE);
        // A panic that prints the stack reads all debug information first, in each
        // execution anew.
        env::remove_var("RUST_BACKTRACE");
        env::remove_var("RUST_LIB_BACKTRACE");
        // libtest reads the description of the terminal, and frees its hundreds of strings
        // at the end of each execution. Nor should executions depend on the terminal.
        env::remove_var("TERM");
    }
    let session = match Session::read(file) {
        Ok(session) => session,
        Err(error) => {
            descriptors::complain(&format!("error: {error}"));
            sys::exit(2);
        }
    };
    let temporary = Temporary::new();
    let executed = execute(&session, arguments, interface, temporary.path());
    temporary.remove();
    let (ending, code) = match executed {
        Ok(ended) => ended,
        Err(reason) => (
            Ending::Refused {
                reason,
                remedy: "`cargo jostle doctor` says what this machine lacks".to_owned(),
            },
            2,
        ),
    };
    let outcome = Outcome {
        version: VERSION,
        ending,
        cautions: crate::cautions::all(),
    };
    if let Err(error) = outcome.write(&session.result) {
        descriptors::complain(&format!("error: {error}"));
        sys::exit(2);
    }
    sys::exit(code)
}

/// How the process ends, and its exit code.
fn execute(
    session: &Session,
    arguments: Arguments,
    interface: Interface,
    temporary: Option<&Path>,
) -> Result<(Ending, c_int), String> {
    let settings = Settings {
        workspace: session.root.clone(),
        ..Settings::default()
    };
    let places = Places::new(Symbolizer::new(&settings, loaded_objects()));
    let heap = (interface.take_heap)()
        .map_err(|e| format!("no address space for the heap of the program: {e:?}"))?;
    let engine = Engine::new(session.harness, places, heap)?;
    engine::install(engine);
    (interface.install)();
    descriptors::keep()?;
    tokio::set_workers(session.tokio_workers);
    let envp = environment::prepare(temporary);
    let from = prepare_main(Arguments { envp, ..arguments }, interface.end)?;
    let first = engine::run(
        std::ptr::null_mut(),
        std::ptr::null_mut(),
        Phase::Start,
        from,
    );
    let code = match first {
        End::Fork => {
            let image = mark();
            let suite = Unmodified::new(session, image);
            if tokio::has_workers() && suite.needs_single_thread() {
                tokio::set_workers(0);
            }
            jostle_report::publish::present(session.width.into(), session.color);
            let program = OsString::from(&session.program);
            let command = session.command.iter().map(OsString::from);
            let code = jostle_cli::main_with(&suite, std::iter::once(program).chain(command));
            suite.note_cautions();
            return Ok((Ending::Explored, code.into()));
        }
        End::Exit(code) => code,
        End::Abort => 128 + libc::SIGABRT,
        End::Signal { signal, .. } => 128 + signal,
        End::Broken(why) => return Err(why),
        End::Stopped | End::Endless | End::Stuck | End::Found(_) | End::Race => {
            return Err("the program was left before its first thread".to_owned());
        }
    };
    let ending = Ending::SingleThreaded {
        exit_code: code,
        output: descriptors::tail(),
    };
    Ok((ending, code))
}

/// The arguments of `main`, and what follows it; static, since the new stack begins with
/// nothing.
static START: std::sync::Mutex<Option<Start>> = std::sync::Mutex::new(None);

struct Start(Arguments, fn(c_int) -> !);

// SAFETY: There is one OS thread.
unsafe impl Send for Start {}

/// Makes the main thread.
fn prepare_main(arguments: Arguments, end: fn(c_int) -> !) -> Result<context::Context, String> {
    *START.lock().map_err(|e| e.to_string())? = Some(Start(arguments, end));
    engine::with(|e| {
        let top = e.stacks.prepare(harness::SLOT, DEFAULT);
        let top = top.ok_or("no stack for the main thread")?;
        let block = e.tls.allocate(harness::SLOT);
        if block == 0 {
            return Err("no memory for the variables of the main thread".to_owned());
        }
        e.threads.begin_main(block);
        let calls = e.threads.row(harness::SLOT).calls;
        hot::enter(harness::SLOT, calls);
        // SAFETY: The stack was prepared, and the block is new.
        Ok(unsafe { context::fresh(top, block, begin_main) })
    })
}

/// Where the main thread begins.
extern "C" fn begin_main() -> ! {
    let (tls, start) = engine::with(|e| {
        let tls = e.tls;
        let start = e.inside(|_| START.lock().ok().and_then(|mut start| start.take()));
        (tls, start)
    });
    tls.start();
    let Some(Start(a, end)) = start else {
        // `prepare_main` has put it there.
        sys::exit(127)
    };
    // SAFETY: As the C library would call it.
    end(unsafe { (a.main)(a.argc, a.argv, a.envp) })
}

/// Marks the fork point: what each execution starts from.
fn mark() -> Image {
    engine::with(|e| {
        e.threads.mark();
        e.heap.mark();
        e.outside.mark();
        let row = e.threads.row(harness::SLOT);
        let (low, size) = e.stacks.extent(harness::SLOT);
        // Below the stack pointer lies what leaf functions keep there.
        let stack = row.context.stack.addr() - 128..low + size;
        let mut ranges = vec![stack, e.heap.used(), e.tls.extent(row.block)];
        ranges.extend_from_slice(e.outside.mappings.kept());
        // SAFETY: All of it is mapped, and the program does not run.
        unsafe { Image::take(&ranges) }
    })
}
