//! What the race detector has seen at the running thread's last access, and the allocation
//! that is watched for.

use jostle_core::id::TaskId;

use crate::engine::Engine;
use crate::engine::end::End;
use crate::engine::with;
use crate::hot;

/// The detector has a report, or watches for an access.
#[cold]
pub(crate) fn noticed() {
    with(|e| {
        if e.detector.watched() {
            e.watched = Some(hot::calls().iter().map(|call| call.pc).collect());
        }
        if e.detector.has_report() {
            e.leave(End::Race);
        }
    });
}

/// An allocation that was watched for.
#[derive(Clone, Debug)]
pub(crate) struct Allocation {
    /// Where the program's code goes on after it.
    pub(crate) pc: usize,
    /// The calls that it was made in, outermost first.
    pub(crate) calls: Vec<usize>,
    /// Who made it.
    pub(crate) task: Option<TaskId>,
}

impl Engine {
    /// The running thread has made the allocation that is watched for.
    #[cold]
    pub(crate) fn note_allocation(&mut self, pc: usize) {
        self.allocation = Some(Allocation {
            pc,
            calls: hot::calls().iter().map(|call| call.pc).collect(),
            task: self.threads.row(hot::slot()).task,
        });
    }
}
