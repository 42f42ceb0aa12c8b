//! Who is compared: a tool and how it explores.

use std::fmt;
use std::str::FromStr;

use crate::hunt;

/// A tool and how it explores.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Contender {
    /// A strategy by the name that jostle gives it, or `default`, which may be told
    /// kinds of features to go on from or not: `default+locks`, `default-reads`.
    Jostle(String),
    /// libFuzzer with jostle's target, as `cargo fuzz run` has it.
    LibFuzzer,
    /// Every class of schedules, or those with at most so many preemptions.
    Verify {
        preemptions: Option<u32>,
    },
    Shuttle(ShuttleScheduler),
    /// At most so many preemptions, or all executions.
    Loom {
        preemptions: Option<usize>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum ShuttleScheduler {
    Random,
    Pct,
    Urw,
}

impl Contender {
    /// What is compared if nobody says otherwise.
    pub(crate) fn usual() -> Vec<Contender> {
        let ours = ["default", "random", "pct3", "pos", "urw"].map(str::to_owned);
        let mut all: Vec<_> = ours.map(Contender::Jostle).into();
        all.extend([
            Contender::LibFuzzer,
            Contender::Shuttle(ShuttleScheduler::Random),
            Contender::Shuttle(ShuttleScheduler::Pct),
            Contender::Shuttle(ShuttleScheduler::Urw),
            Contender::Loom { preemptions: None },
            Contender::Loom {
                preemptions: Some(2),
            },
            Contender::Verify { preemptions: None },
            Contender::Verify {
                preemptions: Some(2),
            },
        ]);
        all
    }

    /// Whether seeds make a difference.
    pub(crate) fn is_random(&self) -> bool {
        !matches!(self, Contender::Loom { .. } | Contender::Verify { .. })
    }

    /// Whether it learns nothing from one execution to the next.
    pub(crate) fn is_blind(&self) -> bool {
        match self {
            Contender::Jostle(name) => !name.starts_with("default"),
            Contender::Shuttle(_) => true,
            Contender::LibFuzzer | Contender::Loom { .. } | Contender::Verify { .. } => false,
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self {
            Contender::Jostle(name) => name,
            Contender::LibFuzzer => "libfuzzer",
            Contender::Shuttle(ShuttleScheduler::Random) => "shuttle-random",
            Contender::Shuttle(ShuttleScheduler::Pct) => "shuttle-pct3",
            Contender::Shuttle(ShuttleScheduler::Urw) => "shuttle-urw",
            Contender::Verify { preemptions: None } => "verify",
            Contender::Verify {
                preemptions: Some(n),
            } => return f.pad(&format!("verify-{n}")),
            Contender::Loom { preemptions: None } => "loom",
            Contender::Loom {
                preemptions: Some(n),
            } => return f.pad(&format!("loom-{n}")),
        };
        f.pad(name)
    }
}

impl FromStr for Contender {
    type Err = String;

    fn from_str(name: &str) -> Result<Contender, String> {
        Ok(match name {
            "shuttle-random" => Contender::Shuttle(ShuttleScheduler::Random),
            "shuttle-pct3" => Contender::Shuttle(ShuttleScheduler::Pct),
            "shuttle-urw" => Contender::Shuttle(ShuttleScheduler::Urw),
            "libfuzzer" => Contender::LibFuzzer,
            "verify" => Contender::Verify { preemptions: None },
            _ if name.starts_with("verify-") => match name["verify-".len()..].parse() {
                Ok(bound) => Contender::Verify {
                    preemptions: Some(bound),
                },
                Err(_) => return Err(format!("{name:?} is no bound; write for example verify-2")),
            },
            "loom" => Contender::Loom { preemptions: None },
            _ => match name.strip_prefix("loom-").map(str::parse) {
                Some(Ok(bound)) => Contender::Loom {
                    preemptions: Some(bound),
                },
                _ if hunt::is_strategy(name) => Contender::Jostle(name.to_owned()),
                _ => {
                    return Err(format!(
                        "nobody is named {name:?}; there are default and the strategies of \
                         jostle, libfuzzer, verify and verify-N (at most N preemptions), \
                         shuttle-random, shuttle-pct3, shuttle-urw, loom and loom-N"
                    ));
                }
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for contender in Contender::usual() {
            assert_eq!(contender.to_string().parse(), Ok(contender));
        }
        for name in ["default-reads-repeats", "default+locks-reads"] {
            assert_eq!(name.parse::<Contender>().unwrap().to_string(), name);
        }
        for wrong in ["", "default+", "default-lines", "defaultreads"] {
            assert!(wrong.parse::<Contender>().is_err(), "{wrong}");
        }
        assert!("loom-x".parse::<Contender>().is_err());
    }
}
