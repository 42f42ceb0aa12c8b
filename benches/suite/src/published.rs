//! Figures from elsewhere, as data.
//!
//! The columns of RFF, POS, PCT3 and Q-learning are medians of 20 trials of five
//! minutes each over the C originals, with a scheduling point at every memory
//! access, computed from the raw data of the artifact of Wolff, Shi, Duck, Mathur,
//! Roychoudhury, "Greybox Fuzzing for Concurrency Testing", ASPLOS 2024
//! (dylanjwolff/RFF at b717e060). They compare with ours in order of magnitude:
//! other ports, another executor.
//!
//! `prototype` is the throw-away prototype that the search started from, on
//! ports of its own, 200 seeds that it was not tuned on.

use crate::sample::Median;

/// What is known of one program.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Published {
    name: &'static str,
    pub(crate) rff: Figure,
    pub(crate) pos: Figure,
    pub(crate) pct3: Figure,
    pub(crate) q_learning: Figure,
    pub(crate) prototype: Figure,
}

/// A median.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Figure {
    /// Over all trials.
    Of(f64),
    /// Over so many of 20 trials, which found the bug.
    Some(f64, u32),
    /// No trial found it.
    Never,
    /// Nobody has tried.
    Unknown,
}

use Figure::{Never, Of, Some as Part, Unknown};

impl Figure {
    pub(crate) fn median(self) -> Option<Median> {
        match self {
            Of(median) => Some(Median::new(median)),
            Part(..) | Never | Unknown => None,
        }
    }
}

impl std::fmt::Display for Figure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Of(median) => Median::new(median).fmt(f),
            Part(median, found) => write!(f, "{median} [{found}/20]"),
            Never => f.write_str("–"),
            Unknown => f.write_str(""),
        }
    }
}

/// What is known of the program with this name.
pub(crate) fn published(name: &str) -> Option<&'static Published> {
    PUBLISHED.iter().find(|row| row.name == name)
}

const fn row(
    name: &'static str,
    [rff, pos, pct3, q_learning, prototype]: [Figure; 5],
) -> Published {
    Published {
        name,
        rff,
        pos,
        pct3,
        q_learning,
        prototype,
    }
}

const fn ours(name: &'static str, prototype: f64) -> Published {
    row(name, [Unknown, Unknown, Unknown, Unknown, Of(prototype)])
}

#[rustfmt::skip]
const PUBLISHED: &[Published] = &[
    row("CS/account", [Of(1.0), Of(1.0), Of(6.0), Of(4.0), Of(1.0)]),
    row("CS/bluetooth_driver", [Of(45.0), Of(42.0), Of(111.0), Of(90.0), Of(12.0)]),
    row("CS/carter01", [Of(1.0), Of(2.0), Of(4.0), Of(1.0), Of(1.0)]),
    row("CS/circular_buffer", [Of(1.0), Of(1.0), Of(4.0), Of(1.0), Of(1.0)]),
    row("CS/deadlock01", [Of(4.0), Of(4.0), Of(16.0), Of(1.0), Of(1.0)]),
    row("CS/lazy01", [Of(5.0), Of(4.0), Of(10.0), Of(6.0), Of(1.0)]),
    row("CS/queue", [Of(1.0), Of(1.0), Of(6.0), Of(1.0), Of(1.0)]),
    row("CS/reorder_3", [Of(6.0), Of(164.0), Of(124.0), Part(46334.0, 18), Of(3.0)]),
    row("CS/reorder_4", [Of(5.0), Of(642.0), Of(314.0), Never, Of(3.0)]),
    row("CS/reorder_5", [Of(5.0), Part(4257.0, 17), Of(954.0), Never, Of(3.0)]),
    row("CS/reorder_10", [Of(5.0), Never, Of(1568.0), Never, Of(3.0)]),
    row("CS/reorder_20", [Of(5.0), Never, Of(1304.0), Never, Of(3.0)]),
    row("CS/reorder_50", [Of(5.0), Never, Part(14789.0, 7), Never, Of(3.0)]),
    row("CS/reorder_100", [Of(5.0), Never, Part(7447.0, 1), Never, Of(3.0)]),
    row("CS/stack", [Of(1.0), Of(1.0), Of(2.0), Of(1.0), Of(1.0)]),
    row("CS/token_ring", [Of(4.0), Of(5.0), Of(6.0), Of(8.0), Of(5.0)]),
    row("CS/twostage", [Of(6.0), Of(9.0), Of(7.0), Of(168.0), Of(5.0)]),
    row("CS/twostage_20", [Of(18.0), Of(162.0), Of(146.0), Never, Of(4.0)]),
    row("CS/twostage_50", [Of(32.0), Part(1696.0, 19), Of(684.0), Never, Of(4.0)]),
    row("CS/twostage_100", [Of(25.0), Never, Part(3125.0, 6), Never, Of(5.0)]),
    row("CS/wronglock", [Of(1.0), Of(1.0), Of(49.0), Of(30.0), Of(1.0)]),
    row("CS/wronglock_3", [Of(1.0), Of(1.0), Of(32.0), Of(30.0), Of(1.0)]),
    row("CB/stringbuffer-jdk1.4", [Of(8.0), Of(8.0), Of(146.0), Of(764.0), Of(2.0)]),
    row("Inspect/boundedBuffer", [Of(5.0), Of(4.0), Of(7.0), Of(11.0), Of(3.0)]),
    row("Chess/WorkStealQueue", [Of(8.0), Of(9.0), Of(8.0), Never, Of(4.0)]),
    row("Chess/InterlockedWSQ", [Of(1.0), Of(1.0), Part(24.0, 14), Never, Of(5.0)]),
    ours("PCT/figure5", 1.0),
    row("SafeStack", [Never, Never, Never, Never, Of(5627.0)]),
    ours("handshake_8", 1012.0),
    ours("handshakeB_8", 1833.5),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::on_jostle::PROGRAMS;
    use crate::program::Set;

    #[test]
    fn what_is_published_is_about_programs_that_exist() {
        for row in PUBLISHED {
            assert!(PROGRAMS.iter().any(|p| p.name == row.name), "{}", row.name);
        }
        let known = PROGRAMS.iter().filter(|p| p.set == Set::Sct);
        assert!(known.clone().all(|p| published(p.name).is_some()));
        assert_eq!(known.count(), 28);
    }
}
