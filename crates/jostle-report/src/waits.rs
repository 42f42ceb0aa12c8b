//! Lists the tasks of a finding by the place that they wait at, in the form of Go's leak
//! profile.
//!
//! ```text
//! task t3 "collector" [receive (leaked)]:
//!     src/cron.rs:43
//! created by main at src/cron.rs:42
//! ```

use std::collections::BTreeMap;
use std::fmt;

use jostle_core::finding::{Call, Finding, Kind, Place, Wait};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind;
use jostle_core::trace::Trace;

use crate::ReadSource;
use crate::clues::Clues;
use crate::names::{self, Names};
use crate::palette::{Palette, paint};
use crate::snippet;
use crate::text::{clean, count};

/// So many groups of tasks are shown unless all are asked for.
const GROUPS: usize = 8;

/// Writes a paragraph for each task, or for each group of tasks that stand at
/// the same place for the same reason.
pub(super) struct Waits<'a> {
    pub(super) finding: &'a Finding,
    pub(super) trace: &'a Trace,
    pub(super) names: &'a Names<'a>,
    pub(super) clues: &'a Clues,
    pub(super) read: ReadSource<'a>,
    pub(super) full: bool,
    pub(super) width: usize,
    pub(super) palette: Palette,
}

impl Waits<'_> {
    pub(super) fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.finding.waits.is_empty() {
            return self.write_fault(f);
        }
        let groups = self.groups();
        let shown = if self.full {
            groups.len()
        } else {
            groups.len().min(GROUPS)
        };
        for (i, group) in groups[..shown].iter().enumerate() {
            if i > 0 {
                writeln!(f)?;
            }
            self.write_group(f, group)?;
        }
        let rest: usize = groups[shown..].iter().map(Vec::len).sum();
        if rest > 0 {
            let rest = format!("… {}; --full shows all", count(rest, "more task"));
            writeln!(f, "\n{}", paint(self.palette.faint, &rest))?;
        }
        Ok(())
    }

    /// Tasks that wait for the same reason at the same place and were created
    /// at the same place, in the order of the finding.
    fn groups(&self) -> Vec<Vec<&Wait>> {
        let mut numbers = BTreeMap::new();
        let mut groups: Vec<Vec<&Wait>> = Vec::new();
        for wait in &self.finding.waits {
            let created = self.trace.tasks.get(wait.task.index());
            let created = created.map(|task| (task.parent, task.site));
            let number = *numbers
                .entry((wait.op, &wait.place, wait.call, &wait.on, created))
                .or_insert(groups.len());
            match groups.get_mut(number) {
                Some(group) => group.push(wait),
                None => groups.push(vec![wait]),
            }
        }
        groups
    }

    fn write_group(&self, f: &mut fmt::Formatter<'_>, group: &[&Wait]) -> fmt::Result {
        let [first, ..] = group else { return Ok(()) };
        let mark = match self.finding.kind {
            Kind::Leak => " (leaked)",
            _ => "",
        };
        let tasks: Vec<TaskId> = group.iter().map(|wait| wait.task).collect();
        self.write_head(f, &tasks, &format!("{}{mark}", first.word()))?;
        self.write_place(f, &first.place)?;
        self.write_inner(f, first.call)?;
        self.write_created(f, first.task)?;
        if let Some(reason) = self.reason(group) {
            writeln!(f, "{reason}")?;
        }
        let causes = group.iter().filter_map(|wait| self.clues.cause(wait.task));
        match causes.max() {
            Some(cause) if self.finding.kind == Kind::LostWakeup => {
                writeln!(f)?;
                self.write_step(f, cause)
            }
            _ => Ok(()),
        }
    }

    /// What the tasks wait for and who could end it; nothing for members of a
    /// circle, which is drawn.
    fn reason(&self, group: &[&Wait]) -> Option<String> {
        let first = group.first()?;
        if self.finding.cycle.contains(&first.task) {
            return None;
        }
        let verb = if group.len() == 1 { "waits" } else { "wait" };
        let on = self.names.tasks(&first.on);
        if matches!(first.op, OpKind::Join | OpKind::Scope) && !first.on.is_empty() {
            return Some(format!("{verb} for {on} to finish"));
        }
        let mut objects: Vec<ObjectId> = group.iter().map(|wait| wait.object).collect();
        objects.sort_unstable();
        objects.dedup();
        objects.retain(|&object| Names::is_shown(object));
        let objects = self.names.objects(&objects);
        let held = matches!(first.op, OpKind::Lock | OpKind::ReadLock);
        match (objects.is_empty(), first.on.is_empty()) {
            (true, true) => None,
            (true, false) => Some(format!("{verb} for {on}")),
            (false, true) => Some(format!("{verb} on {objects}")),
            (false, false) if held => {
                let since = self.clues.since(first.task);
                Some(format!("{verb} for {objects}, held by {on}{since}"))
            }
            (false, false) => Some(format!("{verb} on {objects}, which {on} could end")),
        }
    }

    /// The task at fault where no task waits.
    fn write_fault(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finding = self.finding;
        let Some(task) = finding.task else {
            return match &finding.place {
                Some(place) => self.write_place(f, place),
                None => Ok(()),
            };
        };
        let last = self.clues.last(task).map(|last| &self.trace.steps[last]);
        let last = last.map(|step| (step.word(), Place::from(step.site)));
        let state = match (finding.kind, &last) {
            (Kind::Panic, _) => "panicked",
            (Kind::Leak, _) => "running (leaked)",
            (Kind::Misuse, Some((op, place))) if finding.place.as_ref() == Some(place) => op,
            _ => "running",
        };
        self.write_head(f, &[task], state)?;
        let last = last.as_ref().map(|(_, place)| place);
        if let Some(place) = finding.place.as_ref().or(last) {
            self.write_place(f, place)?;
        }
        self.write_created(f, task)?;
        match self.clues.before() {
            Some(step) => {
                writeln!(f)?;
                self.write_step(f, step)
            }
            None => Ok(()),
        }
    }

    /// A step that explains the finding, as a paragraph:
    /// `close #1 (channel, src/pool.rs:13) by main at step 7:`.
    fn write_step(&self, f: &mut fmt::Formatter<'_>, index: usize) -> fmt::Result {
        let step = &self.trace.steps[index];
        writeln!(
            f,
            "{} {} by {} at step {}:",
            paint(self.palette.head, &clean(step.word())),
            self.names.object(step.object),
            paint(self.palette.head, &self.names.task(step.task)),
            index + 1,
        )?;
        self.write_place(f, &Place::from(step.site))?;
        self.write_inner(f, Call::from(step.site))
    }

    fn write_head(&self, f: &mut fmt::Formatter<'_>, tasks: &[TaskId], state: &str) -> fmt::Result {
        let noun = if tasks.len() == 1 { "task" } else { "tasks" };
        let names = paint(self.palette.head, &self.names.tasks(tasks));
        writeln!(f, "{noun} {names} [{}]:", clean(state))
    }

    fn write_place(&self, f: &mut fmt::Formatter<'_>, place: &Place) -> fmt::Result {
        writeln!(f, "    {}", names::full(place))?;
        snippet::write(f, place, self.read, 6, self.width, self.palette)
    }

    /// Where in a library the operation stands, the outermost frame first.
    fn write_inner(&self, f: &mut fmt::Formatter<'_>, call: Call) -> fmt::Result {
        for frame in call.inner.iter().rev() {
            let place = names::at_line(frame.file, frame.line);
            let text = format!("in {} at {place}", clean(frame.function));
            writeln!(f, "      {}", paint(self.palette.faint, &text))?;
        }
        Ok(())
    }

    fn write_created(&self, f: &mut fmt::Formatter<'_>, task: TaskId) -> fmt::Result {
        match self.trace.tasks.get(task.index()) {
            Some(info) if task != TaskId::MAIN && task != TaskId::CLOCK => writeln!(
                f,
                "created by {} at {}",
                self.names.task(info.parent),
                names::full(&Place::from(info.site))
            ),
            _ => Ok(()),
        }
    }
}
