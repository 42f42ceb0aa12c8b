//! Memory allocators written in C, redirected to the runtime's.
//!
//! They take memory from the kernel and keep their own state there, where neither the
//! restoring of executions nor the detection of freed memory reaches. Redirecting Rust's
//! `__rust_alloc` would not be enough: calls to the allocator are inlined into user code.
//! So the linker replaces references to the entry points of the C library
//! (`--wrap=mi_malloc` makes them `__wrap_mi_malloc`, which the runtime defines).

use serde::{Deserialize, Serialize};

/// An allocator and the functions by which Rust code uses it.
struct Allocator {
    name: &'static str,
    entries: &'static [&'static str],
}

/// Those that are known.
const KNOWN: &[Allocator] = &[
    Allocator {
        name: "mimalloc",
        entries: &[
            "mi_malloc",
            "mi_zalloc",
            "mi_malloc_aligned",
            "mi_zalloc_aligned",
            "mi_realloc",
            "mi_realloc_aligned",
            "mi_free",
        ],
    },
    Allocator {
        name: "jemalloc",
        entries: &[
            "_rjem_malloc",
            "_rjem_mallocx",
            "_rjem_calloc",
            "_rjem_rallocx",
            "_rjem_realloc",
            "_rjem_sdallocx",
            "_rjem_free",
        ],
    },
];

/// What was done about an allocator that a program contains.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Redirected {
    /// Its name.
    pub(crate) allocator: String,
    /// The functions that go to the runtime. None if the runtime has no counterparts:
    /// then its memory is not under control.
    pub(crate) functions: Vec<String>,
}

/// Whether a symbol is an entry point.
pub(crate) fn is_entry(symbol: &str) -> bool {
    KNOWN.iter().any(|it| it.entries.contains(&symbol))
}

/// What to redirect, given the entry points that the inputs define and what the runtime
/// defines. All of an allocator or nothing: memory must not come from one and go back to
/// another.
pub(crate) fn redirect(entries: &[String], runtime: impl Fn(&str) -> bool) -> Vec<Redirected> {
    let present = |it: &&Allocator| {
        it.entries
            .iter()
            .any(|name| entries.iter().any(|e| e == name))
    };
    KNOWN
        .iter()
        .filter(present)
        .map(|it| {
            let covered = it
                .entries
                .iter()
                .all(|name| runtime(&format!("__wrap_{name}")));
            let functions = if covered { it.entries } else { &[] };
            Redirected {
                allocator: it.name.to_owned(),
                functions: functions.iter().map(|&name| name.to_owned()).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_allocator_that_is_there_is_redirected() {
        let entries = ["mi_malloc".to_owned(), "unrelated".to_owned()];
        let redirected = redirect(&entries, |_| true);
        assert_eq!(redirected.len(), 1);
        assert_eq!(redirected[0].allocator, "mimalloc");
        assert_eq!(redirected[0].functions.len(), 7);
        assert_eq!(redirect(&[], |_| true), []);
    }

    #[test]
    fn a_runtime_that_lacks_one_function_takes_none() {
        let redirected = redirect(&["_rjem_free".to_owned()], |it| it != "__wrap__rjem_calloc");
        assert_eq!(redirected[0].allocator, "jemalloc");
        assert!(redirected[0].functions.is_empty());
    }
}
