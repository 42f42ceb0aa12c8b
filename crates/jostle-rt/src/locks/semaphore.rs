//! `sem_t`.

use std::ffi::c_int;

use crate::engine::gate::Gates;

/// A semaphore, as glibc lays it out: the value is the low half of its first word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub(crate) struct Semaphore {
    value: u32,
    waiters: u32,
    private: c_int,
}

/// `SEM_VALUE_MAX`.
const MOST: u32 = i32::MAX as u32;

impl Semaphore {
    pub(crate) fn value(&self) -> u32 {
        self.value
    }

    /// Open while there is something to take.
    pub(crate) fn gates(&self) -> Gates {
        Gates::single(self.value > 0)
    }

    pub(crate) fn take(&mut self) {
        self.value = self.value.saturating_sub(1);
    }

    /// Adds one. Returns false if there is no room for it.
    pub(crate) fn post(&mut self) -> bool {
        let room = self.value < MOST;
        self.value += u32::from(room);
        room
    }

    pub(crate) fn is_shared_by_processes(&self) -> bool {
        self.private != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_gives_as_many_as_were_posted() {
        let mut semaphore = Semaphore {
            value: 0,
            waiters: 0,
            private: 0,
        };
        assert!(!semaphore.gates().exclusive);
        assert!(semaphore.post());
        assert!(semaphore.gates().exclusive);
        semaphore.take();
        assert_eq!(semaphore.value(), 0);
        semaphore.value = MOST;
        assert!(!semaphore.post());
    }
}
