//! Allocates executions among the search methods.
//!
//! A fixed plan and not a bandit: most bugs show within ten executions, of which a
//! bandit learns nothing, and what pays later (building on executions that had
//! something new) pays nothing at first. The first executions go mostly to orders,
//! the best of all as long as there are directions that have not been tried; the
//! later ones mostly to the corpus.

/// A way of searching.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Way {
    /// [`Kind::Newest`](crate::strategy::Kind::Newest).
    First,
    /// Orders between site classes, on top of URW.
    Orders,
    /// The same on top of POS.
    OrdersPos,
    /// A pair of the last execution, the other way round.
    Flip,
    /// An execution of the corpus, rearranged.
    Mutate,
    /// The beginning of an execution of the corpus.
    Prefix,
    /// A sampler alone.
    Plain,
}

use Way::{First, Flip, Mutate, Orders, OrdersPos, Plain, Prefix};

const BEGINNING: [Way; 25] = [
    First, Orders, Orders, Orders, Orders, Flip, Plain, Flip, Orders, Flip, Plain, Orders, Flip,
    Plain, Mutate, Prefix, Flip, OrdersPos, Prefix, Flip, Plain, Mutate, Prefix, Flip, Mutate,
];

const FOR_EVER: [Way; 16] = [
    Flip, Mutate, Prefix, Mutate, Prefix, Plain, Prefix, Orders, Flip, Prefix, Plain, Mutate,
    Prefix, Mutate, Prefix, OrdersPos,
];

/// The way of execution `index`, counted from 0.
pub(super) fn way(index: u64) -> Way {
    match BEGINNING.get(index as usize) {
        Some(&way) => way,
        None => {
            let since = index - BEGINNING.len() as u64;
            FOR_EVER[(since % FOR_EVER.len() as u64) as usize]
        }
    }
}
