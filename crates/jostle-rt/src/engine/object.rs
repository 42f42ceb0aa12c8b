//! Numbers of objects, by the address at which they lie in this execution.
//!
//! Decisions and traces hold the number, which is the order of first use; the address is
//! known to this table alone.

use jostle_core::id::ObjectId;

/// In the place of a number: operations there are no scheduling points.
pub(crate) const UNSCHEDULED: ObjectId = ObjectId(u32::MAX - 1);

/// An entry of the table; free if it is of another execution.
#[derive(Clone, Copy, Debug)]
struct Entry {
    address: usize,
    epoch: u32,
    object: ObjectId,
}

const FREE: Entry = Entry {
    address: 0,
    epoch: 0,
    object: ObjectId::NONE,
};

/// The table: open addressing with linear probing, at most half full.
#[derive(Debug)]
pub(crate) struct Objects {
    entries: Vec<Entry>,
    used: usize,
    epoch: u32,
}

impl Objects {
    pub(crate) fn new() -> Objects {
        Objects {
            entries: vec![FREE; 1 << 12],
            used: 0,
            epoch: 1,
        }
    }

    /// Forgets all of them.
    pub(crate) fn reset(&mut self) {
        self.used = 0;
        self.epoch = self.epoch.wrapping_add(1);
        if self.epoch == 0 {
            self.entries.fill(FREE);
            self.epoch = 1;
        }
    }

    /// The object at `address`, if it has a number.
    #[inline]
    pub(crate) fn get(&self, address: usize) -> Option<ObjectId> {
        let mut at = self.home(address);
        loop {
            let entry = self.entries.get(at)?;
            if entry.epoch != self.epoch {
                return None;
            }
            if entry.address == address {
                return Some(entry.object);
            }
            at = (at + 1) & (self.entries.len() - 1);
        }
    }

    /// Gives the object at `address`, which has none, its number.
    pub(crate) fn insert(&mut self, address: usize, object: ObjectId) {
        self.used += 1;
        if self.used * 2 > self.entries.len() {
            let larger = vec![FREE; self.entries.len() * 2];
            let entries = std::mem::replace(&mut self.entries, larger);
            let epoch = self.epoch;
            for entry in entries.iter().filter(|e| e.epoch == epoch) {
                self.put(*entry);
            }
        }
        self.put(Entry {
            address,
            epoch: self.epoch,
            object,
        });
    }

    fn put(&mut self, entry: Entry) {
        let mut at = self.home(entry.address);
        while self.entries[at].epoch == self.epoch {
            at = (at + 1) & (self.entries.len() - 1);
        }
        self.entries[at] = entry;
    }

    #[inline]
    fn home(&self, address: usize) -> usize {
        let mixed = (address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        (mixed >> 32) as usize & (self.entries.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_has_its_number_until_the_next_execution() {
        let mut objects = Objects::new();
        for round in 0..3 {
            for i in 0..10_000 {
                assert_eq!(objects.get(0x5000 + 4 * i), None);
                objects.insert(0x5000 + 4 * i, ObjectId((i + round) as u32));
            }
            for i in 0..10_000 {
                let number = ObjectId((i + round) as u32);
                assert_eq!(objects.get(0x5000 + 4 * i), Some(number));
            }
            objects.reset();
        }
    }
}
