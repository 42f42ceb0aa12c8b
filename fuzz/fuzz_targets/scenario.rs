//! libFuzzer's bytes drive the scenarios of the catalogue.
#![no_main]
jostle::fuzz_target!(jostle::scenario::registry::Scope::All);
