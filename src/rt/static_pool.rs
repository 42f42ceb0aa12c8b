//! A pool of objects that are lent and never freed, so that other threads may look at them at
//! any time.

use std::fmt;
use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// All objects of one kind: as many as were ever lent at the same time.
///
/// Iterating takes no lock, and sees every object whose lending happened before.
pub(crate) struct StaticPool<T: 'static> {
    first: OnceLock<&'static Entry<T>>,
    /// Locked also while an entry is added.
    free: Mutex<Vec<&'static Entry<T>>>,
}

struct Entry<T: 'static> {
    value: T,
    next: OnceLock<&'static Entry<T>>,
}

impl<T> StaticPool<T> {
    pub(crate) const fn new() -> StaticPool<T> {
        StaticPool {
            first: OnceLock::new(),
            free: Mutex::new(Vec::new()),
        }
    }

    /// Lends a free object, in the state in which it was given back, or a new one.
    pub(crate) fn lend(&'static self, make: impl FnOnce() -> T) -> Lent<T> {
        let mut free = self.free();
        let entry = free.pop().unwrap_or_else(|| {
            let entry = Box::leak(Box::new(Entry {
                value: make(),
                next: OnceLock::new(),
            }));
            self.append(entry);
            entry
        });
        Lent {
            registry: self,
            entry,
        }
    }

    /// Called with the lock held, so that the last one stays the last one.
    fn append(&self, entry: &'static Entry<T>) {
        let mut last = &self.first;
        while let Some(entry) = last.get() {
            last = &entry.next;
        }
        let added = last.set(entry);
        debug_assert!(added.is_ok(), "an entry was added without the lock");
    }

    fn free(&self) -> MutexGuard<'_, Vec<&'static Entry<T>>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All objects, lent or free; new ones come last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static T> + use<T> {
        let mut next = self.first.get().copied();
        std::iter::from_fn(move || {
            let entry = next?;
            next = entry.next.get().copied();
            Some(&entry.value)
        })
    }
}

/// An object on loan, which goes back to the pool on drop.
pub(crate) struct Lent<T: 'static> {
    registry: &'static StaticPool<T>,
    entry: &'static Entry<T>,
}

impl<T> Lent<T> {
    /// The object, which stays in its place when the loan ends.
    pub(crate) fn get(&self) -> &'static T {
        &self.entry.value
    }
}

impl<T> Deref for Lent<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.get()
    }
}

impl<T> Drop for Lent<T> {
    fn drop(&mut self) {
        self.registry.free().push(self.entry);
    }
}

impl<T: fmt::Debug> fmt::Debug for Lent<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.get().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn there_are_as_many_as_were_lent_at_the_same_time() {
        static NUMBERS: StaticPool<AtomicU32> = StaticPool::new();
        let lend = || NUMBERS.lend(|| AtomicU32::new(0));
        for _ in 0..100 {
            lend().fetch_add(1, Ordering::Relaxed);
        }
        let many: Vec<_> = (0..700).map(|_| lend()).collect();
        assert_eq!(NUMBERS.iter().count(), 700);
        many.iter().for_each(|n| n.store(7, Ordering::Relaxed));
        assert!(NUMBERS.iter().all(|n| n.load(Ordering::Relaxed) == 7));
        drop(many);
        std::mem::forget(lend());
        let rest: Vec<_> = (0..699).map(|_| lend()).collect();
        assert_eq!(NUMBERS.iter().count(), 700);
        drop((rest, lend()));
        assert_eq!(NUMBERS.iter().count(), 701, "one is kept");
    }
}
