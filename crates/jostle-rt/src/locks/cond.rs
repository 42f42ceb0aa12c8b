//! `pthread_cond_t`: who waits is known to the engine alone, since nobody does at the fork
//! point.

/// A condition variable, as glibc lays it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub(crate) struct Cond {
    rest: [u32; 9],
    flags: u32,
}

/// Shared by processes.
const SHARED: u32 = 1;
/// Deadlines are of the monotonic clock.
const MONOTONIC: u32 = 2;

impl Cond {
    /// The clock of its deadlines.
    pub(crate) fn clock(&self) -> libc::clockid_t {
        match self.flags & MONOTONIC {
            0 => libc::CLOCK_REALTIME,
            _ => libc::CLOCK_MONOTONIC,
        }
    }

    pub(crate) fn is_shared(&self) -> bool {
        self.flags & SHARED != 0
    }
}

const _: () = assert!(std::mem::offset_of!(Cond, flags) == 36);

#[cfg(test)]
#[allow(unsafe_code)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_is_the_one_that_libc_was_told() {
        for clock in [libc::CLOCK_REALTIME, libc::CLOCK_MONOTONIC] {
            // SAFETY: As the functions demand, on storage of this test.
            let cond = unsafe {
                let mut attr = std::mem::zeroed();
                libc::pthread_condattr_init(&raw mut attr);
                libc::pthread_condattr_setclock(&raw mut attr, clock);
                let mut cond: libc::pthread_cond_t = std::mem::zeroed();
                libc::pthread_cond_init(&raw mut cond, &raw const attr);
                (&raw const cond).cast::<Cond>().read()
            };
            assert_eq!(cond.clock(), clock);
            assert!(!cond.is_shared());
        }
    }
}
