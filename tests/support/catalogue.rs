//! The scenarios of the catalogue.

use jostle::Fibers;
use jostle::scenario::Scenario;
use jostle_core::backend::Suite;

/// All of them.
pub(crate) fn catalogue() -> Vec<&'static Scenario> {
    Fibers.targets().unwrap()
}

/// The one with this name.
pub(crate) fn named(name: &str) -> &'static Scenario {
    let found = catalogue().into_iter().find(|s| s.subject.name == name);
    found.unwrap_or_else(|| panic!("there is no scenario {name}"))
}
