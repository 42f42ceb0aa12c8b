//! What the detector has to say: a pair of accesses that nothing orders.

use super::Slot;

/// How the two accesses of a [`Report`] conflict. The first word is the earlier access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    /// A plain write, then a plain write.
    WriteWrite,
    /// A plain write, then a plain read.
    WriteRead,
    /// A plain read, then a plain write.
    ReadWrite,
    /// A plain access, then an atomic operation on some of the same bytes; one of them writes.
    PlainAtomic,
    /// An atomic operation, then a plain access to some of the same bytes; one of them writes.
    AtomicPlain,
    /// Memory was allocated by one thread, and another one uses it without having learnt of
    /// that by any synchronization.
    AllocatedUse,
    /// An access, then the memory is freed by a thread that is not ordered after it.
    AccessFree,
    /// The memory was freed (the earlier access), then used. Ordered or not, this is wrong.
    UseAfterFree,
}

/// What an access did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Act {
    /// A plain read.
    Read,
    /// A plain write.
    Write,
    /// An atomic load, or a compare-exchange that failed.
    AtomicLoad,
    /// An atomic store or read-modify-write.
    AtomicStore,
    /// The allocation of the block. It counts as a write of all of it.
    Allocate,
    /// The deallocation of the block. It counts as a write of all of it.
    Free,
}

impl Act {
    /// Whether it changes memory.
    pub(crate) fn is_write(self) -> bool {
        !matches!(self, Self::Read | Self::AtomicLoad)
    }

    /// Whether it is an atomic operation.
    pub(crate) fn is_atomic(self) -> bool {
        matches!(self, Self::AtomicLoad | Self::AtomicStore)
    }
}

/// One access: who, when by its own clock, and where in the code.
///
/// `slot` and `clock` are the access's epoch (FastTrack): they name the part of a thread's
/// execution between two of its releases, in this execution and in each repetition of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Access {
    /// The thread's slot.
    pub(crate) slot: Slot,
    /// The thread's own clock at the access.
    pub(crate) clock: u32,
    /// The return address that was passed with the access; 48 bits.
    pub(crate) pc: usize,
    /// What it did.
    pub(crate) act: Act,
}

/// The first conflict of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Report {
    /// How they conflict.
    pub(crate) kind: Kind,
    /// First byte of the later access. (Of a range or a deallocation: of the part of it, at
    /// most 64 KiB, in which the conflict is.)
    pub(crate) address: usize,
    /// Length of that access in bytes.
    pub(crate) size: usize,
    /// The access that came first.
    pub(crate) earlier: Access,
    /// The access at which it was noticed; its thread is running.
    pub(crate) later: Access,
}
