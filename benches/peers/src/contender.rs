//! Who is compared: a tool with one of its strategies.

use std::fmt;

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// The depth of PCT for both tools that have it: two change points.
pub(crate) const PCT_DEPTH: u8 = 3;

/// A tool and how it picks the next task.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum, Serialize, Deserialize)]
pub(crate) enum Contender {
    JostleRandom,
    /// A whole campaign under the random strategy, not the executions alone.
    JostleCampaign,
    ShuttleRandom,
    JostlePct,
    ShuttlePct,
    JostleUrw,
    ShuttleUrw,
    Loom,
}

/// The tool alone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Tool {
    Jostle,
    Shuttle,
    Loom,
}

impl Contender {
    /// Everybody is compared with this one.
    pub(crate) const REFERENCE: Contender = Contender::ShuttleRandom;

    pub(crate) fn tool(self) -> Tool {
        match self {
            Contender::JostleRandom
            | Contender::JostleCampaign
            | Contender::JostlePct
            | Contender::JostleUrw => Tool::Jostle,
            Contender::ShuttleRandom | Contender::ShuttlePct | Contender::ShuttleUrw => {
                Tool::Shuttle
            }
            Contender::Loom => Tool::Loom,
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.pad(value.as_ref().map_or("", |v| v.get_name()))
    }
}
