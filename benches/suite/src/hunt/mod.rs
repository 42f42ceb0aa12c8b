//! Hunts: executions of one program by one contender until the bug shows.
//!
//! - [`mod@self`]: [`Hunt`], and what all three runtimes have in common.
//! - `jostle`, `shuttle`, `loom`: the runtimes.
//! - `libfuzzer`: jostle again, in the hands of libFuzzer.
//! - `quiet`: panics that are what is being looked for.

mod jostle;
mod libfuzzer;
mod loom;
pub(crate) mod quiet;
mod shuttle;

pub(crate) use jostle::{catalogue, is_strategy};
pub(crate) use libfuzzer::target as libfuzzer_target;

use std::time::Duration;

use serde::Serialize;

use crate::contender::Contender;
use crate::program::{Program, Set, Shows};

/// An enumeration costs nothing per seed, so it may take this many times the cap.
const ALLOWANCE: u64 = 10;

/// An enumeration that takes longer is given up.
const PATIENCE: Duration = Duration::from_secs(20);

/// loom's own limit is five threads, the main one among them.
const LOOM_THREADS: usize = 4;

/// What became of a hunt.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Hunt {
    /// The bug showed in this execution, counted from 1.
    Found(u64),
    /// It did not within the cap.
    Missed,
    /// Something else was found, or the tool gave up.
    Trouble(String),
}

/// Looks for the bug of `program`, or for anything at all in its fixed variant.
/// `seed` is what everything random derives from; loom has nothing random.
pub(crate) fn hunt(
    contender: &Contender,
    program: &Program,
    seed: u64,
    cap: u64,
    fixed: bool,
) -> Hunt {
    match contender {
        Contender::Jostle(strategies) => jostle::hunt(program, strategies, seed, cap, fixed),
        Contender::LibFuzzer => libfuzzer::hunt(program, seed, cap, fixed),
        Contender::Verify { preemptions } => jostle::verify(program, *preemptions, cap, fixed),
        Contender::Shuttle(scheduler) => shuttle::hunt(program, *scheduler, seed, cap, fixed),
        Contender::Loom { preemptions } => loom::hunt(program, *preemptions, cap, fixed),
    }
}

/// Why `contender` cannot run `program`, if it cannot.
pub(crate) fn impossible(contender: &Contender, program: &Program) -> Option<&'static str> {
    match contender {
        Contender::Jostle(_) | Contender::LibFuzzer | Contender::Verify { .. } => None,
        _ if program.set == Set::Catalogue => Some("written with what only jostle has"),
        Contender::Shuttle(_) => None,
        Contender::Loom { .. } if program.threads > LOOM_THREADS => Some("more than 4 threads"),
        Contender::Loom { .. } => None,
    }
}

/// The panic of a peer, which has nothing but its message to say what it found.
fn judge(program: &Program, execution: u64, message: &str) -> Hunt {
    let expected = match program.shows {
        Shows::Panic(text) => message.contains(text),
        Shows::Stuck => message.contains("deadlock"),
    };
    if expected {
        return Hunt::Found(execution);
    }
    let line = message.lines().next().unwrap_or_default();
    Hunt::Trouble(format!("execution {execution}: {line}"))
}
