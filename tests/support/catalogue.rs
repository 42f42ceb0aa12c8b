//! The scenarios of the catalogue.

use jostle::scenario::Scenario;
use jostle::scenario::registry::scenarios;

/// All of them.
pub(crate) fn catalogue() -> Vec<&'static Scenario> {
    scenarios().unwrap()
}

/// The one with this name.
pub(crate) fn named(name: &str) -> &'static Scenario {
    let found = catalogue().into_iter().find(|s| s.subject.name == name);
    found.unwrap_or_else(|| panic!("there is no scenario {name}"))
}
