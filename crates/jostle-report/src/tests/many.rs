//! Forty tasks, each of which holds a lock of its own and waits for the next
//! task's: more of everything than a report shows.

use super::run::{Case, Run};
use jostle_core::finding::Kind;
use jostle_core::id::TaskId;
use jostle_core::op::OpKind::Lock;

pub(super) fn waits() -> Case {
    let mut run = Run::new();
    let tasks: Vec<TaskId> = (0..40).map(|_| run.spawn_unnamed()).collect();
    let locks: Vec<_> = tasks.iter().map(|_| run.object("mutex")).collect();
    for (&task, &lock) in tasks.iter().zip(&locks) {
        run.does(task, Lock, lock);
    }
    let mut waits = Vec::new();
    for (i, &task) in tasks.iter().enumerate() {
        let next = (i + 1) % tasks.len();
        waits.push(run.wait_unrecorded(task, Lock, locks[next], &[tasks[next]]));
    }
    let (finding, trace) = run.hangs(Kind::Deadlock, "40 tasks wait for each other", waits);
    Case {
        scenario: "philosophers",
        about: "",
        finding,
        trace,
    }
}
