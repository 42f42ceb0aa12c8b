//! Pairs of operations of the last execution, the other way round.
//!
//! Dynamic partial-order reduction (Flanagan, Godefroid, POPL 2005) goes through all
//! interleavings by turning one pair of conflicting operations after the other. Here
//! one pair is turned, and what comes after is drawn: a single step away from an
//! execution that is known, in a direction in which nothing has been tried yet.

use std::collections::HashMap;

use crate::coverage::Observed;
use crate::decision::Rng;
use crate::hash::Mixed;
use crate::prescription::Hold;

/// How far back a conflicting operation is looked for on one object.
const BACK: usize = 64;

/// Pairs of classes that are remembered at most.
const MOST: usize = 1 << 14;

/// Which pairs of classes have been turned how often.
#[derive(Default, Debug)]
pub(super) struct Flips {
    turned: HashMap<(u32, u32), u32, Mixed>,
    /// The operations on each object.
    by_object: Vec<Vec<u32>>,
}

/// A pair to turn: play this many choices, then hold.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Flip {
    pub(super) choices: u32,
    pub(super) hold: Hold,
}

impl Flips {
    /// The pair of the last execution whose classes were turned least often, one of
    /// them if there are several.
    pub(super) fn draw(&mut self, observed: &Observed, rng: &mut Rng) -> Option<Flip> {
        for list in &mut self.by_object {
            list.clear();
        }
        let mut best: Option<(u32, u32, u32)> = None;
        let mut ties = 0;
        for (at, later) in observed.list.iter().enumerate() {
            let access = later.access();
            let object = later.object.index()?;
            if object >= self.by_object.len() {
                self.by_object.resize(object + 1, Vec::new());
            }
            let before = self.by_object[object].iter().rev().take(BACK);
            let earlier = before
                .map(|&i| (i, &observed.list[i as usize]))
                .find(|(_, e)| e.task == later.task || e.access().conflicts_with(access))
                .filter(|(_, e)| e.task != later.task);
            self.by_object[object].push(at as u32);
            let Some((i, earlier)) = earlier else {
                continue;
            };
            let turned = self.turned.get(&(earlier.class, later.class));
            let turned = turned.copied().unwrap_or(0);
            let least = best.map_or(u32::MAX, |b| b.0);
            if turned < least {
                ties = 0;
            }
            if turned <= least {
                ties += 1;
                // Each of those that tie has the same chance to stay.
                if rng.below(ties) == 0 {
                    best = Some((turned, i, at as u32));
                }
            }
        }
        let (turned, earlier, later) = best?;
        let (earlier, later) = (
            &observed.list[earlier as usize],
            &observed.list[later as usize],
        );
        if self.turned.len() >= MOST {
            self.turned.clear();
        }
        self.turned.insert((earlier.class, later.class), turned + 1);
        Some(Flip {
            choices: earlier.before,
            hold: Hold {
                task: earlier.task,
                until: later.task,
                does: observed.class(later.class),
            },
        })
    }
}
