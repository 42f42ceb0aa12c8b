//! The `jostle` command, with the scenarios of the catalogue.

use jostle_catalogue as _;

jostle::main!();
