//! Sites by address and stack, found in a few instructions.
//!
//! Looked up at each scheduling point, on the stack of a task: it allocates nothing, takes no
//! lock, uses no thread-local and cannot panic. Only one logical thread runs at a time, so
//! that `&mut` for [`insert`](SiteTable::insert) is enough.
//!
//! The memory is fixed. Many keys have one site, and a program with a branching recursion has
//! any number of keys; when the table is three quarters full it is cleared, and what is still in
//! use comes back by way of the symbolizer, whose answer is the same.

use jostle_site::Site;

/// What a scheduling point knows of its place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Slot {
    pc: usize,
    stack: u64,
    site: Option<Site>,
}

const FREE: Slot = Slot {
    pc: 0,
    stack: 0,
    site: None,
};

/// The table. Open addressing with linear probing.
#[derive(Debug)]
pub(crate) struct SiteTable {
    /// A power of two of them, never all in use.
    slots: Box<[Slot]>,
    used: usize,
}

impl SiteTable {
    /// Room for some 24,000 keys, in 768 KiB.
    #[must_use]
    pub(crate) fn new() -> SiteTable {
        SiteTable::with_slots(1 << 15)
    }

    /// `slots` is rounded up to a power of two.
    #[must_use]
    pub(crate) fn with_slots(slots: usize) -> SiteTable {
        let slots = slots.max(4).next_power_of_two();
        SiteTable {
            slots: vec![FREE; slots].into_boxed_slice(),
            used: 0,
        }
    }

    /// The site of `pc` under a stack with this hash, if it was inserted.
    #[inline]
    #[must_use]
    pub(crate) fn get(&self, pc: usize, stack: u64) -> Option<Site> {
        // A slot is free somewhere, which ends the loop.
        let mut at = self.home(pc, stack);
        loop {
            let slot = self.slots.get(at)?;
            if slot.pc == pc && slot.stack == stack || slot.site.is_none() {
                return slot.site;
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    /// Remembers the site of `pc` under a stack with this hash.
    pub(crate) fn insert(&mut self, pc: usize, stack: u64, site: Site) {
        if self.used + self.used / 3 >= self.slots.len() {
            self.slots.fill(FREE);
            self.used = 0;
        }
        let mut at = self.home(pc, stack);
        loop {
            let slot = &mut self.slots[at];
            if slot.site.is_none() {
                self.used += 1;
            } else if slot.pc != pc || slot.stack != stack {
                at = (at + 1) & (self.slots.len() - 1);
                continue;
            }
            *slot = Slot {
                pc,
                stack,
                site: Some(site),
            };
            return;
        }
    }

    /// How many keys are remembered.
    #[must_use]
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.used
    }

    /// Whether none is.
    #[must_use]
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// The slot where a search begins.
    #[inline]
    fn home(&self, pc: usize, stack: u64) -> usize {
        // The upper bits of a product depend on all bits of the factor.
        let mixed = (stack ^ pc as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32) as usize & (self.slots.len() - 1)
    }
}

impl Default for SiteTable {
    fn default() -> SiteTable {
        SiteTable::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use jostle_site::Frame;

    fn site(line: u32) -> Site {
        let frame = Frame {
            file: "src/pool.rs",
            line,
            column: 1,
            function: "close",
        };
        Site::intern(frame, &[])
    }

    #[test]
    fn what_was_inserted_is_found_and_nothing_else_is() {
        let mut table = SiteTable::new();
        for n in 0..1000_usize {
            table.insert(0x5000 + n % 10, (n / 10) as u64, site(n as u32));
        }
        assert_eq!(table.len(), 1000);
        for n in 0..1000_usize {
            let found = table.get(0x5000 + n % 10, (n / 10) as u64);
            assert_eq!(found, Some(site(n as u32)));
            assert_eq!(table.get(0x5000 + n % 10, (n / 10) as u64 + 100), None);
        }
        assert_eq!(table.get(0, 0), None);
    }

    #[test]
    fn the_last_insertion_counts() {
        let mut table = SiteTable::new();
        table.insert(1, 2, site(3));
        table.insert(1, 2, site(4));
        assert_eq!((table.get(1, 2), table.len()), (Some(site(4)), 1));
    }

    #[test]
    fn a_full_table_begins_anew_and_never_fills_up() {
        let mut table = SiteTable::with_slots(16);
        for n in 0..1000 {
            table.insert(n, 0, site(1));
            assert_eq!(table.get(n, 0), Some(site(1)));
            assert!((1..=12).contains(&table.len()));
        }
        assert_eq!(table.get(0, 0), None);
    }
}
