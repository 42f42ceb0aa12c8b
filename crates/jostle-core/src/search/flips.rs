//! Picks a pair of conflicting operations of the last execution, to reverse their order.
//!
//! Dynamic partial-order reduction (Flanagan, Godefroid, POPL 2005) goes through all
//! interleavings by reversing one pair of conflicting operations after the other. Here
//! one pair is reversed, and what comes after is drawn: a single step away from a known
//! execution, in a direction in which nothing has been tried yet.

use std::collections::HashMap;

use crate::coverage::Accesses;
use crate::decision::Rng;
use crate::hash::Mixed;
use crate::prescription::Hold;
use crate::search::tuning::BACK;

/// Pairs of site classes that are remembered at most.
const MOST: usize = 1 << 14;

/// How often each pair of site classes has been reversed.
#[derive(Default, Debug)]
pub(super) struct Flips {
    reversed: HashMap<(u32, u32), u32, Mixed>,
    /// The operations on each object.
    by_object: Vec<Vec<u32>>,
}

/// A pair to reverse: replay this many choices, then hold the task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Flip {
    pub(super) choices: u32,
    pub(super) hold: Hold,
}

impl Flips {
    /// The pair of the last execution whose site classes were reversed least often; a
    /// random one of them if there are several.
    pub(super) fn draw(&mut self, accesses: &Accesses, rng: &mut Rng) -> Option<Flip> {
        for list in &mut self.by_object {
            list.clear();
        }
        let mut best: Option<(u32, u32, u32)> = None;
        let mut ties = 0;
        for (at, later) in accesses.list.iter().enumerate() {
            let access = later.access();
            let object = later.object.index()?;
            if object >= self.by_object.len() {
                self.by_object.resize(object + 1, Vec::new());
            }
            let before = self.by_object[object].iter().rev().take(BACK);
            let earlier = before
                .map(|&i| (i, &accesses.list[i as usize]))
                .find(|(_, e)| e.task == later.task || e.access().conflicts_with(access))
                .filter(|(_, e)| e.task != later.task);
            self.by_object[object].push(at as u32);
            let Some((i, earlier)) = earlier else {
                continue;
            };
            let reversed = self.reversed.get(&(earlier.class, later.class));
            let reversed = reversed.copied().unwrap_or(0);
            let least = best.map_or(u32::MAX, |b| b.0);
            if reversed < least {
                ties = 0;
            }
            if reversed <= least {
                ties += 1;
                // Each of those that tie has the same chance to stay.
                if rng.below(ties) == 0 {
                    best = Some((reversed, i, at as u32));
                }
            }
        }
        let (reversed, earlier, later) = best?;
        let (earlier, later) = (
            &accesses.list[earlier as usize],
            &accesses.list[later as usize],
        );
        if self.reversed.len() >= MOST {
            self.reversed.clear();
        }
        self.reversed
            .insert((earlier.class, later.class), reversed + 1);
        Some(Flip {
            choices: earlier.before,
            hold: Hold {
                task: earlier.task,
                until: later.task,
                does: accesses.class(later.class),
            },
        })
    }
}
