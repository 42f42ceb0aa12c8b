//! The random walk: every runnable task with the same probability.

use crate::decision::Rng;
use crate::id::TaskId;
use crate::strategy::{Strategy, View, uniform};

/// Picks each runnable task with the same probability at every decision.
///
/// Good at bugs that many schedules show, and the cheapest of all. Its weakness
/// is that it lets tasks advance evenly, so that it hardly ever holds one back
/// while another makes a hundred steps.
#[derive(Clone, Copy, Default, Debug)]
pub struct Random;

impl Strategy for Random {
    fn pick(&mut self, view: &View, rng: &mut Rng) -> TaskId {
        uniform(&view.runnable, rng)
    }

    fn is_uniform(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::strategy::model::{self, Model, writes};

    #[test]
    fn every_ready_task_is_as_likely_as_any_other() {
        let mut model = Model::of([writes(1, 1), writes(2, 1), writes(3, 1), writes(4, 1)]);
        let n = 20_000;
        let mut first = [0u32; 4];
        for seed in 0..n {
            let order = model.run(&mut Random, seed);
            first[order[0].index() - 1] += 1;
        }
        model::assert_share(first[0], n, 1.0 / 4.0);
        model::assert_share(first[1], n, 1.0 / 4.0);
        model::assert_share(first[2], n, 1.0 / 4.0);
        model::assert_share(first[3], n, 1.0 / 4.0);
    }

    #[test]
    fn a_short_task_outlives_a_long_one_with_the_odds_of_a_coin() {
        // The last of task 2's one operation after all n of main's: 2⁻ⁿ, where
        // the uniform random walk has 1 / (n + 1).
        let mut model = Model::of([writes(1, 4), writes(2, 1)]);
        let n = 40_000;
        let late = (0..n).filter(|&seed| model.run(&mut Random, seed)[4] == model::task(2));
        model::assert_share(late.count() as u32, n, 1.0 / 16.0);
    }
}
