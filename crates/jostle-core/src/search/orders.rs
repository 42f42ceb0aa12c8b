//! Learns pairs of site classes that conflict, and draws orders between them.
//!
//! Two site classes are a pair if two tasks have done them to the same object, at least
//! one writing it. An execution is asked for a direction of every pair (or of a few,
//! where there are many): the first operation of one site class before the first of the
//! other. With `n` pairs there are at most `2ⁿ` such vectors, however many tasks
//! there are, and where they are few none is drawn twice.

use std::collections::HashSet;

use crate::coverage::{Accesses, ClassedAccess};
use crate::decision::Rng;
use crate::hash::{Mixed, mix};
use crate::op::Effect;
use crate::prescription::Order;
use crate::search::tuning::{DRAWS, FEW_PAIRS, HOPELESS, ORDERS_OF_MANY};

/// Pairs that are kept at most.
const MOST: usize = 4096;

/// What counts as one site class.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    /// What a task does to an object in one way, wherever in the source.
    Anywhere,
    /// At one place in the source.
    Place,
}

impl Level {
    fn of(self, access: &ClassedAccess) -> u32 {
        match self {
            Level::Anywhere => access.anywhere,
            Level::Place => access.class,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    classes: [u32; 2],
    /// How often each direction was asked for; the first one is the one of
    /// `classes`.
    asked: [u32; 2],
    /// How often it came about.
    came: [u32; 2],
}

/// What one execution did to one object.
#[derive(Clone, Copy, Debug)]
struct Use {
    class: u32,
    /// The strongest effect of all of them.
    effect: Effect,
    /// The only task that did it, if there is only one.
    by: Option<u32>,
}

/// Orders to ask for.
#[derive(Clone, Debug)]
pub(super) struct Drawn {
    pub(super) orders: Vec<Order>,
    /// False if the same directions were asked for before, or came about.
    pub(super) is_new: bool,
}

/// The pairs of a scenario and what has become of them.
#[derive(Debug)]
pub(super) struct Orders {
    level: Level,
    pairs: Vec<Pair>,
    known: HashSet<(u32, u32), Mixed>,
    tried: HashSet<u64, Mixed>,
    /// Hashes of what has been done to one object in one execution, so that new pairs
    /// are not looked for where there are none.
    uses_known: HashSet<u64, Mixed>,
    uses: Vec<Vec<Use>>,
    /// When each site class was first done in the last execution, counted from 1; 0 for
    /// never.
    firsts: Vec<u32>,
}

impl Orders {
    /// No pairs are known yet.
    pub(super) fn new(level: Level) -> Orders {
        Orders {
            level,
            pairs: Vec::new(),
            known: HashSet::default(),
            tried: HashSet::default(),
            uses_known: HashSet::default(),
            uses: Vec::new(),
            firsts: Vec::new(),
        }
    }

    /// How many pairs there are.
    pub(super) fn pairs(&self) -> usize {
        self.pairs.len()
    }

    /// Learns from the last execution.
    pub(super) fn learn(&mut self, accesses: &Accesses) {
        self.find_pairs(accesses);
        let level = self.level;
        self.firsts.clear();
        self.firsts.resize(accesses.classes(), 0);
        for (at, access) in accesses.list.iter().enumerate() {
            let first = &mut self.firsts[level.of(access) as usize];
            if *first == 0 {
                *first = at as u32 + 1;
            }
        }
        let mut vector = 0;
        let mut complete = self.pairs.len() <= FEW_PAIRS;
        for pair in &mut self.pairs {
            let [a, b] = pair.classes.map(|class| self.firsts[class as usize]);
            if a == 0 || b == 0 {
                complete = false;
                continue;
            }
            let direction = usize::from(b < a);
            pair.came[direction] += 1;
            vector = mix(vector, direction as u64);
        }
        if complete {
            self.tried.insert(mix(vector, self.pairs.len() as u64));
        }
    }

    fn find_pairs(&mut self, accesses: &Accesses) {
        for uses in &mut self.uses {
            uses.clear();
        }
        for access in &accesses.list {
            let object = access.object.index().unwrap_or(0);
            if object >= self.uses.len() {
                self.uses.resize(object + 1, Vec::new());
            }
            let uses = &mut self.uses[object];
            let task = access.task.index() as u32;
            let class = self.level.of(access);
            match uses.iter_mut().find(|u| u.class == class) {
                Some(u) => {
                    u.effect = u.effect.max(access.effect);
                    u.by = u.by.filter(|&by| by == task);
                }
                None => uses.push(Use {
                    class,
                    effect: access.effect,
                    by: Some(task),
                }),
            }
        }
        for at in 0..self.uses.len() {
            let uses = &self.uses[at];
            let hash = uses.iter().fold(0, |hash: u64, u| {
                let by = u.by.map_or(0, |by| u64::from(by) + 1);
                hash.wrapping_add(mix(
                    u64::from(u.class) << 1 | u64::from(u.effect.writes()),
                    by,
                ))
            });
            if uses.len() < 2 || !self.uses_known.insert(hash) {
                continue;
            }
            for i in 0..uses.len() {
                for j in 0..i {
                    let (a, b) = (self.uses[at][i], self.uses[at][j]);
                    let one_task = a.by.is_some() && a.by == b.by;
                    if a.effect.conflicts_with(b.effect) && !one_task && self.pairs.len() < MOST {
                        self.add(a.class.min(b.class), a.class.max(b.class));
                    }
                }
            }
        }
        // Nothing there is worth more memory than the pairs.
        if self.uses_known.len() > 16 * MOST {
            self.uses_known.clear();
        }
    }

    fn add(&mut self, a: u32, b: u32) {
        if self.known.insert((a, b)) {
            self.pairs.push(Pair {
                classes: [a, b],
                asked: [0; 2],
                came: [0; 2],
            });
        }
    }

    /// Orders to ask for; none if there are no pairs.
    pub(super) fn draw(&mut self, accesses: &Accesses, rng: &mut Rng) -> Drawn {
        let mut drawn = Vec::new();
        let mut is_new = false;
        for _ in 0..DRAWS {
            drawn.clear();
            let vector = self.draw_vector(rng, &mut drawn);
            if self.pairs.len() > FEW_PAIRS || self.tried.insert(vector) {
                is_new = true;
                break;
            }
        }
        let mut orders = Vec::with_capacity(drawn.len());
        for (pair, direction) in drawn {
            let pair = &mut self.pairs[pair];
            pair.asked[direction] += 1;
            orders.push(Order {
                first: accesses.class(pair.classes[direction]),
                then: accesses.class(pair.classes[1 - direction]),
            });
        }
        Drawn { orders, is_new }
    }

    /// Directions of pairs that come from one random permutation of the site classes, so
    /// that they do not contradict each other.
    fn draw_vector(&self, rng: &mut Rng, drawn: &mut Vec<(usize, usize)>) -> u64 {
        let salt = rng.bits64();
        let many = self.pairs.len() > FEW_PAIRS;
        let mut vector = 0;
        for (at, pair) in self.pairs.iter().enumerate() {
            if many && rng.below(self.pairs.len() as u32) >= ORDERS_OF_MANY {
                continue;
            }
            let [a, b] = pair.classes.map(|class| mix(salt, u64::from(class)));
            let mut direction = usize::from(a < b);
            let hopeless = pair.asked[direction] >= HOPELESS && pair.came[direction] == 0;
            if hopeless && rng.below(8) > 0 {
                direction = 1 - direction;
            }
            drawn.push((at, direction));
            vector = mix(vector, direction as u64);
        }
        mix(vector, self.pairs.len() as u64)
    }
}
