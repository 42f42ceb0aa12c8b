//! libFuzzer's bytes drive the scenarios of the catalogue, and two that take a search.
#![no_main]

mod deep;

// Links the scenarios.
use jostle_catalogue as _;

jostle::fuzz_target!();
