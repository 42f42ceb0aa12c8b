//! Findings of the race detector and of the heap.

use jostle_core::finding::{Access, Finding, Kind, Place};
use jostle_core::id::TaskId;
use jostle_core::op::Site;

use crate::detector::{self, Act, Report, Slot};
use crate::engine::Engine;
use crate::heap::Freed;

/// A report with all that is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Race {
    pub(crate) report: Report,
    /// The calls at the later access.
    pub(crate) later: Vec<usize>,
    /// The tasks of the earlier and of the later access.
    pub(crate) tasks: [Option<TaskId>; 2],
}

impl Race {
    /// The detector's report, if there is one, while everything still is as it was then.
    pub(crate) fn take(e: &mut Engine, calls: Vec<usize>) -> Option<Race> {
        let report = e.detector.take_report()?;
        let task = |slot: Slot| e.threads.row(slot).task;
        Some(Race {
            report,
            later: calls,
            tasks: [task(report.earlier.slot), task(report.later.slot)],
        })
    }

    /// The finding. `earlier` are the calls at the earlier access; they may be unknown.
    pub(crate) fn finding(&self, e: &mut Engine, earlier: &[usize]) -> Finding {
        let size = self.report.size;
        let accesses: Vec<Access> = [
            (&self.report.earlier, earlier, self.tasks[0]),
            (&self.report.later, &self.later, self.tasks[1]),
        ]
        .into_iter()
        .map(|(access, calls, task)| {
            let site = e.places.symbols().resolve(access.pc, calls);
            described(what(access.act, size), task, site)
        })
        .collect();
        let kind = match self.report.kind {
            detector::Kind::UseAfterFree => Kind::UseAfterFree,
            _ => Kind::Race,
        };
        let sentence = accesses.iter().map(in_words).collect::<Vec<_>>();
        let message = match kind {
            Kind::UseAfterFree => format!(
                "memory is used after it was freed: {}, {}",
                sentence[1], sentence[0]
            ),
            _ => format!("data race: {} and {}", sentence[0], sentence[1]),
        };
        let mut finding = Finding::new(kind, message);
        finding.task = self.tasks[1];
        finding.accesses = accesses;
        finding
    }
}

/// `write of 8 bytes`.
fn what(act: Act, size: usize) -> String {
    let plural = if size == 1 { "" } else { "s" };
    let what = match act {
        Act::Read => "read",
        Act::Write => "write",
        Act::AtomicLoad => "atomic read",
        Act::AtomicStore => "atomic write",
        Act::Allocate => return "allocation".to_owned(),
        Act::Free => return "free".to_owned(),
    };
    format!("{what} of {size} byte{plural}")
}

pub(crate) fn described(what: String, task: Option<TaskId>, site: Site) -> Access {
    let known = site.line() != 0;
    let frame = |function: &str, file: &str, line: u32| match function {
        "" => format!("{file}:{line}"),
        _ => format!("{function} at {file}:{line}"),
    };
    // The innermost frame first: dependencies', then the user's.
    let inner = site.inner().iter();
    let own = frame(site.function(), site.file(), site.line());
    let stack = inner
        .map(|f| frame(f.function, f.file, f.line))
        .chain([own])
        .chain(
            site.callers()
                .iter()
                .map(|f| frame(f.function, f.file, f.line)),
        )
        .collect();
    Access {
        task,
        what,
        held: Vec::new(),
        place: known.then(|| Place {
            file: site.file().to_owned(),
            line: site.line(),
            column: site.column().max(1),
        }),
        stack,
    }
}

fn in_words(access: &Access) -> String {
    let task = access
        .task
        .map_or_else(|| "somebody".to_owned(), |task| task.to_string());
    match &access.place {
        Some(place) => format!("{} by {task} at {}:{}", access.what, place.file, place.line),
        None => format!("{} by {task}", access.what),
    }
}

/// A block was freed that is none, or none any more.
pub(crate) fn bad_free(e: &mut Engine, freed: Freed, pc: usize, calls: &[usize]) -> Finding {
    let site = e.places.symbols().resolve(pc, calls);
    let task = e.threads.row(crate::hot::slot()).task;
    let what = match freed {
        Freed::Double(_) => "memory is freed a second time",
        _ => "what is freed is no block of the heap",
    };
    let access = described("free".to_owned(), task, site);
    let message = match &access.place {
        Some(place) => format!("{what}, at {}:{}", place.file, place.line),
        None => what.to_owned(),
    };
    let mut finding = Finding::new(Kind::DoubleFree, message);
    finding.task = task;
    finding.accesses = vec![access];
    finding
}
