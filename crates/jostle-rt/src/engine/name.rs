//! What objects are called, and which are the standard library's own affair.

use std::collections::HashMap;

use jostle_core::op::{OpKind, Site};

use crate::carrier::stack::is_stack;
use crate::heap::is_heap;
use crate::symbols::{Home, Symbol, Symbolizer, kind_of_object, object_name};

/// What lies at an address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Named {
    /// An object of this name.
    Object(&'static str),
    /// A static in which the standard library remembers something for itself.
    Bookkeeping,
}

/// Statics of the standard library that carry nothing from one thread of the program to
/// another: counters of panics and thread numbers, and what was found out once about the
/// system. Whoever reads one takes it for a hint or for a cache, so that no order of
/// operations on them makes a difference to the program. Each thread reads several as it
/// starts.
const BOOKKEEPING: &[&str] = &[
    "COUNTER",
    "DEBUG_PATH_EXISTS",
    "DLSYM",
    "DTORS",
    "ENABLED",
    "FIRST_PANIC",
    "GETRANDOM_AVAILABLE",
    "GLOBAL_PANIC_COUNT",
    "GRND_INSECURE_AVAILABLE",
    "HAS_COPY_FILE_RANGE",
    "HAS_SENDFILE",
    "HAS_SPLICE",
    "MAIN",
    "MAIN_ALTSTACK",
    "MIN",
    "NEED_ALTSTACK",
    "ON_BROKEN_PIPE_USED",
    "OUTPUT_CAPTURE_USED",
    "PAGE_SIZE",
    "PIDFD_SUPPORTED",
    "SHOULD_CAPTURE",
    "STATX_SAVED_STATE",
    "URANDOM_READY",
];

/// Names of statics, which stay where they are. What lies elsewhere is named anew each time.
#[derive(Debug, Default)]
pub(crate) struct Names {
    statics: HashMap<usize, Option<Named>>,
}

impl Names {
    /// What lies at `address`, where `op` at `site` is the first operation of an execution.
    pub(crate) fn of(
        &mut self,
        address: usize,
        op: OpKind,
        site: Site,
        symbols: &mut Symbolizer,
    ) -> Named {
        if is_heap(address) || is_stack(address) {
            return Named::Object(elsewhere(op, site));
        }
        let looked_up = self.statics.entry(address).or_insert_with(|| {
            let symbol = symbols.symbol_of(address)?;
            Some(match is_bookkeeping(&symbol) {
                true => Named::Bookkeeping,
                false => Named::Object(object_name(Home::Static(&symbol), "").leak()),
            })
        });
        looked_up.unwrap_or_else(|| Named::Object(elsewhere(op, site)))
    }
}

/// What is in no static is called by what is done to it.
fn elsewhere(op: OpKind, site: Site) -> &'static str {
    match kind_of_object(site.operation()) {
        "" => kind(op),
        kind => kind,
    }
}

/// By the operation alone.
fn kind(op: OpKind) -> &'static str {
    match op {
        OpKind::Load | OpKind::Store | OpKind::Rmw => "atomic",
        OpKind::Wait | OpKind::NotifyOne | OpKind::NotifyAll => "futex",
        OpKind::Recv | OpKind::Send | OpKind::Close | OpKind::Select | OpKind::Add => "descriptor",
        OpKind::Lock | OpKind::TryLock | OpKind::Unlock => "pthread mutex",
        _ => "object",
    }
}

fn is_bookkeeping(symbol: &Symbol) -> bool {
    let path = symbol.name.trim_start_matches('<');
    let last = path.rsplit("::").next().unwrap_or(path);
    // LLVM numbers the parts of a static that it has split.
    let last = last.split('.').next().unwrap_or(last);
    path.starts_with("std::") && BOOKKEEPING.contains(&last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_standard_librarys_own_statics_are_bookkeeping() {
        let is = |name: &str| {
            is_bookkeeping(&Symbol {
                name: name.to_owned(),
                offset: 0,
            })
        };
        assert!(is("std::panicking::panic_count::GLOBAL_PANIC_COUNT"));
        assert!(is("<std::thread::id::ThreadId>::new::COUNTER"));
        assert!(is(
            "std::sys::pal::unix::stack_overflow::imp::NEED_ALTSTACK.0"
        ));
        assert!(!is("std::panicking::HOOK"));
        assert!(!is("my_crate::COUNTER"));
        assert!(!is("stdx::COUNTER"));
    }
}
