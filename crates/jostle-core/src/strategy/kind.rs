//! Lists the strategies, and gives each its name, its bytes in inputs and its texts.
//!
//! A new strategy needs:
//!
//! - a file, and in `mod.rs` its `mod`, its `pub use` and its entry in the header;
//! - a variant of [`Kind`], an entry in [`Kind::ALL`], and an arm each in `facts` and
//!   [`Kind::build`];
//! - a byte. All 32 are taken, so use a later byte of another strategy: the first byte of
//!   each keeps its meaning for ever;
//! - a line in `tests/fixtures/formats/strategies-v1.txt`;
//! - its name in the help of `--strategy` (`crates/jostle-cli/src/args.rs`) and a row in
//!   the README.
//!
//! Parsing, file names and error texts follow from [`Kind`]. A variant without an arm does
//! not compile, nor does a table of bytes with a hole.

use std::fmt;
use std::str::FromStr;

use crate::strategy::{
    Delay, Depth, Newest, NonPreemptive, Pct, Pos, Random, RoundRobin, Strategy, Urw,
};

/// Which strategy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Kind {
    /// [`NonPreemptive`]: stays on a task as long as it can go on.
    NonPreemptive,
    /// [`Random`]: every runnable task with the same probability.
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
    /// [`Delay`]: the random walk with long preemptions.
    Delay,
}

/// The name, bytes and texts of a strategy.
#[derive(Clone, Copy, Debug)]
struct Facts {
    /// The name that options and reports use.
    name: &'static str,
    /// The name that files use, which stays what it was when the first file was
    /// written. Options take it, too.
    in_files: &'static str,
    /// The bytes of inputs that stand for it, below [`BYTES`]. Their number is its share
    /// of random inputs. The first one is the one that is written, and keeps its meaning
    /// for ever, since corpora hold it; a new strategy takes one of the later bytes of
    /// another one.
    bytes: &'static [u8],
    /// How it picks, in a few words.
    idea: &'static str,
    /// The paper that describes it; empty if there is none.
    source: &'static str,
}

impl Kind {
    /// Every strategy, PCT with every depth.
    pub const ALL: &'static [Kind] = &[
        Kind::NonPreemptive,
        Kind::RoundRobin,
        Kind::Random,
        pct(1),
        pct(2),
        pct(3),
        pct(4),
        pct(5),
        pct(6),
        pct(7),
        pct(8),
        pct(9),
        Kind::Pos,
        Kind::Urw,
        Kind::Newest,
        Kind::Delay,
    ];

    const fn facts(self) -> Facts {
        match self {
            // Many bytes, because with overrides it is the canonical form of a schedule.
            Kind::NonPreemptive => Facts {
                bytes: &[0, 16, 17, 18, 19, 20],
                in_files: "calm",
                ..facts(
                    "non-preemptive",
                    "never preempts: the default where nothing else is said",
                )
            },
            Kind::RoundRobin => Facts {
                bytes: &[4],
                ..facts("round-robin", "every task in turn")
            },
            Kind::Random => Facts {
                bytes: &[1, 21, 22, 23],
                ..facts("random", "every runnable task with the same probability")
            },
            Kind::Pct(depth) => {
                let (name, bytes): (_, &[u8]) = match depth.get() {
                    1 => ("pct1", &[5]),
                    2 => ("pct2", &[6]),
                    3 => ("pct3", &[7]),
                    4 => ("pct4", &[8]),
                    5 => ("pct5", &[9]),
                    6 => ("pct6", &[10]),
                    7 => ("pct7", &[11]),
                    8 => ("pct8", &[12]),
                    _ => ("pct9", &[13]),
                };
                Facts {
                    bytes,
                    source: "Burckhardt et al., ASPLOS 2010",
                    ..facts(name, "priorities, lowered at a few random steps")
                }
            }
            Kind::Pos => Facts {
                bytes: &[3, 29, 30, 31],
                source: "Yuan, Yang, Gu, CAV 2018",
                ..facts("pos", "priorities of operations, drawn anew on conflict")
            },
            Kind::Urw => Facts {
                bytes: &[2, 24, 25, 26, 27, 28],
                source: "Zhao et al., ASPLOS 2025",
                ..facts("urw", "every interleaving with about the same probability")
            },
            Kind::Newest => Facts {
                bytes: &[14],
                ..facts(
                    "newest",
                    "every task in turn, from the newest to the oldest",
                )
            },
            Kind::Delay => Facts {
                bytes: &[15],
                ..facts(
                    "delay",
                    "as random, but two tasks fall asleep until no other can go on",
                )
            },
        }
    }

    /// Makes the strategy.
    #[must_use]
    pub fn build(self) -> Box<dyn Strategy> {
        match self {
            Kind::NonPreemptive => Box::new(NonPreemptive),
            Kind::RoundRobin => Box::new(RoundRobin),
            Kind::Random => Box::new(Random),
            Kind::Pct(depth) => Box::new(Pct::new(depth)),
            Kind::Pos => Box::new(Pos::new()),
            Kind::Urw => Box::new(Urw::new()),
            Kind::Newest => Box::new(Newest),
            Kind::Delay => Box::new(Delay::new()),
        }
    }

    /// The name that options and reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.facts().name
    }

    /// The name that files use. It is read back as well as [`name`](Kind::name).
    #[must_use]
    pub const fn name_in_files(self) -> &'static str {
        self.facts().in_files
    }

    /// How it picks, in a few words.
    #[must_use]
    pub const fn idea(self) -> &'static str {
        self.facts().idea
    }

    /// The paper that describes it; empty if there is none.
    #[must_use]
    pub const fn source(self) -> &'static str {
        self.facts().source
    }

    /// The names of all strategies for a sentence: `a, b1 to b9, c or d`.
    #[must_use]
    pub fn names() -> String {
        let mut names: Vec<String> = Vec::new();
        for kind in Kind::ALL {
            match kind {
                Kind::Pct(Depth::MIN) => {
                    let last = Kind::Pct(Depth::MAX);
                    names.push(format!("{kind} to {last}"));
                }
                Kind::Pct(_) => {}
                _ => names.push(kind.to_string()),
            }
        }
        let last = names.pop().unwrap_or_default();
        format!("{} or {last}", names.join(", "))
    }

    /// A number that stands for the strategy in memory that a signal handler reads; not
    /// 0, and the same in one build only.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.byte() as u32 + 1
    }

    /// The strategy with this [`code`](Kind::code). It allocates nothing.
    #[must_use]
    pub fn from_code(code: u32) -> Option<Kind> {
        let mut all = Kind::ALL.iter().copied();
        all.find(|kind| kind.code() == code)
    }

    /// The byte that an input has for it.
    pub(crate) const fn byte(self) -> u8 {
        self.facts().bytes[0]
    }

    /// The strategy that a byte of an input stands for: any byte stands for one.
    pub(crate) const fn from_byte(byte: u8) -> Kind {
        BY_BYTE[byte as usize % BYTES]
    }
}

/// A strategy with one name, from nowhere in particular. Its bytes are still missing.
const fn facts(name: &'static str, idea: &'static str) -> Facts {
    Facts {
        name,
        in_files: name,
        bytes: &[],
        idea,
        source: "",
    }
}

const fn pct(depth: u8) -> Kind {
    match Depth::new(depth) {
        Some(depth) => Kind::Pct(depth),
        None => panic!("not a depth"),
    }
}

/// How many bytes stand for something of their own; the others do modulo this.
const BYTES: usize = 32;

/// What each byte stands for.
const BY_BYTE: [Kind; BYTES] = {
    let mut table = [None; BYTES];
    let mut at = 0;
    while at < Kind::ALL.len() {
        let kind = Kind::ALL[at];
        let bytes = kind.facts().bytes;
        let mut i = 0;
        while i < bytes.len() {
            let entry = &mut table[bytes[i] as usize];
            assert!(entry.is_none(), "two strategies have the same byte");
            *entry = Some(kind);
            i += 1;
        }
        at += 1;
    }
    let mut kinds = [Kind::NonPreemptive; BYTES];
    let mut byte = 0;
    while byte < BYTES {
        kinds[byte] = match table[byte] {
            Some(kind) => kind,
            None => panic!("a byte stands for no strategy; is one missing in Kind::ALL?"),
        };
        byte += 1;
    }
    kinds
};

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Kind {
    type Err = UnknownStrategy;

    fn from_str(name: &str) -> Result<Kind, UnknownStrategy> {
        let mut all = Kind::ALL.iter().copied();
        all.find(|kind| kind.name() == name || kind.name_in_files() == name)
            .ok_or_else(|| UnknownStrategy {
                name: name.to_owned(),
            })
    }
}

/// There is no strategy with this name.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no strategy {name:?}; use {}", Kind::names())]
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
        Kind::ALL.iter().copied()
    }

    #[test]
    fn names_are_read_back() {
        for kind in every_kind() {
            assert_eq!(kind.name().parse(), Ok(kind));
            assert_eq!(kind.name_in_files().parse(), Ok(kind));
            assert_eq!(kind.to_string(), kind.name());
            assert!(!kind.idea().is_empty(), "{kind}");
        }
        assert_eq!("pct5".parse(), Ok(Kind::Pct(Depth::new(5).unwrap())));
    }

    #[test]
    fn files_have_the_names_that_they_have_always_had() {
        let names: Vec<&str> = every_kind().map(Kind::name_in_files).collect();
        let known = "calm round-robin random pct1 pct2 pct3 pct4 pct5 pct6 pct7 pct8 pct9 \
                     pos urw newest delay";
        assert_eq!(names.join(" "), known);
    }

    #[test]
    fn bytes_and_codes_are_read_back() {
        for kind in every_kind() {
            assert_eq!(Kind::from_byte(kind.byte()), kind);
            assert_eq!(Kind::from_code(kind.code()), Some(kind));
        }
        assert_eq!(Kind::from_code(0), None);
        assert_eq!(Kind::from_byte(224), Kind::NonPreemptive, "modulo 32");
    }

    #[test]
    fn bytes_that_corpora_hold_keep_their_meaning() {
        let written: Vec<u8> = every_kind().map(Kind::byte).collect();
        assert_eq!(
            written,
            [0, 4, 1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 3, 2, 14, 15]
        );
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
    fn only_one_leaves_the_environment_alone() {
        for kind in every_kind() {
            let first = kind.build().environment() == Environment::First;
            assert_eq!(first, kind == Kind::NonPreemptive, "{kind}");
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
                Kind::NonPreemptive | Kind::RoundRobin => 1..=1,
                Kind::Newest => 2..=50,
                _ => 40..=50,
            };
            assert!(expected.contains(&orders.len()), "{kind}: {}", orders.len());
        }
    }
}
