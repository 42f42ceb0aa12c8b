//! libFuzzer's bytes drive the programs of the suite, and jostle's catalogue.
//!
//! `JOSTLE_SCENARIO=program` with a name in `SUITE_PROGRAM` is a program of the suite;
//! `SUITE_FIXED=1` is the variant without the bug.
#![no_main]

use std::sync::OnceLock;

// Links the scenarios.
use jostle_catalogue as _;

use crate::program::Program;

#[path = "../../src/on_jostle.rs"]
mod on_jostle;
#[allow(dead_code)]
#[path = "../../src/program.rs"]
mod program;

/// The program that the environment names.
#[jostle::scenario]
fn program() {
    static BODY: OnceLock<fn()> = OnceLock::new();
    BODY.get_or_init(body)();
}

fn body() -> fn() {
    let name = std::env::var("SUITE_PROGRAM").unwrap_or_default();
    let known = on_jostle::PROGRAMS.iter().find(|p| p.name == name);
    let Some(Program { body, fixed, .. }) = known else {
        eprintln!("error: SUITE_PROGRAM names {name:?}, which is no program of the suite");
        std::process::exit(2);
    };
    match std::env::var_os("SUITE_FIXED") {
        Some(_) => *fixed,
        None => *body,
    }
}

jostle::fuzz_target!();
