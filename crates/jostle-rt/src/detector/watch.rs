//! Finding the earlier access of a report again.
//!
//! A report names the earlier access by thread, own clock and place, but its call chain is
//! gone. The same schedule executed again makes the same access: while one is watched no
//! access takes the shortest path, and each one is compared.
//!
//! Of an allocation that another thread uses without order, the access of interest is the
//! last write by the allocating thread in the same epoch, if there was one: large fresh
//! ranges do not record them. So all of these match, and the last match counts.

use super::Detector;
use super::plain::Touch;
use super::report::{Access, Act, Report};

/// What is looked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    earlier: Access,
    address: usize,
    end: usize,
    hit: bool,
}

impl Detector {
    /// Looks for the earlier access of a report, from now on until [`Detector::unwatch`],
    /// over any number of executions.
    pub(crate) fn watch(&mut self, report: &Report) {
        let end = report.address.saturating_add(report.size);
        let Report {
            earlier, address, ..
        } = *report;
        self.watch = Some(Watch {
            earlier,
            address,
            end,
            hit: false,
        });
        self.clocks.set_watching(true);
    }

    /// Stops looking.
    pub(crate) fn unwatch(&mut self) {
        self.watch = None;
        self.clocks.set_watching(false);
    }

    /// Whether the access was made since the last question. To be asked after each call while
    /// watching: the thread that is running made it, and its stack is the one to take.
    pub(crate) fn watched(&mut self) -> bool {
        self.watch
            .as_mut()
            .is_some_and(|watch| core::mem::take(&mut watch.hit))
    }

    #[inline(always)]
    pub(super) fn note_watched(&mut self, touch: &Touch) {
        if let Some(watch) = &mut self.watch {
            watch.compare(touch);
        }
    }
}

impl Watch {
    #[cold]
    fn compare(&mut self, touch: &Touch) {
        let now = touch.access();
        let same_time = now.slot == self.earlier.slot && now.clock == self.earlier.clock;
        let overlaps =
            touch.address < self.end && self.address < touch.address.saturating_add(touch.size);
        let same = now.pc == self.earlier.pc && now.act == self.earlier.act
            || self.earlier.act == Act::Allocate && now.act.is_write();
        self.hit |= same_time && overlaps && same;
    }
}
