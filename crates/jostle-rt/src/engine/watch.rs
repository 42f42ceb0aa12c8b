//! What the race detector has seen at the running thread's last access.

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
