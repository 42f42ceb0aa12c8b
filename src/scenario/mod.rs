//! Scenarios: bodies of code with the findings that are expected of them.
//!
//! - [`mod@self`]: [`Scenario`] and its code.
//! - `registry`: the list that `#[jostle::scenario]` adds to.

pub(crate) mod registry;

use std::fmt;

use arbitrary::Unstructured;
pub use jostle_core::budget::Budget;
pub use jostle_core::finding::Kind;
pub use jostle_core::subject::{Expect, Options, Subject};

/// A body to explore and what exploring it should find.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// Everything but the code.
    pub subject: Subject,
    /// The code.
    pub body: Body,
}

impl AsRef<Subject> for Scenario {
    fn as_ref(&self) -> &Subject {
        &self.subject
    }
}

/// The code of a scenario.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Body {
    /// Takes no argument.
    Plain(fn()),
    /// Makes its argument out of the input's data; the error rejects the input.
    Data(MakeBody),
    /// Takes no argument and is a closure, which may have been leaked.
    Closure(&'static (dyn Fn() + Sync)),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Body::Plain(_) => "Plain",
            Body::Data(_) => "Data",
            Body::Closure(_) => "Closure",
        })
    }
}

impl Body {
    /// Whether the body takes an argument that is made of an input's data.
    #[must_use]
    pub const fn takes_data(self) -> bool {
        matches!(self, Body::Data(_))
    }
}

/// Makes the code of one execution, its argument included, out of the input's
/// data.
pub type MakeBody = fn(&mut Unstructured<'_>) -> arbitrary::Result<Box<dyn FnOnce()>>;
