//! Many executions in one process: nothing crashes, hangs or grows.

use std::fs;

use jostle::campaign::{Runner, profile};
use jostle::input::Input;
use jostle::scenario::registry::{Scope, scenarios};
use jostle::scenario::{Expect, Scenario};
use jostle::strategy::{Kind, Profile};

/// Executions of each test here. The environment raises it.
fn executions() -> u64 {
    let text = std::env::var("JOSTLE_TEST_EXECUTIONS");
    text.map_or(20_000, |t| t.parse().unwrap())
}

fn catalogue() -> Vec<&'static Scenario> {
    scenarios(Scope::All).unwrap()
}

/// Resident memory of this process in bytes.
fn resident() -> u64 {
    let statm = fs::read_to_string("/proc/self/statm").unwrap();
    let pages: u64 = statm.split_whitespace().nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// Numbers that only have to be the same on every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

#[test]
fn random_bytes_never_make_a_fixed_twin_fail() {
    let twins: Vec<_> = catalogue()
        .into_iter()
        .filter(|s| s.expect == Expect::Clean)
        .collect();
    let mut runner = Runner::new();
    let profiles: Vec<Profile> = twins.iter().map(|s| profile(&mut runner, s)).collect();
    let mut numbers = Numbers(0x5eed);
    let mut bytes = Vec::new();
    for _ in 0..executions() {
        let length = numbers.next() % 200;
        bytes.clear();
        bytes.extend((0..length).map(|_| numbers.next() as u8));
        let at = (numbers.next() % twins.len() as u64) as usize;
        let (_, input) = Input::decode(&bytes);
        let run = runner.run(twins[at], &profiles[at], &input);
        assert_eq!(run.outcome.finding, None, "{} {bytes:?}", twins[at].name);
    }
}

#[test]
fn memory_is_flat_after_warm_up() {
    // Findings included: what a failing execution leaves behind must not pile up.
    let all = catalogue();
    let mut runner = Runner::new();
    let none = Profile::default();
    let mut round = |from: u64, to: u64| {
        for i in from..to {
            let scenario = all[(i % all.len() as u64) as usize];
            let kind = Kind::ALL[(i / all.len() as u64) as usize % Kind::ALL.len()];
            runner.run(scenario, &none, &Input::from_seed(kind, i));
            assert!(!runner.is_spoiled());
        }
    };
    let n = executions();
    round(0, n / 4);
    let before = resident();
    round(n / 4, n);
    let grown = resident().saturating_sub(before);
    assert!(
        grown < 5 << 20,
        "{grown} bytes more in {} executions",
        n - n / 4
    );
}
