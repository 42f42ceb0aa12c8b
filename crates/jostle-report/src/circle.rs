//! Draws a wait cycle: a chain of tasks that ends where it began.

use std::fmt;

use jostle_core::finding::Finding;
use jostle_core::id::TaskId;
use jostle_core::op::OpKind;

use crate::clues::Clues;
use crate::names::Names;

/// Writes the circle:
///
/// ```text
///     t2 "left"
///       -> #2 (mutex, src/abba.rs:8), held by t3 "right" since step 6
///       -> #1 (mutex, src/abba.rs:7), held by t2 "left" since step 4
/// ```
pub(super) fn write(
    f: &mut fmt::Formatter<'_>,
    finding: &Finding,
    names: &Names<'_>,
    clues: &Clues,
) -> fmt::Result {
    let Some(&first) = finding.cycle.first() else {
        return Ok(());
    };
    writeln!(f, "    {}", names.task(first))?;
    let nexts = finding.cycle.iter().skip(1).chain([&first]);
    for (&task, &next) in finding.cycle.iter().zip(nexts) {
        writeln!(f, "      -> {}", edge(finding, names, clues, task, next))?;
    }
    Ok(())
}

/// What `task` waits for, as far as `next` is concerned.
fn edge(finding: &Finding, names: &Names<'_>, clues: &Clues, task: TaskId, next: TaskId) -> String {
    let next = names.task(next);
    match finding.waits.iter().find(|wait| wait.task == task) {
        Some(wait) if matches!(wait.op, OpKind::Join | OpKind::Scope) => {
            format!("the end of {next}")
        }
        Some(wait) if Names::is_shown(wait.object) => {
            let object = names.object(wait.object);
            match wait.op {
                OpKind::Lock | OpKind::ReadLock => {
                    format!("{object}, held by {next}{}", clues.since(task))
                }
                _ => format!("{object}, which {next} could end"),
            }
        }
        _ => next,
    }
}
