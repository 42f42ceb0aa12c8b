//! The list of scenarios that `#[jostle::scenario]` adds to at link time.

use crate::op::Site;
use crate::scenario::Scenario;

/// Every scenario that is linked into the program, in no particular order.
#[doc(hidden)]
#[linkme::distributed_slice]
pub static SCENARIOS: [Scenario];

/// The module whose scenarios are Jostle's own catalogue.
const CATALOGUE: &str = "jostle::scenarios";

/// Which scenarios a program is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Scope {
    /// Those of the program, not those of Jostle's catalogue.
    Program,
    /// All, Jostle's catalogue included.
    All,
}

/// The scenarios in `scope`, sorted by name.
///
/// # Errors
///
/// If two scenarios have the same name.
pub fn scenarios(scope: Scope) -> Result<Vec<&'static Scenario>, DuplicateName> {
    let mut list: Vec<&'static Scenario> = SCENARIOS
        .iter()
        .filter(|s| scope == Scope::All || !s.module.starts_with(CATALOGUE))
        .collect();
    list.sort_by_key(|s| (s.name, s.site));
    for pair in list.windows(2) {
        if pair[0].name == pair[1].name {
            return Err(DuplicateName {
                name: pair[0].name,
                first: pair[0].site,
                second: pair[1].site,
            });
        }
    }
    Ok(list)
}

/// Two scenarios have the same name.
#[derive(Clone, Debug, thiserror::Error)]
#[error("two scenarios are named {name:?}, one at {first} and one at {second}; rename one of them")]
pub struct DuplicateName {
    name: &'static str,
    first: Site,
    second: Site,
}
