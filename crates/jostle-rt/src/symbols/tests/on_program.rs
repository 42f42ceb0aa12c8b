//! The places of the atomic instructions of `program.rs`, as the compiler's options vary.

use std::collections::BTreeSet;

use super::compiled::{Program, announced};

fn check(options: &[&str]) {
    let program = Program::compile(options);
    let sites = program.sites();
    for site in &sites {
        eprintln!("{site:?}");
    }
    let seen: BTreeSet<(u32, &str)> = sites.iter().map(|s| (s.line(), s.operation())).collect();
    let missing: Vec<_> = announced().into_iter().filter(|one| !seen.contains(one)).collect();
    assert_eq!(missing, [], "{options:?}: {seen:#?}");
}

#[test]
fn opt0() { check(&["-g", "-Copt-level=0"]); }
#[test]
fn opt1() { check(&["-g", "-Copt-level=1"]); }
#[test]
fn opt2() { check(&["-g", "-Copt-level=2"]); }
#[test]
fn opt3() { check(&["-g", "-Copt-level=3"]); }
#[test]
fn v0() { check(&["-g", "-Copt-level=1", "-Csymbol-mangling-version=v0"]); }
#[test]
fn lines() { check(&["-Cdebuginfo=line-tables-only", "-Copt-level=1"]); }
