//! `pthread_rwlock_t`.

use std::ffi::c_int;

use crate::engine::gate::Gates;
use crate::locks::Thread;

/// A reader-writer lock, as glibc lays it out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub(crate) struct RwLock {
    /// The number of readers, above three flags.
    readers: u32,
    rest: [u32; 5],
    writer: Thread,
    shared: c_int,
}

/// It is the writers' turn, whether or not one has it.
const WRITERS_TURN: u32 = 1;
/// A writer has it.
const WRITTEN: u32 = 2;
/// A reader.
const READER: u32 = 8;

impl RwLock {
    pub(crate) fn is_written(&self) -> bool {
        self.readers & WRITTEN != 0
    }

    fn is_read(&self) -> bool {
        self.readers >= READER
    }

    /// Whom it lets in.
    pub(crate) fn gates(&self) -> Gates {
        Gates {
            exclusive: !self.is_written() && !self.is_read(),
            shared: !self.is_written(),
        }
    }

    /// Whether `me` has it for writing.
    pub(crate) fn is_written_by(&self, me: Thread) -> bool {
        self.is_written() && self.writer == me
    }

    pub(crate) fn is_shared_by_processes(&self) -> bool {
        self.shared != 0
    }

    pub(crate) fn read(&mut self) {
        self.readers = (self.readers & !WRITERS_TURN) + READER;
    }

    pub(crate) fn write(&mut self, me: Thread) {
        self.readers |= WRITTEN | WRITERS_TURN;
        self.writer = me;
    }

    /// Whoever has it gives it up; nothing if nobody has it.
    pub(crate) fn unlock(&mut self) {
        if self.is_written() {
            self.readers &= !WRITTEN;
            self.writer = 0;
        } else if self.is_read() {
            self.readers -= READER;
        }
    }
}

const _: () = assert!(std::mem::offset_of!(RwLock, writer) == 24);

#[cfg(test)]
#[allow(unsafe_code)]
mod tests {
    use super::*;

    /// What libc makes of a free lock with `f`.
    fn after(f: unsafe extern "C" fn(*mut libc::pthread_rwlock_t) -> c_int) -> RwLock {
        let mut lock = libc::PTHREAD_RWLOCK_INITIALIZER;
        // SAFETY: The lock is initialized and stays where it is.
        unsafe {
            assert_eq!(f(&raw mut lock), 0);
            (&raw const lock).cast::<RwLock>().read()
        }
    }

    #[test]
    fn what_libc_has_locked_is_locked() {
        let read = after(libc::pthread_rwlock_rdlock);
        assert!(!read.gates().exclusive && read.gates().shared);
        let mut written = after(libc::pthread_rwlock_wrlock);
        assert!(!written.gates().exclusive && !written.gates().shared);
        // SAFETY: It has no conditions.
        assert!(written.is_written_by(unsafe { libc::gettid() }));
        written.unlock();
        assert!(written.gates().exclusive && written.gates().shared);
    }

    #[test]
    fn readers_add_up() {
        let mut lock = after(libc::pthread_rwlock_rdlock);
        lock.read();
        lock.unlock();
        assert!(!lock.gates().exclusive);
        lock.unlock();
        assert!(lock.gates().exclusive);
        lock.unlock();
        assert!(lock.gates().exclusive, "too many unlocks change nothing");
    }
}
