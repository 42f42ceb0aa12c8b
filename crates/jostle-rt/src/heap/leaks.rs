//! Which blocks nobody can reach any more.
//!
//! Conservative, as in LeakSanitizer: every aligned word of a root or of a reached live block
//! that has the value of an address inside a block, its first byte or any other, keeps that
//! block. So a leak may be missed (a number that looks like an address), and none is invented
//! as long as the roots are complete and pointers are neither tagged beyond their block nor
//! stored unaligned. Runs on the root context: it allocates.

#![allow(unsafe_code)]

use super::memory::word;
use super::{Block, Heap};

impl Heap {
    /// The live blocks allocated since the mark that cannot be reached from `roots`: ranges
    /// `(start, end)` of data segments, stacks, registers that were saved, thread-locals.
    ///
    /// # Safety
    ///
    /// The ranges are readable.
    pub(crate) unsafe fn unreachable(&self, roots: &[(usize, usize)]) -> Vec<Block> {
        let mut reached = vec![false; self.table.length];
        let mut waiting = Vec::new();
        for &(start, end) in roots {
            let mut at = start.next_multiple_of(8);
            while at + 8 <= end {
                // SAFETY: inside a readable range.
                self.reach(unsafe { word(at) }, &mut reached, &mut waiting);
                at += 8;
            }
        }
        while let Some(number) = waiting.pop() {
            let Some(entry) = self.table.get(number) else {
                continue;
            };
            let end = (entry.start + entry.size) as usize;
            for at in (entry.start as usize..end).step_by(8) {
                if at + 8 <= end
                    && let Some(value) = self.memory.read(at)
                {
                    self.reach(value, &mut reached, &mut waiting);
                }
            }
        }
        let lost = |block: &Block| {
            self.table
                .find(block.base)
                .is_some_and(|number| reached.get(number) == Some(&false))
        };
        self.live_since_mark().filter(lost).collect()
    }

    fn reach(&self, value: usize, reached: &mut [bool], waiting: &mut Vec<usize>) {
        if !self.used().contains(&value) {
            return;
        }
        let Some(number) = self.table.find(value) else {
            return;
        };
        let live = self.table.get(number).is_some_and(|entry| entry.freed == 0);
        if let Some(seen) = reached.get_mut(number)
            && live
            && !*seen
        {
            *seen = true;
            waiting.push(number);
        }
    }
}
