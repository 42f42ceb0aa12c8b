//! How an execution ends.

use jostle_core::finding::Finding;

/// How an execution ended.
#[derive(Clone, Debug)]
pub(crate) enum End {
    /// The main thread is about to make its first thread: the fork point.
    Fork,
    /// The kernel has nobody to go on, or has found something.
    Stopped,
    /// The threads that are able to go on go round without an effect: the kernel has been told.
    Endless,
    /// The program ended itself with this exit code.
    Exit(i32),
    /// The program aborted.
    Abort,
    /// A signal would have ended it.
    Signal {
        /// Which.
        signal: i32,
        /// The address that was accessed, if that was what it is about.
        address: usize,
    },
    /// It has not come to a scheduling point for too long.
    Stuck,
    /// Something was seen on the way that ends it.
    Found(Box<Finding>),
    /// The race detector has a report.
    Race,
    /// The runtime or a strategy failed, in words.
    Broken(String),
}
