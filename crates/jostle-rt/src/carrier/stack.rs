//! Stacks of logical threads: one slot of address space for each.
//!
//! A slot is 128 MiB of memory that is reserved and not used before it is touched. A thread
//! that asks for less has a guard page where its stack ends, so that an overflow is one; one
//! that asks for more is refused, as by a system with a limit.

#![allow(unsafe_code)]

use std::ptr;

use crate::{raw, sys};

/// Logical threads alive at the same time at most, the main thread included.
pub(crate) const SLOTS: usize = 1024;

const BASE: usize = 0x5100_0000_0000;
/// Bytes of address space for each.
const SLOT: usize = 128 << 20;
const PAGE: usize = 4096;

/// The stack of a thread whose creator said nothing: that of glibc under the usual limit.
pub(crate) const DEFAULT: usize = 8 << 20;

/// The stacks of all logical threads.
#[derive(Debug)]
pub(crate) struct Stacks {
    /// The guard page of each slot that was used, as an offset in the slot; 0 for none.
    guards: Vec<usize>,
    /// Executions since the stacks were trimmed, and the slots that they have used.
    executions: u32,
    used: u16,
}

/// Executions after which stacks are trimmed.
const INTERVAL: u32 = 64;

impl Stacks {
    /// Reserves the address space.
    ///
    /// # Errors
    ///
    /// If the system does not give it, in words.
    pub(crate) fn new() -> Result<Stacks, &'static str> {
        match raw::map(BASE, SLOTS * SLOT) {
            Ok(_) => Ok(Stacks {
                guards: vec![0; SLOTS],
                executions: 0,
                used: 0,
            }),
            Err(_) => Err(
                "128 GiB of address space for the stacks of threads cannot be \
                 reserved; raise the limit (`ulimit -v`)",
            ),
        }
    }

    /// Makes the stack of a slot `size` bytes large. Returns its highest address, or `None`
    /// if a slot is not as large as that.
    pub(crate) fn prepare(&mut self, slot: u16, size: usize) -> Option<*mut u8> {
        let size = size.max(16 << 10).next_multiple_of(PAGE);
        if size > SLOT - PAGE {
            return None;
        }
        let base = BASE + usize::from(slot) * SLOT;
        let guard = SLOT - size - PAGE;
        let old = std::mem::replace(&mut self.guards[usize::from(slot)], guard + PAGE);
        if old != guard + PAGE {
            if old != 0 {
                protect(base + old - PAGE, libc::PROT_READ | libc::PROT_WRITE);
            }
            protect(base + guard, libc::PROT_NONE);
        }
        Some(ptr::with_exposed_provenance_mut(base + SLOT))
    }

    /// The lowest address of a slot's stack, and its size.
    pub(crate) fn extent(&self, slot: u16) -> (usize, usize) {
        let low = self.guards[usize::from(slot)];
        (BASE + usize::from(slot) * SLOT + low, SLOT - low)
    }

    /// An execution that has used the slots below `used` is over. Now and then gives back what
    /// stacks hold beyond their last pages: few are that deep, and a system call for each
    /// stack of each execution costs more than starting the thread.
    pub(crate) fn leave(&mut self, used: usize) {
        self.used = self.used.max(used as u16);
        self.executions += 1;
        if self.executions == INTERVAL {
            // The first one is the main thread's, which the image puts back.
            for slot in 1..self.used {
                self.trim(slot);
            }
            self.executions = 0;
            self.used = 0;
        }
    }

    /// Gives back what a stack that has been used holds beyond its last pages.
    fn trim(&self, slot: u16) {
        const KEPT: usize = 64 << 10;
        let (low, size) = self.extent(slot);
        if size > KEPT {
            // SAFETY: Nobody runs on the stack, and what it holds is not needed any more.
            unsafe {
                sys::call(
                    libc::SYS_madvise,
                    [low, size - KEPT, libc::MADV_DONTNEED as usize],
                )
            };
        }
    }
}

/// Whether an address lies in a stack or a guard page of one.
pub(crate) fn is_stack(address: usize) -> bool {
    (BASE..BASE + SLOTS * SLOT).contains(&address)
}

fn protect(address: usize, protection: i32) {
    // SAFETY: The page belongs to a slot of ours on which nobody runs.
    unsafe { sys::call(libc::SYS_mprotect, [address, PAGE, protection as usize]) };
}
