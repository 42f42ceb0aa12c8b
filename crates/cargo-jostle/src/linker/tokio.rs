//! tokio's single-threaded runtime, made a multi-threaded one.
//!
//! A `current_thread` runtime polls its tasks in one order, so that most `#[tokio::test]`s
//! would hide what production does. The linker redirects
//! `Builder::new_current_thread` to `Builder::new_multi_thread`: both take nothing and
//! return a `Builder`. Their mangled names differ with each version and build of tokio
//! and are read from its archive.

use object::{Object as _, ObjectSymbol as _};
use serde::{Deserialize, Serialize};

/// The environment variable that asks for it: a number of worker threads above 0.
pub(crate) const WORKERS: &str = "JOSTLE_TOKIO_WORKERS";

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

    /// The arguments for the linker that redirect one to the other.
    pub(crate) fn redirect(&self) -> Vec<String> {
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
        assert!(found.redirect().is_empty());
        found.multi_thread = Some("m".into());
        assert_eq!(
            found.redirect(),
            ["-Wl,--wrap=c", "-Wl,--defsym=__wrap_c=m"]
        );
    }
}
