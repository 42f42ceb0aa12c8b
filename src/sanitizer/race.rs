//! The report of a data race, as data.

/// Two accesses to the same memory that nothing orders, one of them a write.
#[derive(Clone, Debug)]
pub(crate) struct Race {
    /// TSan's word for it: `data-race`, `heap-use-after-free`, …
    pub(crate) kind: String,
    /// The access that showed the race, then the earlier one.
    pub(crate) accesses: Vec<Access>,
}

/// One of the accesses.
#[derive(Clone, Debug)]
pub(crate) struct Access {
    /// The number of the task that made it, if TSan still knows.
    pub(crate) task: Option<u32>,
    /// The numbers of the objects that the task held, as [`hold`] told.
    ///
    /// [`hold`]: crate::sanitizer::hold
    pub(crate) held: Vec<u32>,
    /// It stands for an operation of a primitive: [`Edge::read`] or
    /// [`Edge::write`].
    ///
    /// [`Edge::read`]: crate::sanitizer::Edge::read
    /// [`Edge::write`]: crate::sanitizer::Edge::write
    pub(crate) modelled: bool,
    pub(crate) write: bool,
    pub(crate) atomic: bool,
    /// In bytes.
    pub(crate) size: u32,
    /// Innermost first; empty if TSan has forgotten.
    pub(crate) frames: Vec<Frame>,
}

/// A frame of a stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Frame {
    pub(crate) function: String,
    /// The file as an absolute path, or as the compiler names it.
    pub(crate) file: String,
    pub(crate) line: u32,
    pub(crate) column: u32,
}
