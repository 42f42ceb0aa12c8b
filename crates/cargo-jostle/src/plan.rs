//! Which tests there are, in the order in which cargo and the harness run them.

use std::path::Path;

use crate::cargo::binary::Binary;
use crate::child::embedded::Subject;
use crate::child::listing::{self, Tests};
use crate::interrupt;

/// A test, and what is known of it before it is explored.
#[derive(Clone, Debug)]
pub(crate) struct Item<'a> {
    pub(crate) subject: Subject<'a>,
    pub(crate) what: What,
}

/// Whether a test is explored.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum What {
    /// It is.
    Explore,
    /// It is marked with `#[ignore]`, and nobody has asked for it.
    Ignored,
    /// It cannot be, with the reason.
    Unknown(String),
}

/// All of them.
#[derive(Clone, Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) items: Vec<Item<'a>>,
    /// Libraries whose doctests `cargo test` would run.
    pub(crate) doctests: Vec<String>,
}

/// Asks all programs for their tests. `filters` are arguments of the harness, the first of
/// them perhaps a name.
///
/// # Errors
///
/// If one cannot be started.
pub(crate) fn of<'a>(
    binaries: &'a [Binary],
    filters: &[String],
    scratch: &Path,
) -> anyhow::Result<Plan<'a>> {
    let mut plan = Plan {
        items: Vec::new(),
        doctests: Vec::new(),
    };
    for binary in binaries {
        let subject = |test: Option<String>, ignored: bool, arguments: Vec<String>| Subject {
            binary,
            name: binary.name_of(test.as_deref()),
            test,
            ignored,
            arguments,
        };
        match listing::of(binary, filters, scratch, &interrupt::caught)? {
            Tests::Named(tests) => {
                let asks = |word: &String| word == "--ignored" || word == "--include-ignored";
                let asked = filters.iter().any(asks);
                plan.items.extend(tests.into_iter().map(|test| Item {
                    subject: subject(Some(test.name), asked, Vec::new()),
                    what: match test.ignored {
                        true => What::Ignored,
                        false => What::Explore,
                    },
                }));
            }
            // A program that has no harness knows nothing of filters. It is one test, with
            // the name of its target.
            Tests::Whole if !is_meant(binary, filters) => {}
            Tests::Whole => plan.items.push(Item {
                subject: subject(None, false, filters.to_vec()),
                what: What::Explore,
            }),
            Tests::Unknown(why) => plan.items.push(Item {
                subject: subject(None, false, filters.to_vec()),
                what: What::Unknown(why),
            }),
        }
        if binary.has_doctests {
            plan.doctests.push(binary.package.clone());
        }
    }
    Ok(plan)
}

/// Whether a program without a harness is among what is asked for.
fn is_meant(binary: &Binary, filters: &[String]) -> bool {
    let names = filters.iter().take_while(|word| !word.starts_with('-'));
    let mut names = names.peekable();
    names.peek().is_none() || names.any(|name| binary.target.contains(name.as_str()))
}
