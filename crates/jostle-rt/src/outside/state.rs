//! Working directory, file mode mask, limits and priority of the process.
//!
//! Each is noted before its first change in an execution, and put back after it.

#![allow(unsafe_code)]

use crate::outside::descriptors::FIRST_OWN;
use crate::sys;

/// What an execution has changed, as it was before.
#[derive(Debug)]
pub(crate) struct State {
    /// The working directory of the fork point; -1 before it.
    directory: i32,
    moved: bool,
    mask: Option<usize>,
    limits: Vec<(usize, libc::rlimit)>,
    /// Of `setpriority`: which, who, and the old value.
    priorities: Vec<(usize, usize, isize)>,
}

impl Default for State {
    fn default() -> State {
        State {
            directory: -1,
            moved: false,
            mask: None,
            limits: Vec::new(),
            priorities: Vec::new(),
        }
    }
}

impl State {
    fn is_marked(&self) -> bool {
        self.directory >= 0
    }

    /// The fork point is here.
    pub(super) fn mark(&mut self) {
        let flags = (libc::O_PATH | libc::O_DIRECTORY | libc::O_CLOEXEC) as usize;
        // SAFETY: A new descriptor, which is moved to a number of the runtime's.
        unsafe {
            let here = sys::call(libc::SYS_open, [c".".as_ptr().addr(), flags, 0]);
            let arguments = [
                here as usize,
                libc::F_DUPFD_CLOEXEC as usize,
                FIRST_OWN as usize,
            ];
            self.directory = sys::call(libc::SYS_fcntl, arguments) as i32;
            sys::call(libc::SYS_close, [here as usize]);
        }
    }

    /// The working directory has changed.
    pub(crate) fn moved(&mut self) {
        self.moved = true;
    }

    /// The mask of file modes has changed from this.
    pub(crate) fn masked(&mut self, old: usize) {
        if self.is_marked() {
            self.mask.get_or_insert(old);
        }
    }

    /// A limit has changed from this.
    pub(crate) fn limited(&mut self, resource: usize, old: libc::rlimit) {
        if self.is_marked() && !self.limits.iter().any(|(known, _)| *known == resource) {
            self.limits.push((resource, old));
        }
    }

    /// A priority is about to change.
    pub(crate) fn prioritizing(&mut self, which: usize, who: usize) {
        let known = self
            .priorities
            .iter()
            .any(|(a, b, _)| (*a, *b) == (which, who));
        if self.is_marked() && !known {
            // SAFETY: It changes nothing. The system gives 20 less the value.
            let old = 20 - unsafe { sys::call(libc::SYS_getpriority, [which, who]) };
            self.priorities.push((which, who, old));
        }
    }

    /// Back to the fork point.
    pub(super) fn restore(&mut self) {
        // SAFETY: All of it is what it was before; the limits are there.
        unsafe {
            if std::mem::take(&mut self.moved) {
                sys::call(libc::SYS_fchdir, [self.directory as usize]);
            }
            if let Some(mask) = self.mask.take() {
                sys::call(libc::SYS_umask, [mask]);
            }
            for (resource, old) in self.limits.drain(..) {
                let arguments = [0, resource, (&raw const old).addr(), 0];
                if sys::call(libc::SYS_prlimit64, arguments) < 0 {
                    crate::cautions::add(
                        "a limit that the program has lowered for good stays (`setrlimit`): \
                         executions after the first one see it",
                    );
                }
            }
            for (which, who, old) in self.priorities.drain(..) {
                sys::call(libc::SYS_setpriority, [which, who, old as usize]);
            }
        }
    }
}
