//! The `jostle` command over the catalogue.

// Links the scenarios.
use jostle_catalogue as _;

jostle::main!();
