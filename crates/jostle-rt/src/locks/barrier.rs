//! `pthread_barrier_t`.

/// A barrier, as glibc lays it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub(crate) struct Barrier {
    /// How many threads have arrived, in this round or in all.
    arrived: u32,
    round: u32,
    /// How many it is for.
    count: u32,
    shared: i32,
}

impl Barrier {
    /// A thread arrives. Returns whether it is the last one of its round.
    pub(crate) fn arrive(&mut self) -> bool {
        self.arrived = self.arrived.wrapping_add(1);
        let last = self.arrived.wrapping_sub(self.round) >= self.count;
        if last {
            self.round = self.arrived;
        }
        last
    }

    /// How many wait for the others of their round.
    pub(crate) fn waiting(&self) -> u32 {
        self.arrived.wrapping_sub(self.round)
    }

    pub(crate) fn is_shared_by_processes(&self) -> bool {
        self.shared != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_each_round_opens_it() {
        let mut barrier = Barrier {
            arrived: 0,
            round: 0,
            count: 3,
            shared: 0,
        };
        for _ in 0..4 {
            assert_eq!([0; 3].map(|_| barrier.arrive()), [false, false, true]);
            assert_eq!(barrier.waiting(), 0);
        }
    }
}
