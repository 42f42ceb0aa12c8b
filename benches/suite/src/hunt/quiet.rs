//! Panics that are what is being looked for are not to be printed.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::thread;

thread_local! {
    /// Whether panics of this OS thread are caught by who expects them.
    static EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// Makes the panics of hunts silent. shuttle prints in a hook that it puts before
/// whatever hook there is, once and for all; so it has to put it there first.
pub(crate) fn install() {
    let scheduler = shuttle::scheduler::RoundRobinScheduler::new(1);
    shuttle::Runner::new(scheduler, shuttle::Config::default()).run(|| {});
    drop(panic::take_hook());
    let print = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !EXPECTED.get() {
            print(info);
        }
    }));
}

/// Runs `hunt` on an OS thread of its own and returns the message of its panic, if
/// it panics. What a failed execution leaves behind in shuttle's or loom's thread
/// locals ends with the thread.
pub(super) fn panic_of(hunt: impl FnOnce() + Send) -> Option<String> {
    let result = thread::scope(|scope| {
        let hunting = scope.spawn(|| {
            EXPECTED.set(true);
            panic::catch_unwind(AssertUnwindSafe(hunt))
        });
        hunting.join()
    });
    let (Ok(Err(payload)) | Err(payload)) = result else {
        return None;
    };
    Some(message(&*payload))
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}
