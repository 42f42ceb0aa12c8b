//! libFuzzer's bytes drive the scenarios of the catalogue, and two that take a search.
#![no_main]

mod deep;

#[cfg(feature = "apart")]
use jostle_catalogue as _;

jostle::fuzz_target!(jostle::scenario::registry::Scope::All);
