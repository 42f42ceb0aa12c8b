//! `pthread_spinlock_t`.

use std::ffi::c_int;

use crate::engine::gate::Gates;

/// A spin lock, as glibc lays it out on x86-64: 1 if it is free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(transparent)]
pub(crate) struct Spin(c_int);

impl Spin {
    pub(crate) fn gates(self) -> Gates {
        Gates::single(self.0 == 1)
    }

    pub(crate) fn take(&mut self) {
        self.0 = 0;
    }

    pub(crate) fn give(&mut self) {
        self.0 = 1;
    }
}

#[cfg(test)]
#[allow(unsafe_code)]
mod tests {
    use super::*;

    #[test]
    fn what_libc_makes_is_free_and_what_it_locks_is_not() {
        let mut spin = 0;
        // SAFETY: As the functions demand, on storage of this test.
        unsafe {
            libc::pthread_spin_init(&raw mut spin, 0);
            assert!(Spin(spin).gates().exclusive);
            libc::pthread_spin_lock(&raw mut spin);
            assert!(!Spin(spin).gates().exclusive);
        }
    }
}
