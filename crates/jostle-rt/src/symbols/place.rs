//! What a chain of calls is to a reader: the user's line, what it calls, who called it.
//!
//! A pure function of the chain. Invariants: the chain ends at the first frame that starts a
//! thread, a test or `main`; the place is the innermost frame of the user; what the place calls
//! is named by the frame below it, unless that only passes through or belongs to a value of the
//! user's; the standard library's frames are folded, dependencies' are not.

use jostle_site::{Frame, Site};

use super::call::Call;
use super::path::Origin;
use super::public::Role;

/// A place has no more callers than this.
pub(crate) const MAX_CALLERS: usize = 16;

/// A place, before it is a [`Site`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Place {
    /// The innermost frame of the user's or, if there is none, of a dependency or of the
    /// standard library.
    pub(super) frame: Frame,
    /// The public name of what it calls; empty if what happens there happens in its own
    /// function.
    pub(super) operation: &'static str,
    /// How that comes to what happens, innermost first: the frames of dependencies, and one
    /// for those of the standard library in a row unless they only pass through. Empty if
    /// the standard library is all there is.
    pub(super) inner: Vec<Frame>,
    /// Who called the function of the place, innermost first: frames of the same origin,
    /// each function once.
    pub(super) callers: Vec<Frame>,
}

impl Place {
    /// The place of a chain of calls, the innermost first. `None` if it is empty.
    pub(super) fn of(chain: &[Call]) -> Option<Place> {
        let chain = up_to_start(chain);
        let first = |origin| chain.iter().position(|call| call.origin == origin);
        if let Some(at) = first(Origin::User).or_else(|| first(Origin::Dependency)) {
            let (below, rest) = chain.split_at(at);
            let below = known(below);
            // The drop of the user's type is that of what it holds, and a method that a
            // trait provides for it is an adapter.
            let own = rest[0].crate_name;
            return Some(Place {
                frame: rest[0].frame,
                operation: outermost(&below, own).map_or("", |call| call.public),
                inner: inner(&below),
                callers: callers(rest),
            });
        }
        // Nothing but the standard library: what it is about is the outermost of it.
        let all = known(chain);
        Some(Place {
            frame: all.first().or(chain.first().as_ref())?.frame,
            operation: outermost(&all, "").map_or("", |call| call.public),
            inner: Vec::new(),
            callers: Vec::new(),
        })
    }

    /// As a site, the same for equal places.
    pub(super) fn site(&self) -> Site {
        Site::intern_call(self.frame, self.operation, &self.inner, &self.callers)
    }
}

/// The chain without what starts threads, and what is further out. Of a chain that has nothing
/// else the innermost frame remains.
fn up_to_start(chain: &[Call]) -> &[Call] {
    let end = chain.iter().position(|call| call.role == Role::Boundary);
    match end {
        Some(0) => &chain[..1],
        Some(end) => &chain[..end],
        None => chain,
    }
}

fn known(calls: &[Call]) -> Vec<&Call> {
    let known = calls.iter().filter(|call| call.origin != Origin::Foreign);
    known.collect()
}

/// The outermost that means something to the crate `own`, or else the outermost.
fn outermost<'a>(calls: &[&'a Call], own: &str) -> Option<&'a Call> {
    let mut outer = calls.iter().rev();
    let named = |call: &Call| match call.role {
        Role::Plain | Role::Drops => call.crate_name.is_empty() || call.crate_name != own,
        Role::Passes | Role::Boundary => false,
    };
    outer.find(|call| named(call)).or(calls.last()).copied()
}

fn inner(below: &[&Call]) -> Vec<Frame> {
    if below.iter().all(|call| call.origin == Origin::Std) {
        return Vec::new();
    }
    let is_std = |call: &Call| call.origin == Origin::Std;
    let runs = below.chunk_by(|a, b| is_std(a) && is_std(b));
    let plain = |run: &[&Call]| {
        let plain = run.iter().rev().find(|call| call.role == Role::Plain);
        plain.map(|call| call.frame)
    };
    runs.filter_map(plain).collect()
}

fn callers(rest: &[Call]) -> Vec<Frame> {
    let mut calls: Vec<&Call> = Vec::new();
    for call in rest.iter().filter(|call| call.origin == rest[0].origin) {
        // Each function once: a recursion is as deep as it happens to be.
        if !calls.iter().any(|known| known.path == call.path) {
            calls.push(call);
        }
    }
    // `#[test]` wraps the function in a closure of its own.
    if let [.., inner, outer] = calls[..]
        && outer.closure_of() == Some(inner.path)
    {
        calls.pop();
    }
    let calls = calls.into_iter().skip(1).take(MAX_CALLERS);
    calls.map(|call| call.frame).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A call in words: the origin by its file, the line, the function.
    fn call(file: &'static str, line: u32, path: &'static str) -> Call {
        let origin = match file.split('/').next() {
            Some("src") => Origin::User,
            Some("std" | "core" | "alloc" | "test") => Origin::Std,
            Some("") => Origin::Foreign,
            _ => Origin::Dependency,
        };
        let mut keep = |text: &str| -> &'static str { String::leak(text.to_owned()) };
        Call::new(path, (origin, file), (line, 1), &mut keep)
    }

    fn shown(frames: &[Frame]) -> Vec<String> {
        let frames = frames.iter();
        frames
            .map(|f| format!("{}:{} {}", f.file, f.line, f.function))
            .collect()
    }

    fn cas() -> Call {
        call(
            "core/a.rs",
            1,
            "core::sync::atomic::AtomicUsize::compare_exchange",
        )
    }

    fn start() -> Call {
        call(
            "std/b.rs",
            9,
            "std::sys::backtrace::__rust_begin_short_backtrace",
        )
    }

    #[test]
    fn a_lock_is_the_users_line_and_the_public_name() {
        let place = Place::of(&[
            cas(),
            call("std/f.rs", 2, "std::sys::sync::mutex::futex::Mutex::lock"),
            call("std/m.rs", 3, "std::sync::poison::mutex::Mutex<T>::lock"),
            call("src/pool.rs", 10, "pool::Pool<T>::close"),
            call("src/main.rs", 20, "pool::main::{{closure}}"),
            start(),
            call("src/never.rs", 1, "pool::never"),
        ])
        .unwrap();
        assert_eq!(shown(&[place.frame]), ["src/pool.rs:10 close"]);
        assert_eq!(place.operation, "Mutex::lock");
        assert_eq!(place.inner, []);
        assert_eq!(shown(&place.callers), ["src/main.rs:20 main"]);
    }

    #[test]
    fn a_dependency_shows_where_in_it_and_std_once() {
        let place = Place::of(&[
            call(
                "core/a.rs",
                0,
                "core::sync::atomic::atomic_compare_exchange",
            ),
            cas(),
            call(
                "tokio-1.54.1/src/n.rs",
                5,
                "tokio::sync::notify::Notified::poll_notified",
            ),
            call("core/o.rs", 6, "core::option::Option<T>::map"),
            call(
                "tokio-1.54.1/src/n.rs",
                7,
                "<tokio::sync::notify::Notified as core::future::future::Future>::poll",
            ),
            call(
                "core/p.rs",
                8,
                "<core::pin::Pin<P> as core::future::future::Future>::poll",
            ),
            call("src/a.rs", 9, "app::serve::{{closure}}"),
        ])
        .unwrap();
        assert_eq!(shown(&[place.frame]), ["src/a.rs:9 serve"]);
        assert_eq!(place.operation, "Notified.await");
        assert_eq!(
            shown(&place.inner),
            [
                "core/a.rs:1 AtomicUsize::compare_exchange",
                "tokio-1.54.1/src/n.rs:5 Notified::poll_notified",
                "tokio-1.54.1/src/n.rs:7 Notified.await",
            ]
        );
    }

    #[test]
    fn a_drop_is_that_of_what_is_shared() {
        let user = call("src/a.rs", 9, "app::stop");
        let container = call(
            "core/p.rs",
            1,
            "core::ptr::drop_in_place<alloc::vec::Vec<T>>",
        );
        let place = Place::of(&[
            cas(),
            call(
                "alloc/s.rs",
                2,
                "<alloc::sync::Arc<T,A> as core::ops::drop::Drop>::drop",
            ),
            call(
                "core/p.rs",
                1,
                "core::ptr::drop_in_place<alloc::sync::Arc<u32>>",
            ),
            call(
                "alloc/v.rs",
                3,
                "<alloc::vec::Vec<T,A> as core::ops::drop::Drop>::drop",
            ),
            container,
            call("core/m.rs", 4, "core::mem::drop"),
            user,
        ]);
        assert_eq!(place.unwrap().operation, "Arc::drop");
        assert_eq!(
            Place::of(&[container, user]).unwrap().operation,
            "Vec::drop"
        );
        assert_eq!(Place::of(&[user]).unwrap().operation, "");
    }

    #[test]
    fn the_drop_of_the_users_value_is_that_of_what_it_holds() {
        let drop = |of| call("core/p.rs", 805, of);
        let chain = [
            cas(),
            call(
                "tokio-1.54.1/src/c.rs",
                5,
                "<tokio::mpsc::Tx<T,S> as core::ops::drop::Drop>::drop",
            ),
            drop("core::ptr::drop_in_place<tokio::mpsc::Tx<u8>>"),
            drop("core::ptr::drop_in_place<tokio::mpsc::Sender<u8>>"),
            drop("core::ptr::drop_in_place<app::State>"),
            drop("core::ptr::drop_in_place<app::serve::{{closure}}>"),
            call("src/a.rs", 9, "app::stop"),
        ];
        let place = Place::of(&chain).unwrap();
        assert_eq!(place.operation, "Sender::drop");
        assert_eq!(
            shown(&place.inner),
            [
                "core/a.rs:1 AtomicUsize::compare_exchange",
                "tokio-1.54.1/src/c.rs:5 Tx::drop"
            ]
        );
    }

    #[test]
    fn without_a_user_the_innermost_of_a_dependency_is_the_place() {
        let place = Place::of(&[
            cas(),
            call("std/c.rs", 2, "std::sync::poison::condvar::Condvar::wait"),
            call(
                "tokio-1.54.1/src/p.rs",
                3,
                "tokio::runtime::park::Inner::park",
            ),
            call("tokio-1.54.1/src/w.rs", 4, "tokio::runtime::worker::run"),
            start(),
        ])
        .unwrap();
        assert_eq!(
            shown(&[place.frame]),
            ["tokio-1.54.1/src/p.rs:3 Inner::park"]
        );
        assert_eq!(place.operation, "Condvar::wait");
        assert_eq!(
            shown(&place.callers),
            ["tokio-1.54.1/src/w.rs:4 runtime::run"]
        );
    }

    #[test]
    fn of_std_alone_the_outermost_says_what_it_is_about() {
        let place = Place::of(&[
            cas(),
            call(
                "alloc/s.rs",
                2,
                "<alloc::sync::Arc<T,A> as core::ops::drop::Drop>::drop",
            ),
            call(
                "std/s.rs",
                3,
                "std::thread::lifecycle::spawn_unchecked::{{closure}}",
            ),
            call(
                "std/t.rs",
                4,
                "std::sys::thread::unix::Thread::new::thread_start",
            ),
        ])
        .unwrap();
        assert_eq!(
            shown(&[place.frame]),
            ["core/a.rs:1 AtomicUsize::compare_exchange"]
        );
        assert_eq!(place.operation, "thread::spawn_unchecked");
    }

    #[test]
    fn a_start_alone_and_what_is_foreign_are_still_places() {
        assert_eq!(Place::of(&[]), None);
        assert_eq!(Place::of(&[start()]).unwrap().frame.line, 9);
        let foreign = call("", 0, "start_thread");
        assert_eq!(Place::of(&[foreign]).unwrap().frame, foreign.frame);
        let user = call("src/a.rs", 9, "app::stop");
        let place = Place::of(&[cas(), foreign, user, foreign]).unwrap();
        assert_eq!(
            (place.operation, place.inner.len()),
            ("AtomicUsize::compare_exchange", 0)
        );
    }

    #[test]
    fn a_recursion_is_shown_once_and_the_wrapper_of_a_test_not_at_all() {
        let fib = |line| call("src/fib.rs", line, "app::fib");
        let test = call("src/t.rs", 30, "app::tests::recurses");
        let wrapper = call("src/t.rs", 29, "app::tests::recurses::{{closure}}");
        let chain = [cas(), fib(3), fib(4), fib(3), test, wrapper, start()];
        let place = Place::of(&chain).unwrap();
        assert_eq!(shown(&place.callers), ["src/t.rs:30 recurses"]);
        assert_eq!(
            Some(place),
            Place::of(&[cas(), fib(3), test, wrapper, start()])
        );
    }

    #[test]
    fn callers_are_limited() {
        let names: Vec<&str> = (0..40).map(|n| &*format!("app::f{n}").leak()).collect();
        let mut chain = vec![cas()];
        chain.extend(names.iter().map(|name| call("src/f.rs", 1, name)));
        assert_eq!(Place::of(&chain).unwrap().callers.len(), MAX_CALLERS);
    }
}
