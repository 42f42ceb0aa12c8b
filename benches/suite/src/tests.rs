//! The programs are what they say: the bug is there, in all three runtimes, and the
//! fixed variant has none.

use crate::contender::Contender;
use crate::hunt::{self, Hunt};
use crate::on_jostle::PROGRAMS;
use crate::program::{Program, Set};

/// Deeper than what a test has time for.
const DEEP: [&str; 4] = ["handshake_6", "handshake_8", "handshakeB_8", "SafeStack"];

fn contenders(names: &[&str]) -> Vec<Contender> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

/// Asserts that one of `contenders` that can run `program` finds its bug, and that
/// none finds anything else.
fn assert_found(program: &Program, contenders: &[Contender], cap: u64) {
    let able = contenders
        .iter()
        .filter(|c| hunt::impossible(c, program).is_none());
    let hunts: Vec<_> = able
        .map(|c| hunt::hunt(c, program, 1, cap, false))
        .collect();
    let trouble = hunts.iter().find(|h| matches!(h, Hunt::Trouble(_)));
    assert_eq!(trouble, None, "{}", program.name);
    let found = hunts.iter().any(|h| matches!(h, Hunt::Found(_)));
    assert!(found, "{}: {hunts:?}", program.name);
}

#[test]
fn every_bug_is_there() {
    let all = contenders(&["urw", "pos"]);
    for program in PROGRAMS.iter().filter(|p| !DEEP.contains(&p.name)) {
        assert_found(program, &all, 10_000);
    }
}

#[test]
fn the_peers_find_them_too() {
    hunt::quiet::install();
    for name in [
        "CS/stack",
        "CS/deadlock01",
        "held/lost_wakeup",
        "held/rcu_2",
    ] {
        let program = PROGRAMS.iter().find(|p| p.name == name).unwrap();
        for contender in contenders(&["shuttle-urw", "loom-2"]) {
            assert_found(program, &[contender], 1_000);
        }
    }
}

#[test]
fn every_fixed_variant_is_clean() {
    let all = contenders(&["urw", "pos", "pct2", "random"]);
    for program in PROGRAMS {
        for contender in &all {
            let hunt = hunt::hunt(contender, program, 1, 200, true);
            assert_eq!(hunt, Hunt::Missed, "{} {contender}", program.name);
        }
    }
}

#[test]
fn the_peers_have_the_same_programs() {
    for peers in [crate::on_shuttle::PROGRAMS, crate::on_loom::PROGRAMS] {
        let names = |programs: &[Program]| programs.iter().map(|p| p.name).collect::<Vec<_>>();
        assert_eq!(names(peers), names(PROGRAMS));
    }
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = PROGRAMS.iter().map(|p| p.name).collect();
    names.extend(hunt::catalogue().iter().map(|p| p.name));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[test]
fn there_are_held_out_programs_and_a_catalogue() {
    let held = PROGRAMS.iter().filter(|p| p.set == Set::HeldOut);
    assert!(held.count() >= 20);
    assert!(hunt::catalogue().len() >= 10);
}
