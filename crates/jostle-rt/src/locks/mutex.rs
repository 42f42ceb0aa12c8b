//! `pthread_mutex_t`.

use std::ffi::c_int;

use crate::locks::Thread;

/// A mutex, as glibc lays it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub(crate) struct Mutex {
    /// 0 if it is free.
    lock: c_int,
    /// How often the owner of a recursive one holds it.
    count: u32,
    /// The owner, 0 if there is none.
    owner: Thread,
    /// How many threads hold it or wait at a condition variable with it.
    users: u32,
    kind: c_int,
}

/// What a mutex does if its owner locks it again, and who may unlock it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    /// The owner waits for itself; anybody unlocks it.
    Normal,
    Recursive,
    ErrorCheck,
}

/// Flags in the kind, of mutexes that outlive their owner or process.
const ROBUST: c_int = 16;
const SHARED: c_int = 128;

/// What is left of a mutex that was destroyed.
const DESTROYED: c_int = -1;

impl Mutex {
    /// Its kind.
    ///
    /// # Errors
    ///
    /// `EINVAL` if it is none, as that of a destroyed one.
    pub(crate) fn kind(&self) -> Result<Kind, c_int> {
        match self.kind & 0x7f & 3 {
            _ if self.kind < 0 => Err(libc::EINVAL),
            libc::PTHREAD_MUTEX_RECURSIVE => Ok(Kind::Recursive),
            libc::PTHREAD_MUTEX_ERRORCHECK => Ok(Kind::ErrorCheck),
            _ => Ok(Kind::Normal),
        }
    }

    /// Whether it promises what only several processes, or the death of one, can show.
    pub(crate) fn is_robust_or_shared(&self) -> bool {
        self.kind >= 0 && self.kind & (ROBUST | SHARED) != 0
    }

    pub(crate) fn is_free(&self) -> bool {
        self.lock == 0
    }

    /// What `me` gets that is about to lock it, if it need not wait for that.
    pub(crate) fn relock(&mut self, me: Thread, waits: bool) -> Result<Option<c_int>, c_int> {
        let kind = self.kind()?;
        if self.is_free() || self.owner != me {
            return Ok(None);
        }
        Ok(match kind {
            Kind::Normal => None,
            // A robust one tells even who only tries.
            Kind::ErrorCheck => (waits || self.kind & ROBUST != 0).then_some(libc::EDEADLK),
            Kind::Recursive => match self.count.checked_add(1) {
                Some(count) => {
                    self.count = count;
                    Some(0)
                }
                None => Some(libc::EAGAIN),
            },
        })
    }

    /// `me` has it now.
    pub(crate) fn take(&mut self, me: Thread) {
        self.lock = 1;
        self.owner = me;
        self.count = u32::from(self.kind() == Ok(Kind::Recursive));
        self.users = self.users.wrapping_add(1);
    }

    /// Whether `me` that unlocks it gives it up; a recursive one may be kept.
    ///
    /// # Errors
    ///
    /// `EPERM` if that is not for `me` to do.
    pub(crate) fn unlock(&mut self, me: Thread) -> Result<bool, c_int> {
        match self.kind()? {
            Kind::Normal => Ok(true),
            Kind::ErrorCheck if self.owner == me && !self.is_free() => Ok(true),
            Kind::Recursive if self.owner == me => {
                self.count = self.count.wrapping_sub(1);
                Ok(self.count == 0)
            }
            Kind::ErrorCheck | Kind::Recursive => Err(libc::EPERM),
        }
    }

    /// Nobody has it any more; `leaves` if whoever had it does not come back for it.
    pub(crate) fn give(&mut self, leaves: bool) {
        self.owner = 0;
        self.lock = 0;
        if leaves {
            self.users = self.users.wrapping_sub(1);
        }
    }

    /// Whoever gave it up without leaving has it again.
    pub(crate) fn retake(&mut self, me: Thread) {
        self.take(me);
        self.users = self.users.wrapping_sub(1);
    }

    /// It is no mutex any more. 0, or `EBUSY` if somebody uses it.
    pub(crate) fn destroy(&mut self) -> c_int {
        if self.users != 0 && self.kind & ROBUST == 0 {
            return libc::EBUSY;
        }
        self.kind = DESTROYED;
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mutex(kind: c_int) -> Mutex {
        Mutex {
            lock: 0,
            count: 0,
            owner: 0,
            users: 0,
            kind,
        }
    }

    #[test]
    fn what_libc_initializes_statically_is_a_free_normal_mutex() {
        let zero = mutex(0);
        assert!(zero.is_free());
        assert_eq!(zero.kind(), Ok(Kind::Normal));
    }

    #[test]
    fn a_recursive_mutex_is_given_up_as_often_as_it_was_taken() {
        let mut m = mutex(libc::PTHREAD_MUTEX_RECURSIVE);
        m.take(7);
        assert_eq!(m.relock(7, true), Ok(Some(0)));
        assert_eq!(m.relock(8, true), Ok(None));
        assert_eq!(m.unlock(8), Err(libc::EPERM));
        assert_eq!(m.unlock(7), Ok(false));
        assert_eq!(m.unlock(7), Ok(true));
        m.give(true);
        assert_eq!(m.unlock(7), Err(libc::EPERM));
    }

    #[test]
    fn an_error_checking_mutex_tells_its_owner_and_strangers() {
        let mut m = mutex(libc::PTHREAD_MUTEX_ERRORCHECK);
        assert_eq!(m.unlock(7), Err(libc::EPERM));
        m.take(7);
        assert_eq!(m.relock(7, true), Ok(Some(libc::EDEADLK)));
        assert_eq!(
            m.relock(7, false),
            Ok(None),
            "a try is told that it is busy"
        );
        assert_eq!(m.unlock(8), Err(libc::EPERM));
        assert_eq!(m.unlock(7), Ok(true));
    }

    #[test]
    fn a_mutex_is_busy_as_long_as_somebody_holds_it_or_waits_with_it() {
        let mut m = mutex(0);
        m.take(7);
        assert_eq!(m.destroy(), libc::EBUSY);
        m.give(false);
        assert_eq!(m.destroy(), libc::EBUSY, "waits at a condition variable");
        m.retake(7);
        m.give(true);
        assert_eq!(m.destroy(), 0);
        assert_eq!(m.kind(), Err(libc::EINVAL));
    }
}
