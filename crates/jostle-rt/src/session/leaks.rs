//! Memory that is lost on some schedules and not on others.
//!
//! A block is lost if nobody can reach it when the program has ended well: not from static
//! memory, from the stacks and variables of the threads that are left, or from another block
//! that can be reached. Memory that is lost on every schedule is no affair of scheduling: many
//! programs leave some to the system on purpose. So what is lost is compared with what other
//! executions lose, which are the same ones in every process: a replay judges as the
//! exploration did.
//!
//! To look for lost blocks costs as much as many small executions. So it is done only where the
//! number of live blocks, or of their bytes, is one at which no leak has been seen yet.

#![allow(unsafe_code)]

use std::collections::{BTreeMap, HashSet};

use jostle_core::finding::{Finding, Kind};

use crate::carrier::image;
use crate::engine::Engine;
use crate::engine::watch::Allocation;
use crate::heap::Block;
use crate::hot;
use crate::session::race::described;

/// How many blocks of each size are lost.
pub(crate) type Sizes = BTreeMap<usize, usize>;

/// What is known of the leaks of a program.
#[derive(Debug, Default)]
pub(crate) struct Leaks {
    /// Numbers of live blocks and of their bytes at which no leak was found.
    clean: HashSet<(u64, u64)>,
    /// What other executions lose at least, once that is known; `None` inside if none of them
    /// has ended well.
    pub(crate) usual: Option<Option<Sizes>>,
}

/// So many numbers are kept.
const KEPT: usize = 1 << 12;

impl Leaks {
    /// Whether the execution that has just ended may have lost something.
    pub(crate) fn may_be(&self, e: &Engine) -> bool {
        let live = e.heap.live();
        !self.clean.contains(&live) && self.clean.len() < KEPT
    }

    /// The execution that ended with `live` blocks has lost nothing unusual.
    pub(crate) fn is_clean(&mut self, live: (u64, u64)) {
        self.clean.insert(live);
    }
}

/// The blocks that the execution that has just ended has lost.
pub(crate) fn lost(e: &Engine) -> Vec<Block> {
    let mut ranges: Vec<(usize, usize)> = image::segments()
        .into_iter()
        .map(|segment| (segment.start, segment.end))
        .collect();
    let mut held = Vec::new();
    for slot in e.threads.used() {
        let slot = slot as u16;
        held.extend(e.threads.held(slot));
        if !e.threads.is_live(slot) {
            continue;
        }
        let row = e.threads.row(slot);
        let variables = e.tls.extent(row.block);
        ranges.push((variables.start, variables.end));
        let context = match slot == hot::slot() {
            true => e.left,
            false => row.context,
        };
        let (low, size) = e.stacks.extent(slot);
        let end = low + size;
        // Below the stack pointer lies what leaf functions keep there.
        let start = context.stack.addr() - 128;
        if (low..end).contains(&start) {
            ranges.push((start, end));
        }
    }
    let words = held.as_ptr().addr();
    ranges.push((words, words + size_of_val(held.as_slice())));
    // SAFETY: Loaded segments, stacks and variables of threads that do not run, and `held`.
    unsafe { e.heap.unreachable(&ranges) }
}

/// How many blocks of each size these are.
pub(crate) fn sizes(blocks: &[Block]) -> Sizes {
    let mut sizes = Sizes::new();
    for block in blocks {
        *sizes.entry(block.size).or_default() += 1;
    }
    sizes
}

/// What is lost at least in two executions.
pub(crate) fn least(one: &Sizes, other: &Sizes) -> Sizes {
    let both = |(size, count): (&usize, &usize)| {
        let least = *other.get(size)?.min(count);
        Some((*size, least))
    };
    one.iter().filter_map(both).collect()
}

/// The blocks beyond those that are usually lost: of each size the ones allocated last.
pub(crate) fn beyond(blocks: &[Block], usual: &Sizes) -> Vec<Block> {
    let mut left = usual.clone();
    let unusual = |block: &&Block| match left.get_mut(&block.size) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    };
    let mut sorted: Vec<&Block> = blocks.iter().collect();
    sorted.sort_by_key(|block| block.ordinal);
    sorted.into_iter().filter(unusual).copied().collect()
}

/// The block to name: one that no other lost block points at, the oldest of those. In a circle
/// of blocks, the oldest of all.
///
/// # Safety
///
/// The blocks are as the program left them.
pub(crate) unsafe fn first(blocks: &[Block]) -> Option<Block> {
    let points_at = |from: &Block, to: &Block| {
        let words = (from.base..(from.base + from.size) & !7).step_by(8);
        words.into_iter().any(|at| {
            // SAFETY: Inside the block, which the heap has aligned.
            let word = unsafe { std::ptr::with_exposed_provenance::<usize>(at).read() };
            (to.base..to.base + to.size.max(1)).contains(&word)
        })
    };
    let is_held = |to: &Block| {
        let others = blocks.iter().filter(|from| from.base != to.base);
        others.into_iter().any(|from| points_at(from, to))
    };
    let free = blocks.iter().find(|block| !is_held(block));
    free.or(blocks.first()).copied()
}

/// The finding: `block` is one of `count` lost blocks, allocated there.
pub(crate) fn finding(
    e: &mut Engine,
    allocation: &Allocation,
    block: Block,
    count: usize,
) -> Finding {
    // The functions that the compiler makes for allocation have no place: the first one counts
    // that has.
    let mut calls = allocation.calls.clone();
    let mut site = e.places.symbols().resolve(allocation.pc, &calls);
    while site.line() == 0
        && let Some(pc) = calls.pop()
    {
        site = e.places.symbols().resolve(pc, &calls);
    }
    let access = described("allocation".to_owned(), allocation.task, site);
    let size = match block.size {
        1 => "1 byte".to_owned(),
        size => format!("{size} bytes"),
    };
    let by = allocation
        .task
        .map_or_else(String::new, |task| format!(" by {task}"));
    let place = match &access.place {
        Some(place) => format!(" at {}:{}", place.file, place.line),
        None => String::new(),
    };
    let more = match count {
        1 => String::new(),
        count => format!(", the first of {count} such blocks"),
    };
    let message = format!(
        "memory is lost that is freed on other schedules: {size} allocated{by}{place}{more}"
    );
    let mut finding = Finding::new(Kind::Leak, message);
    finding.task = allocation.task;
    finding.accesses = vec![access];
    finding
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(size: usize, ordinal: u64) -> Block {
        Block {
            base: 4096 * ordinal as usize,
            size,
            ordinal,
            freed: false,
        }
    }

    #[test]
    fn what_every_execution_loses_is_no_leak() {
        let one = sizes(&[block(8, 1), block(8, 2), block(24, 3)]);
        let other = sizes(&[block(8, 1), block(100, 2)]);
        let usual = least(&one, &other);
        assert_eq!(usual, Sizes::from([(8, 1)]));
        assert!(beyond(&[block(8, 7)], &usual).is_empty());
        let more = beyond(&[block(24, 9), block(8, 8), block(8, 7)], &usual);
        assert_eq!(more, [block(8, 8), block(24, 9)]);
    }

    #[test]
    fn the_block_that_is_named_is_one_that_no_other_points_at() {
        let mut words = [[0_usize; 2]; 2];
        words[0][1] = (&raw const words[1]).addr() + 8;
        let at = |row: &[usize; 2], ordinal| Block {
            base: std::ptr::from_ref(row).expose_provenance(),
            size: 16,
            ordinal,
            freed: false,
        };
        let blocks = [at(&words[1], 1), at(&words[0], 2)];
        // SAFETY: Both are there.
        let first = unsafe { first(&blocks) };
        assert_eq!(first.map(|block| block.ordinal), Some(2));
    }
}
