//! Turns return addresses into the user's part of a backtrace.

use std::ffi::c_void;
use std::fmt::Write;

/// One call in a backtrace.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Frame {
    function: String,
    place: Option<String>,
}

/// The backtrace of these return addresses, innermost first, as lines of text:
/// the calls of the task without those of the runtime, of the standard library
/// and of whatever started the task.
pub(crate) fn describe(addresses: &[usize]) -> String {
    let mut frames = Vec::new();
    for &address in addresses {
        // A return address may lie behind the last line of its function.
        let call = address.saturating_sub(1) as *mut c_void;
        backtrace::resolve(call, |symbol| {
            let Some(name) = symbol.name() else { return };
            // The alternate form leaves out the hash.
            let function = format!("{name:#}");
            let place = symbol.filename().map(|file| {
                let line = symbol.lineno().unwrap_or(0);
                format!("{}:{line}", file.display())
            });
            frames.push(Frame { function, place });
        });
    }
    let mut text = String::new();
    for frame in trim(&frames) {
        let _ = write!(text, "    in {}", frame.function);
        match &frame.place {
            Some(place) => {
                let _ = writeln!(text, "\n       at {place}");
            }
            None => text.push('\n'),
        }
    }
    text
}

/// The calls that are the user's, and the one that the innermost of them makes.
fn trim(frames: &[Frame]) -> Vec<&Frame> {
    let bottom = frames
        .iter()
        .position(|f| f.function.contains(BOTTOM))
        .unwrap_or(frames.len());
    // What stands above the signal's frame is the handler.
    let top = frames[..bottom]
        .iter()
        .rposition(|f| f.function.starts_with("jostle::watchdog::stack_capture"))
        .map_or(0, |at| at + 1);
    let task = &frames[top..bottom];
    let Some(first) = task.iter().position(is_users) else {
        return task.iter().collect();
    };
    task[..first]
        .last()
        .into_iter()
        .chain(task[first..].iter().filter(|f| is_users(f)))
        .collect()
}

/// Below this module's frames lies whoever resumed the task.
const BOTTOM: &str = "jostle::rt::coroutine::";

/// Functions that are not the user's begin with these, perhaps after a `<`, which stands
/// before the type of a trait's method.
const NOISE: &[&str] = &[
    "std::",
    "core::",
    "alloc::",
    "corosensei::",
    "jostle::",
    "jostle_core::",
];

fn is_users(frame: &Frame) -> bool {
    let name = frame.function.trim_start_matches(['<', '&']);
    // A name without a path is a C function's: of the C library, for all we know.
    name.contains("::") && !NOISE.iter().any(|noise| name.starts_with(noise))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_tasks_own_calls_remain() {
        let names = [
            "jostle::watchdog::stack_capture::record_stack",
            "__restore_rt",
            "clock_nanosleep",
            "std::sys::thread::sleep",
            "std::thread::sleep",
            "pool::drain",
            "<pool::Job as core::ops::FnOnce>::call_once",
            "core::ops::function::FnOnce::call_once",
            "jostle_core::kernel::Kernel::decide",
            "jostle::thread::spawn::start::{{closure}}",
            "<alloc::boxed::Box<F,A> as core::ops::function::FnOnce<Args>>::call_once",
            "jostle::rt::coroutine::Worker::new::{{closure}}",
            "corosensei::trampoline",
            "pool::main",
        ];
        let frames: Vec<Frame> = names
            .iter()
            .map(|name| Frame {
                function: (*name).to_owned(),
                place: None,
            })
            .collect();
        let left: Vec<&str> = trim(&frames).iter().map(|f| &*f.function).collect();
        assert_eq!(
            left,
            [
                "std::thread::sleep",
                "pool::drain",
                "<pool::Job as core::ops::FnOnce>::call_once",
            ]
        );
    }
}
