//! tokio's single-threaded runtime, made a multi-threaded one.
//!
//! A `current_thread` runtime polls its tasks in one order, so that most `#[tokio::test]`s
//! would hide what production does. The linker redirects
//! `Builder::new_current_thread` to `Builder::new_multi_thread`: both take nothing and
//! return a `Builder`. Their mangled names differ with each version and build of tokio
//! and are read from its archive.
//!
//! Which one is called is decided when the program runs, by a variable of the runtime:
//! cargo would not link again for a change of the environment, and tests that pause time
//! need the single-threaded runtime. A runtime without the variable leaves it to the
//! environment of the linker.

use object::{Object as _, ObjectSymbol as _};
use serde::{Deserialize, Serialize};

/// The environment variable that asks for it: a number of worker threads above 0.
pub(crate) const WORKERS: &str = "JOSTLE_TOKIO_WORKERS";

/// The variable of the runtime: 32 bits, how many workers there are to be, 0 for tokio's
/// single-threaded runtime.
pub(crate) const SWITCH: &str = "jostle_tokio_workers";

/// The symbols of the two constructors in one build of tokio.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Constructors {
    /// `Builder::new_current_thread`.
    pub(crate) current_thread: String,
    /// `Builder::new_multi_thread`; none if tokio was built without `rt-multi-thread`.
    pub(crate) multi_thread: Option<String>,
}

impl Constructors {
    /// Looks for them among the objects of tokio.
    pub(crate) fn find<'a>(objects: impl IntoIterator<Item = &'a [u8]>) -> Option<Self> {
        let (mut current_thread, mut multi_thread) = (None, None);
        for data in objects {
            let Ok(file) = object::File::parse(data) else {
                continue;
            };
            for symbol in file
                .symbols()
                .filter(|it| it.is_definition() && it.is_global())
            {
                let Ok(name) = symbol.name() else { continue };
                if is_constructor(name, "18new_current_thread") {
                    current_thread = Some(name.to_owned());
                } else if is_constructor(name, "16new_multi_thread") {
                    multi_thread = Some(name.to_owned());
                }
            }
        }
        Some(Self {
            current_thread: current_thread?,
            multi_thread,
        })
    }

    /// The arguments for the linker that replace one by the other, always.
    pub(crate) fn replace(&self) -> Vec<String> {
        let Self {
            current_thread,
            multi_thread: Some(multi_thread),
        } = self
        else {
            return Vec::new();
        };
        vec![
            format!("-Wl,--wrap={current_thread}"),
            format!("-Wl,--defsym=__wrap_{current_thread}={multi_thread}"),
        ]
    }

    /// The argument for the linker and the assembly that let the runtime choose.
    ///
    /// The assembly goes on in one of the two with all registers and the stack as they
    /// were, apart from `rax`, which holds no argument.
    pub(crate) fn choose(&self) -> Option<(String, String)> {
        let Self {
            current_thread,
            multi_thread,
        } = self;
        let multi_thread = multi_thread.as_ref()?;
        let assembly = format!(
            "\t.text\n\
             \t.globl\t__wrap_{current_thread}\n\
             \t.type\t__wrap_{current_thread},@function\n\
             __wrap_{current_thread}:\n\
             \tmovq\t{SWITCH}@GOTPCREL(%rip), %rax\n\
             \tcmpl\t$0, (%rax)\n\
             \tjne\t{multi_thread}@PLT\n\
             \tjmp\t__real_{current_thread}@PLT\n\
             \t.section\t.note.GNU-stack,\"\",@progbits\n"
        );
        Some((format!("-Wl,--wrap={current_thread}"), assembly))
    }
}

/// Whether a symbol is `tokio::runtime::builder::Builder::NAME`, in either mangling. Each
/// writes a path as identifiers with their lengths in front.
fn is_constructor(symbol: &str, name: &str) -> bool {
    let Some((_, rest)) = symbol.split_once("5tokio7runtime7builder") else {
        return false;
    };
    let Some((_, rest)) = rest.split_once("7Builder") else {
        return false;
    };
    // The legacy mangling ends with a hash, the other one with the name.
    rest.strip_prefix(name)
        .is_some_and(|end| end.is_empty() || end.starts_with("17h"))
}

/// How many workers the environment asks for.
pub(crate) fn workers() -> anyhow::Result<usize> {
    match std::env::var(WORKERS) {
        Err(std::env::VarError::NotPresent) => Ok(0),
        Ok(text) if text.is_empty() => Ok(0),
        text => text.ok().and_then(|text| text.parse().ok()).ok_or_else(|| {
            anyhow::anyhow!("{WORKERS} is not a number; set it to 0 or to a number of threads")
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_manglings_are_recognized() {
        let legacy = "_ZN5tokio7runtime7builder7Builder18new_current_thread17h0123456789abcdefE";
        let new =
            "_RNvMs_NtNtCs5kVxDzLnAlI_5tokio7runtime7builderNtB4_7Builder18new_current_thread";
        assert!(is_constructor(legacy, "18new_current_thread"));
        assert!(is_constructor(new, "18new_current_thread"));
        assert!(!is_constructor(legacy, "16new_multi_thread"));
    }

    #[test]
    fn what_only_contains_the_name_is_not_taken() {
        let closure =
            "_RNCNvMs_NtNtCs5_5tokio7runtime7builderNtB6_7Builder18new_current_thread0B8_";
        assert!(!is_constructor(closure, "18new_current_thread"));
        assert!(!is_constructor(
            "_ZN5other7Builder18new_current_thread17hE",
            "18new_current_thread"
        ));
    }

    #[test]
    fn without_the_other_runtime_nothing_is_redirected() {
        let mut found = Constructors {
            current_thread: "c".into(),
            multi_thread: None,
        };
        assert!(found.replace().is_empty());
        assert!(found.choose().is_none());
        found.multi_thread = Some("m".into());
        assert_eq!(found.replace(), ["-Wl,--wrap=c", "-Wl,--defsym=__wrap_c=m"]);
        let (argument, assembly) = found.choose().unwrap();
        assert_eq!(argument, "-Wl,--wrap=c");
        assert!(
            assembly.contains("__wrap_c:") && assembly.contains("__real_c@"),
            "{assembly}"
        );
    }
}
