//! Generates the next input.

use std::collections::HashSet;

use crate::coverage::{Accesses, Equivalence, FeatureKinds, Features};
use crate::decision::{Pick, Prefix, Rng};
use crate::hash::{Mixed, mix};
use crate::history::History;
use crate::input::{Input, Steering};
use crate::prescription::Order;
use crate::search::corpus::Corpus;
use crate::search::flips::Flips;
use crate::search::novelty::Novelty;
use crate::search::orders::{Level, Orders};
use crate::search::plan::{Way, way};
use crate::search::prefixes;
use crate::search::tuning::{ANYWHERE, FEW_PAIRS, NEWEST_TO_CONTINUE, NEWEST_TO_REARRANGE};
use crate::strategy::Kind;

/// Tells the stream of the search from the one of the execution with the same seed.
const SEARCH: u64 = 0x7365_6172_6368_2e2e;

/// One execution of so many is a sampler's.
const SHARE: u64 = 4;

/// Classes remembered at most. When there are more, all are forgotten, and a class that
/// comes again is learned from once more.
const CLASSES: usize = 1 << 20;

/// The search of one scenario.
///
/// What it hands out is a function of the seeds and histories that it was given, in
/// their order, and of nothing else.
#[derive(Debug)]
pub struct Search {
    /// Executions of the plan.
    executions: u64,
    /// Executions of the plan and of the samplers.
    made: u64,
    /// Strategies that take turns in one execution of [`SHARE`].
    samplers: &'static [Kind],
    /// Between operations wherever they are.
    anywhere: Orders,
    /// Between operations at one place each.
    places: Orders,
    flips: Flips,
    novelty: Novelty,
    corpus: Corpus,
    equivalence: Equivalence,
    /// The classes of all executions.
    classes: HashSet<u64, Mixed>,
    /// The last execution that was looked at, as all are that can be built on.
    accesses: Accesses,
    picks: Vec<Pick>,
    data: Vec<u8>,
    rng: Rng,
    /// Whether the scenario takes data.
    takes_data: bool,
    /// Whether the execution that was learned from last was looked at, and whether it
    /// had something new.
    has_looked: bool,
    is_new: bool,
}

impl Search {
    /// A search that knows nothing. `takes_data` says whether the scenario makes an
    /// argument of an input's data.
    #[must_use]
    pub fn new(takes_data: bool) -> Search {
        Search::of(takes_data, FeatureKinds::SEARCH)
    }

    /// As [`new`](Search::new), but goes on from what is new in `kinds`.
    #[must_use]
    pub fn of(takes_data: bool, kinds: FeatureKinds) -> Search {
        Search {
            executions: 0,
            made: 0,
            samplers: &[],
            anywhere: Orders::new(Level::Anywhere),
            places: Orders::new(Level::Place),
            flips: Flips::default(),
            novelty: Novelty::new(kinds),
            corpus: Corpus::default(),
            equivalence: Equivalence::default(),
            classes: HashSet::default(),
            accesses: Accesses::default(),
            picks: Vec::new(),
            data: Vec::new(),
            rng: Rng::new(0),
            takes_data,
            has_looked: false,
            is_new: false,
        }
    }

    /// The same, in which these strategies get a share of the executions, as they are. They
    /// reach in long executions what needs a task to stay where it is for a long time.
    #[must_use]
    pub fn with_samplers(mut self, samplers: &'static [Kind]) -> Search {
        self.samplers = samplers;
        self
    }

    /// The sampler whose turn it is.
    fn sampler(&mut self) -> Option<Kind> {
        let turn = self.made;
        self.made += 1;
        if self.samplers.is_empty() || turn % SHARE != SHARE - 1 {
            return None;
        }
        let at = (turn / SHARE) % self.samplers.len() as u64;
        Some(self.samplers[at as usize])
    }

    /// An input that gives the execution that was learned from last, in any search, if
    /// it had something new, so that it is worth building on.
    #[must_use]
    pub fn novel(&self) -> Option<Input> {
        self.is_new.then(|| Input {
            strategy: Kind::NonPreemptive,
            seed: 0,
            steering: Steering {
                prefix: Prefix {
                    picks: self.picks.clone(),
                    strict: true,
                },
                ..Steering::none()
            },
            overrides: Vec::new(),
            data: self.data.clone(),
        })
    }

    /// The input of the next execution. What is drawn is drawn from `seed`.
    pub fn next(&mut self, seed: u64) -> Input {
        if let Some(strategy) = self.sampler() {
            return match self.takes_data {
                true => Input::from_seed(strategy, seed),
                false => Input {
                    strategy,
                    seed,
                    steering: Steering::none(),
                    overrides: Vec::new(),
                    data: Vec::new(),
                },
            };
        }
        self.rng.reset(mix(seed, SEARCH));
        let way = way(self.executions);
        let even = self.executions % 2 == 1;
        self.executions += 1;
        let many = self.places.pairs() > FEW_PAIRS;
        let mut input = Input {
            strategy: Kind::Urw,
            seed,
            steering: Steering::none(),
            overrides: Vec::new(),
            data: Vec::new(),
        };
        if self.takes_data {
            input = Input::from_seed(Kind::Urw, seed);
        }
        match way {
            Way::First => input.strategy = Kind::Newest,
            // Where there are many pairs, what is drawn of them may be of no use.
            Way::Orders if many && !even => {}
            Way::Orders => input.steering.orders = self.draw_orders(),
            Way::OrdersPos => {
                input.strategy = Kind::Pos;
                input.steering.orders = self.draw_orders();
            }
            Way::Flip => {
                input.strategy = Kind::Pos;
                self.flip(&mut input);
            }
            Way::Mutate => {
                input.strategy = Kind::Random;
                self.mutate(&mut input);
            }
            Way::Prefix => {
                input.strategy = Kind::Pos;
                self.prefix(&mut input);
            }
            Way::Plain if many && self.rng.below(2) == 0 => {}
            Way::Plain => input.strategy = Kind::Pos,
        }
        input
    }

    /// Learns from the execution of the last input, whose data were `data`. Returns its
    /// class; see [`Equivalence`].
    ///
    /// From an execution that is equivalent to an earlier one there is nothing to learn
    /// but where the next one can set out from: which values were read from whom is the
    /// same in all of a class. So it is not even looked at unless the next one is to set
    /// out from it.
    pub fn learn(&mut self, history: &History, data: &[u8]) -> u64 {
        let class = self.equivalence.class(history, data);
        if self.classes.len() >= CLASSES {
            self.classes.clear();
        }
        let new = self.classes.insert(class);
        self.has_looked = false;
        self.is_new = false;
        if new {
            self.look_at(history, data);
            self.places.learn(&self.accesses);
            if self.executions < ANYWHERE {
                self.anywhere.learn(&self.accesses);
            }
            if let Some(before) = self.novelty.learn(history, &mut self.accesses) {
                self.is_new = true;
                let cut = (before as usize + 1).min(self.picks.len());
                let (picks, data) = (self.picks.clone(), self.data.clone());
                self.corpus.add(picks, cut, data, &mut self.rng);
            }
        } else if way(self.executions) == Way::Flip {
            self.look_at(history, data);
        }
        class
    }

    fn look_at(&mut self, history: &History, data: &[u8]) {
        self.has_looked = true;
        self.accesses.recount(history);
        self.picks.clear();
        let picks = history.choices.iter().map(|&choice| Pick::from(choice));
        self.picks.extend(picks);
        self.data.clear();
        self.data.extend(data);
    }

    /// Calls `hit` with every feature, as `features` sees it, of the execution that was
    /// learned from last, from this `history` and these `data`.
    pub fn show(
        &mut self,
        features: &mut Features,
        history: &History,
        data: &[u8],
        mut hit: impl FnMut(u64),
    ) {
        if !self.has_looked {
            self.look_at(history, data);
        }
        features.each(history, &mut self.accesses, |feature, _| hit(feature));
    }

    /// How many executions are worth building on.
    #[cfg(test)]
    pub(super) fn entries(&self) -> usize {
        self.corpus.size().0
    }

    fn draw_orders(&mut self) -> Vec<Order> {
        if self.executions <= ANYWHERE && self.anywhere.pairs() <= FEW_PAIRS {
            let drawn = self.anywhere.draw(&self.accesses, &mut self.rng);
            if drawn.is_new {
                return drawn.orders;
            }
        }
        self.places.draw(&self.accesses, &mut self.rng).orders
    }

    fn flip(&mut self, input: &mut Input) {
        if let Some(flip) = self.flips.draw(&self.accesses, &mut self.rng) {
            input.steering.prefix = Prefix {
                picks: self.picks[..flip.choices as usize].to_vec(),
                strict: true,
            };
            input.steering.hold = Some(flip.hold);
            input.data.clone_from(&self.data);
        }
    }

    fn mutate(&mut self, input: &mut Input) {
        if self.corpus.is_empty() {
            return;
        }
        let entry = self.corpus.draw(NEWEST_TO_REARRANGE, &mut self.rng);
        let mut picks = entry.picks.clone();
        input.data.clone_from(&entry.data);
        let other = self.corpus.any(&mut self.rng);
        prefixes::mutate(&mut picks, other, &mut self.rng);
        input.steering.prefix = Prefix {
            picks,
            strict: false,
        };
    }

    fn prefix(&mut self, input: &mut Input) {
        if self.corpus.is_empty() {
            return;
        }
        let entry = self.corpus.draw(NEWEST_TO_CONTINUE, &mut self.rng);
        input.data.clone_from(&entry.data);
        input.steering.prefix = Prefix {
            picks: prefixes::prefix(entry, &mut self.rng),
            strict: true,
        };
    }
}
