//! A pool of small allocations, reused across executions.

use std::alloc::Layout;
use std::mem::{self, MaybeUninit};

/// Memory for one small value.
#[repr(align(16))]
#[derive(Debug)]
pub(crate) struct Block(#[allow(dead_code, reason = "nothing but room")] MaybeUninit<[u8; 64]>);

impl Block {
    /// Whether a `T` can be put into a block.
    pub(crate) const fn fits<T>() -> bool {
        let (room, value) = (Layout::new::<Block>(), Layout::new::<T>());
        value.size() <= room.size() && value.align() <= room.align()
    }
}

/// The blocks of an executor.
///
/// A block that is given back during an execution is handed out in later ones only, so
/// that a data-race detector never sees a task write where an unrelated one of
/// the same execution wrote before.
#[derive(Default, Debug)]
#[allow(
    clippy::vec_box,
    reason = "a block is handed out as a box, whose address stays"
)]
pub(crate) struct BlockPool {
    free: Vec<Box<Block>>,
    used: Vec<Box<Block>>,
}

/// How many free blocks are kept at most.
const KEPT: usize = 4096;

impl BlockPool {
    #[inline]
    pub(crate) fn take(&mut self) -> Box<Block> {
        match self.free.pop() {
            Some(block) => block,
            None => Box::new(Block(MaybeUninit::uninit())),
        }
    }

    #[inline]
    pub(crate) fn give_back(&mut self, block: Box<Block>) {
        self.used.push(block);
    }

    /// A new execution begins.
    #[inline]
    pub(crate) fn begin(&mut self) {
        if self.free.len() < self.used.len() {
            mem::swap(&mut self.free, &mut self.used);
        }
        self.free.append(&mut self.used);
        self.free.truncate(KEPT);
    }
}
