//! The strategies by name.

use std::fmt;
use std::str::FromStr;

use crate::strategy::{Calm, Depth, Newest, Pct, Pos, Random, RoundRobin, Strategy, Urw};

/// Which strategy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// [`Calm`]: the non-preemptive default.
    Calm,
    /// [`Random`]: every ready task with the same probability.
    Random,
    /// [`Pct`]: priorities that change at a few random points.
    Pct(Depth),
    /// [`Pos`]: priorities of operations, redrawn on conflict.
    Pos,
    /// [`Urw`]: every interleaving with the same probability.
    Urw,
    /// [`RoundRobin`]: every task in turn.
    RoundRobin,
    /// [`Newest`]: every task in turn, the newest first.
    Newest,
}

impl Kind {
    /// Every strategy, PCT with the depths that most bugs need. Without
    /// [`Kind::Newest`], which is [`Kind::RoundRobin`] once more.
    pub const ALL: &'static [Kind] = &[
        Kind::Calm,
        Kind::Random,
        Kind::Pct(Depth::TWO),
        Kind::Pct(Depth::DEFAULT),
        Kind::Pos,
        Kind::Urw,
        Kind::RoundRobin,
    ];

    /// The name that options, reports and files use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Calm => "calm",
            Kind::Random => "random",
            Kind::Pct(depth) => match depth.get() {
                1 => "pct1",
                2 => "pct2",
                3 => "pct3",
                4 => "pct4",
                5 => "pct5",
                6 => "pct6",
                7 => "pct7",
                8 => "pct8",
                _ => "pct9",
            },
            Kind::Pos => "pos",
            Kind::Urw => "urw",
            Kind::RoundRobin => "round-robin",
            Kind::Newest => "newest",
        }
    }

    /// Makes the strategy.
    #[must_use]
    pub fn build(self) -> Box<dyn Strategy> {
        match self {
            Kind::Calm => Box::new(Calm),
            Kind::Random => Box::new(Random),
            Kind::Pct(depth) => Box::new(Pct::new(depth)),
            Kind::Pos => Box::new(Pos::new()),
            Kind::Urw => Box::new(Urw::new()),
            Kind::RoundRobin => Box::new(RoundRobin),
            Kind::Newest => Box::new(Newest),
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownStrategy;

    fn from_str(name: &str) -> Result<Kind, UnknownStrategy> {
        let pct = (Depth::MIN.get()..=Depth::MAX.get())
            .filter_map(Depth::new)
            .map(Kind::Pct);
        Kind::ALL
            .iter()
            .copied()
            .chain(pct)
            .chain([Kind::Newest])
            .find(|kind| kind.name() == name)
            .ok_or_else(|| UnknownStrategy {
                name: name.to_owned(),
            })
    }
}

/// There is no strategy with this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "there is no strategy {name:?}; use calm, random, pct1 to pct9, pos, urw, round-robin or newest"
)]
pub struct UnknownStrategy {
    name: String,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decision::Environment;
    use crate::op::OpKind;
    use crate::strategy::model::{Do, Model, writes};

    fn every_kind() -> impl Iterator<Item = Kind> {
        let pct = (1..=9).map(|d| Kind::Pct(Depth::new(d).unwrap()));
        let newest = [Kind::Newest];
        Kind::ALL.iter().copied().chain(pct).chain(newest)
    }

    #[test]
    fn names_are_read_back() {
        for kind in every_kind() {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(kind.to_string(), kind.name());
        }
        assert_eq!("pct5".parse(), Ok(Kind::Pct(Depth::new(5).unwrap())));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_known_ones() {
        for wrong in ["", "pct", "pct0", "pct10", "Random", "dfs"] {
            let error = wrong.parse::<Kind>().unwrap_err().to_string();
            assert!(error.contains(&format!("{wrong:?}")), "{error}");
            for kind in Kind::ALL {
                let listed = kind.name().trim_end_matches(char::is_numeric);
                assert!(error.contains(listed), "{error}");
            }
        }
    }

    #[test]
    fn only_calm_is_calm() {
        for kind in every_kind() {
            let calm = kind.build().environment() == Environment::Calm;
            assert_eq!(calm, kind == Kind::Calm, "{kind}");
        }
    }

    /// A program with everything that the model has.
    fn busy() -> Model {
        let critical = [
            Do::Op(OpKind::Lock, 7),
            Do::Op(OpKind::Load, 1),
            Do::Op(OpKind::Yield, 0),
            Do::Op(OpKind::Unlock, 7),
        ];
        let mut main = vec![Do::Spawn(1), Do::Spawn(2), Do::Op(OpKind::Rmw, 1)];
        main.extend(critical);
        main.push(Do::Spawn(3));
        main.extend(critical);
        let mut spinner = vec![Do::Op(OpKind::Spin, 0); 3];
        spinner.extend(critical);
        let mut parent = critical.to_vec();
        parent.extend([3, 3, 3, 3, 3, 3].map(Do::Spawn));
        parent.extend(writes(2, 2));
        let mut model = Model::spawning([main, spinner, parent, critical.to_vec()]).measured();
        model.fires = 5;
        model
    }

    #[test]
    fn the_same_seed_gives_the_same_picks_whatever_was_executed_before() {
        for kind in every_kind() {
            let mut used = kind.build();
            let mut model = busy();
            for seed in 0..50 {
                let mut fresh = kind.build();
                let first = model.run(&mut *fresh, seed);
                assert_eq!(model.run(&mut *used, seed), first, "{kind}, seed {seed}");
            }
        }
    }

    #[test]
    fn other_seeds_give_other_picks() {
        for kind in every_kind() {
            let mut strategy = kind.build();
            let mut model = busy();
            let mut orders: Vec<_> = (0..50).map(|s| model.run(&mut *strategy, s)).collect();
            orders.sort();
            orders.dedup();
            let expected = match kind {
                Kind::Calm | Kind::RoundRobin => 1..=1,
                Kind::Newest => 2..=50,
                _ => 40..=50,
            };
            assert!(expected.contains(&orders.len()), "{kind}: {}", orders.len());
        }
    }
}
