//! Records task panics and resets panic state between executions.
//!
//! A hook records the message and the place of a panic inside an execution and prints nothing.
//! Whether the panic is a finding is decided where the task's body unwinds, since the task may
//! catch it. The panic of a strategy is recorded as well: unless the strategy catches it, it
//! breaks the execution.
//!
//! One panic cannot be caught. When a destructor panics while its task unwinds, Rust calls the
//! hook a last time and then aborts the process. The hook never returns from that call: it gives
//! up the stack and goes back to the code that resumed it. That leaves the panic count of this OS
//! thread raised for ever, so the thread is marked as spoiled and must not execute anything
//! else. The same holds for a stack that is given up in the middle of its unwinding for another
//! reason.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

use jostle_core::finding::{Finding, Kind, Place};
use jostle_core::id::TaskId;

use crate::rt::current::{self, Current};
use crate::rt::stack_label::StackLabel;
use crate::rt::thread_status::ThreadStatus;
use crate::rt::{forced_unwind, switch, tasks};
use crate::sanitizer;

/// The message and the place of a panic.
#[derive(Clone, Debug)]
pub(crate) struct PanicInfo {
    pub(crate) message: String,
    pub(crate) place: Option<Place>,
}

/// The payload of a panic that stands for the misuse of a primitive.
#[derive(Clone, Debug)]
pub(crate) struct Misuse(pub(crate) String);

/// The payload that unwinds leftover tasks.
pub(crate) struct Teardown;

/// The messages of the standard library's panics that cannot unwind: the
/// process aborts as soon as the hook returns.
const ABORTING: [&str; 2] = [
    "panic in a destructor during cleanup",
    "panic in a function that cannot unwind",
];

// The notes of the hook lie beside the execution, not in it, so that a panic of
// the runtime itself finds them free.
std::thread_local! {
    /// Whether either of the other two holds anything.
    static NOTED: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<PanicInfo>> = const { RefCell::new(None) };
    /// Tasks of this thread's execution that have panicked or been unwound.
    static PANICKED: RefCell<Vec<TaskId>> = const { RefCell::new(Vec::new()) };
}

/// Forgets the panics of the last execution.
#[inline]
pub(crate) fn forget() {
    if NOTED.take() {
        LAST.take();
        PANICKED.with_borrow_mut(Vec::clear);
    }
}

/// Takes what is known of the last panic.
pub(crate) fn take_last() -> Option<PanicInfo> {
    LAST.take()
}

/// The last panic and its place, which are known unless it did not pass the hook.
pub(crate) fn last_in_words() -> String {
    LAST.with_borrow(|last| match last {
        Some(PanicInfo {
            message,
            place: Some(place),
        }) => format!("{message} (at {place})"),
        Some(PanicInfo { message, .. }) => message.clone(),
        None => "a panic without a message".to_owned(),
    })
}

/// Drops what user code unwound with. That is user code as well, and whatever it
/// unwinds with in turn is not looked at any more.
pub(crate) fn discard(payload: Box<dyn Any + Send>) {
    let dropped = panic::catch_unwind(AssertUnwindSafe(move || drop(payload)));
    std::mem::forget(dropped);
}

/// Panics with Go's or std's words for a misuse; the finding's kind is
/// [`Kind::Misuse`], shown at the caller's site.
#[track_caller]
pub(crate) fn misuse(message: impl Into<String>) -> ! {
    let message = message.into();
    if tasks::is_teardown() && tasks::panicking() {
        unreachable!("primitives do not misuse themselves while a task is torn down: {message}");
    }
    panic::panic_any(Misuse(message))
}

/// Whether the running task is unwinding.
///
/// [`std::thread::panicking`] speaks of the OS thread, which is also true while
/// some other task is suspended in a destructor that waits.
#[inline]
pub(crate) fn panicking(current: Current) -> bool {
    std::thread::panicking() && is_mine(current)
}

#[cold]
fn is_mine(current: Current) -> bool {
    let _inside = sanitizer::inside();
    let me = current.with(|x| x.kernel.current());
    // The last one first: in teardown that is the running task.
    PANICKED.with_borrow(|list| list.iter().rev().any(|&task| task == me))
        || current.with(|x| {
            let mut rows = x.tasks[..x.kernel.task_count()].iter().enumerate();
            !rows.any(|(i, row)| row.unwinding && i != me.index())
        })
}

/// The running task is about to be unwound. What the runtime unwinds does not
/// pass the hook.
pub(crate) fn unwinds() {
    let _inside = sanitizer::inside();
    // The label, not the execution, which a panic of the runtime may hold.
    let running = ThreadStatus::existing()
        .and_then(ThreadStatus::label)
        .map(StackLabel::task);
    PANICKED.with_borrow_mut(|list| list.extend(running));
}

/// Puts the hook in front of the present one, once.
pub(crate) fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let outer = panic::take_hook();
        panic::set_hook(Box::new(move |info| match current::try_get() {
            Some(current) => of_task(current, info),
            // A strategy's.
            None if current::is_detached() && !aborts(info) => note(info),
            None => outer(info),
        }));
    });
}

/// Whether the process aborts when the hook returns.
pub(super) fn aborts(info: &PanicHookInfo<'_>) -> bool {
    ABORTING.contains(&message(info.payload()).as_str())
}

fn of_task(current: Current, info: &PanicHookInfo<'_>) {
    let _inside = sanitizer::inside();
    if aborts(info) {
        give_up(current);
        // std made `info` in the frame that holds its lock on the hook.
        forced_unwind::unwind_past(info, stay_away);
    }
    note(info);
    unwinds();
}

fn note(info: &PanicHookInfo<'_>) {
    let _inside = sanitizer::inside();
    let message = message(info.payload());
    let place = info.location().map(|l| Place {
        file: l.file().to_owned(),
        line: l.line(),
        column: l.column(),
    });
    NOTED.set(true);
    LAST.set(Some(PanicInfo { message, place }));
}

fn give_up(current: Current) {
    current.with(|x| {
        let last = take_last();
        let mut finding = Finding::new(
            Kind::Panic,
            format!(
                "a destructor panicked while its task was unwinding, which aborts the process: {}",
                last.as_ref().map_or("", |p| p.message.as_str())
            ),
        );
        finding.task = Some(x.kernel.current());
        finding.place = last.and_then(|p| p.place);
        x.find(finding);
        x.spoiled = true;
        x.mine().abandoned = true;
    });
}

/// Has std forget that this thread is inside the hook: it would abort at the next panic.
/// The end of any unwinding does that.
pub(super) fn leave_hook() {
    let end = panic::catch_unwind(|| panic::resume_unwind(Box::new(Teardown)));
    drop(end);
}

/// The end of a task whose stack has been given up.
fn stay_away() -> ! {
    leave_hook();
    loop {
        switch::suspend_any(current::get("panic"));
    }
}

/// The message of a payload as the standard hook prints it.
pub(crate) fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(s) = payload.downcast_ref::<&str>() {
        (*s).to_owned()
    } else if let Some(s) = payload.downcast_ref::<String>() {
        s.clone()
    } else if let Some(Misuse(s)) = payload.downcast_ref::<Misuse>() {
        s.clone()
    } else {
        "Box<dyn Any>".to_owned()
    }
}
