//! Many executions in one process, of what must not fail.

use jostle::Fibers;
use jostle::scenario::Expect;
use jostle_core::campaign::{Runner, profile};
use jostle_core::input::Input;
use jostle_core::strategy::Profile;

use crate::support::catalogue::catalogue;
use crate::support::effort::executions;

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
        .filter(|s| s.subject.expect == Expect::Clean)
        .collect();
    let mut runner = Runner::of(&Fibers);
    let profiles: Vec<Profile> = twins
        .iter()
        .map(|s| profile(&mut runner, s).unwrap())
        .collect();
    let mut numbers = Numbers(0x5eed);
    let mut bytes = Vec::new();
    for _ in 0..executions() {
        let length = numbers.next() % 200;
        bytes.clear();
        bytes.extend((0..length).map(|_| numbers.next() as u8));
        let at = (numbers.next() % twins.len() as u64) as usize;
        let (_, input) = Input::decode(&bytes);
        let run = runner.run(twins[at], &profiles[at], &input);
        assert_eq!(
            run.outcome.finding, None,
            "{} {bytes:?}",
            twins[at].subject.name
        );
    }
}
