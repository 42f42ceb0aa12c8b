//! What users call a function, and which functions they do not think of.
//!
//! The path of a function says where its source stands, which is not how it is written:
//! `std::sync::poison::mutex::Mutex<T>::lock` is `Mutex::lock`, and
//! `std::thread::functions::spawn` is `thread::spawn`.

use super::name::{Name, last_of_type, modules_of_type};
use super::path::Origin;

/// What a function is to somebody who reads a chain of calls.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// A function that somebody called for what it does.
    Plain,
    /// Drops a value of a type that has a public name, on behalf of the compiler.
    Drops,
    /// Only passes through to what it was given: a closure's call, an adapter, the drop of
    /// a container. What somebody means is further in.
    Passes,
    /// Starts a thread, a test or `main`: nothing further out is of interest.
    Boundary,
}

/// The public name: `Mutex::lock`, `Notified.await`, `thread::spawn`.
pub(super) fn public_name(name: &Name<'_>) -> String {
    if let Some(dropped) = name.drops {
        return format!("{}::drop", last_of_type(dropped).unwrap_or("value"));
    }
    let function = name.function;
    if let Some(owner) = name.owner {
        return match name.is_method("Future", "poll") {
            true => format!("{owner}.await"),
            false => format!("{owner}::{function}"),
        };
    }
    match function {
        // What `println!` and `eprintln!` come to.
        "_print" => return "print!".to_owned(),
        "_eprint" => return "eprint!".to_owned(),
        _ => {}
    }
    let module = name.modules.iter().rev();
    let known = module.clone().find(|module| PUBLIC.contains(module));
    match known.or(name.modules.first()) {
        Some(module) => format!("{module}::{function}"),
        None => function.to_owned(),
    }
}

/// Modules by which functions are commonly called. Others are taken for private, and the
/// function is named by its crate.
const PUBLIC: &[&str] = &[
    "atomic",
    "broadcast",
    "env",
    "epoch",
    "fs",
    "future",
    "hint",
    "io",
    "mem",
    "mpsc",
    "net",
    "oneshot",
    "panic",
    "process",
    "ptr",
    "runtime",
    "signal",
    "task",
    "thread",
    "time",
    "watch",
];

/// The role of a function of this origin.
pub(super) fn role(name: &Name<'_>, origin: Origin) -> Role {
    if name.function.starts_with("__rust_begin_short_backtrace") {
        return Role::Boundary;
    }
    if origin == Origin::User {
        return Role::Plain;
    }
    if let Some(dropped) = name.drops {
        // The drop of what owns something else is the drop of that.
        let named = last_of_type(dropped).is_some();
        return match named && !passes(&modules_of_type(dropped)) {
            true => Role::Drops,
            false => Role::Passes,
        };
    }
    if origin != Origin::Std {
        return Role::Plain;
    }
    let begins = |paths: &[&[&str]]| paths.iter().any(|path| name.modules.starts_with(path));
    if begins(BOUNDARIES) || begins(THREADS) && name.function == "thread_start" {
        Role::Boundary
    } else if passes(&name.modules) {
        Role::Passes
    } else {
        Role::Plain
    }
}

/// The crate of a function or, if it drops a value, of the value's type.
pub(super) fn crate_of<'a>(name: &Name<'a>) -> &'a str {
    let modules = match name.drops {
        Some(dropped) => modules_of_type(dropped),
        None => name.modules.clone(),
    };
    modules.first().copied().unwrap_or_default()
}

fn passes(modules: &[&str]) -> bool {
    modules.is_empty() || PASSING.iter().any(|path| modules.starts_with(path))
}

const BOUNDARIES: &[&[&str]] = &[&["test"], &["std", "rt"]];

const THREADS: &[&[&str]] = &[&["std", "sys"]];

/// Modules of the standard library whose functions call what they were given, or drop or
/// compare what they hold.
const PASSING: &[&[&str]] = &[
    &["alloc", "borrow"],
    &["alloc", "boxed"],
    &["alloc", "collections"],
    &["alloc", "raw_vec"],
    &["alloc", "rc"],
    &["alloc", "slice"],
    &["alloc", "string"],
    &["alloc", "vec"],
    &["core", "any"],
    &["core", "array"],
    &["core", "borrow"],
    &["core", "cell"],
    &["core", "clone"],
    &["core", "cmp"],
    &["core", "convert"],
    &["core", "default"],
    &["core", "fmt"],
    &["core", "future"],
    &["core", "iter"],
    &["core", "mem"],
    &["core", "ops"],
    &["core", "option"],
    &["core", "panic"],
    &["core", "pin"],
    &["core", "ptr"],
    &["core", "result"],
    &["core", "slice"],
    &["hashbrown"],
    &["std", "collections"],
    &["std", "panic"],
    &["std", "panicking"],
    &["std", "sys", "thread_local"],
    &["std", "thread", "local"],
];

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> String {
        public_name(&Name::parse(text))
    }

    #[test]
    fn functions_are_called_as_users_write_them() {
        for (text, expected) in [
            ("std::sync::poison::mutex::Mutex<T>::lock", "Mutex::lock"),
            ("<std::sync::mpsc::Sender<u32>>::send", "Sender::send"),
            (
                "core::sync::atomic::AtomicUsize::fetch_add",
                "AtomicUsize::fetch_add",
            ),
            ("core::sync::atomic::fence", "atomic::fence"),
            ("core::sync::atomic::AtomicPtr<T>::swap", "AtomicPtr::swap"),
            (
                "<alloc::sync::Arc<T,A> as core::ops::drop::Drop>::drop",
                "Arc::drop",
            ),
            (
                "core::ptr::drop_in_place<alloc::sync::Arc<u32>>",
                "Arc::drop",
            ),
            ("core::ptr::drop_in_place::<(u8, u8)>", "value::drop"),
            ("std::thread::functions::spawn", "thread::spawn"),
            (
                "std::thread::functions::spawn::<main::f::{closure#0}, ()>",
                "thread::spawn",
            ),
            ("std::sync::mpsc::channel", "mpsc::channel"),
            (
                "std::thread::scoped::<impl std::thread::builder::Builder>::spawn_scoped",
                "Builder::spawn_scoped",
            ),
            ("std::io::stdio::_print", "print!"),
            ("tokio::task::spawn::spawn", "task::spawn"),
            ("tokio::sync::mpsc::bounded::channel", "mpsc::channel"),
            (
                "tokio::sync::mutex::Mutex<T>::lock::{{closure}}",
                "Mutex::lock",
            ),
            (
                "<tokio::sync::notify::Notified as core::future::future::Future>::poll",
                "Notified.await",
            ),
            (
                "crossbeam_channel::channel::bounded",
                "crossbeam_channel::bounded",
            ),
            ("rayon_core::join::join", "rayon_core::join"),
            ("sqlite3_open", "sqlite3_open"),
        ] {
            assert_eq!(public(text), expected, "{text}");
        }
    }

    #[test]
    fn the_role_depends_on_whose_function_it_is() {
        for (text, origin, expected) in [
            (
                "core::ops::function::FnOnce::call_once",
                Origin::Std,
                Role::Passes,
            ),
            (
                "<&mut F as core::future::future::Future>::poll",
                Origin::Std,
                Role::Passes,
            ),
            (
                "<alloc::vec::Vec<T,A> as core::ops::drop::Drop>::drop",
                Origin::Std,
                Role::Passes,
            ),
            (
                "core::ptr::drop_in_place<main::Pool>",
                Origin::Std,
                Role::Drops,
            ),
            (
                "core::ptr::drop_in_place<alloc::vec::Vec<tokio::a::Sender<u8>>>",
                Origin::Std,
                Role::Passes,
            ),
            (
                "core::ptr::drop_in_place::<(a::Sender, u8)>",
                Origin::Std,
                Role::Passes,
            ),
            (
                "core::ptr::drop_in_place<main::work::{{closure}}>",
                Origin::Std,
                Role::Passes,
            ),
            (
                "<alloc::sync::Arc<T,A> as core::ops::drop::Drop>::drop",
                Origin::Std,
                Role::Plain,
            ),
            (
                "std::sync::poison::mutex::Mutex<T>::lock",
                Origin::Std,
                Role::Plain,
            ),
            (
                "std::sys::backtrace::__rust_begin_short_backtrace",
                Origin::Std,
                Role::Boundary,
            ),
            (
                "test::__rust_begin_short_backtrace",
                Origin::Std,
                Role::Boundary,
            ),
            ("test::run_test", Origin::Std, Role::Boundary),
            ("test::pool::closes", Origin::User, Role::Plain),
            ("std::rt::lang_start_internal", Origin::Std, Role::Boundary),
            (
                "std::sys::thread::unix::Thread::new::thread_start",
                Origin::Std,
                Role::Boundary,
            ),
            (
                "std::sys::thread::unix::Thread::join",
                Origin::Std,
                Role::Plain,
            ),
            (
                "futures_util::future::map::Map<A,B>::poll",
                Origin::Dependency,
                Role::Plain,
            ),
        ] {
            assert_eq!(role(&Name::parse(text), origin), expected, "{text}");
        }
    }

    #[test]
    fn a_drop_belongs_to_the_crate_of_the_type() {
        for (text, expected) in [
            ("core::ptr::drop_in_place<main::Pool>", "main"),
            ("<main::Iter as core::iter::Iterator>::map", "main"),
            ("std::sync::mpsc::channel", "std"),
            ("main", ""),
        ] {
            assert_eq!(crate_of(&Name::parse(text)), expected, "{text}");
        }
    }
}
