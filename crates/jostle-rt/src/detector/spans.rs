//! Large ranges with one history, before anything in them is touched.
//!
//! A stack of 8 MiB or a block of hundreds is allocated in one call and used in a few places.
//! So the chunks in the middle of such a range are not made when the range is allocated,
//! freed or unmapped: the range is noted here, and a chunk inside gets the history of the
//! latest range around it when it is first touched in the execution. Chunks that were touched
//! before have histories of their own, which the caller overwrites as always.

use super::cell::Cell;
use crate::raw::Errno;
use crate::region::{Region, Zero};

/// With more ranges than this, the search would cost more than it saves.
const MOST: usize = 64;

/// Whole chunks with one history.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C)]
struct Span {
    start: u64,
    end: u64,
    cell: Cell,
}

#[expect(unsafe_code, reason = "the marker for types that a region may hold")]
mod zero {
    use super::{Span, Zero};
    // SAFETY: integers only.
    unsafe impl Zero for Span {}
}

/// See the module.
#[derive(Debug)]
pub(super) struct Spans {
    spans: Region<Span>,
    length: usize,
}

impl Spans {
    pub(super) fn new() -> Result<Self, Errno> {
        Ok(Self {
            spans: Region::new(MOST)?,
            length: 0,
        })
    }

    pub(super) fn reset(&mut self) {
        self.length = 0;
    }

    /// Notes a range that begins and ends at borders of chunks. Returns whether there was room.
    pub(super) fn add(&mut self, start: usize, end: usize, cell: Cell) -> bool {
        if self.length == MOST {
            return false;
        }
        *self.spans.at_mut(self.length) = Span {
            start: start as u64,
            end: end as u64,
            cell,
        };
        self.length += 1;
        true
    }

    /// The history of an address in a chunk that was not touched in this execution, if a range
    /// was noted.
    #[inline]
    pub(super) fn of(&self, address: usize) -> Option<Cell> {
        let address = address as u64;
        let spans = self.spans.slice(0, self.length).iter();
        let mut around = spans
            .rev()
            .filter(|s| s.start <= address && address < s.end);
        around.next().map(|span| span.cell)
    }
}
