//! Two tasks take two locks in opposite orders.

use super::run::{Case, Run};
use jostle_core::finding::{Finding, Kind};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind::{Join, Lock, Start};

pub(super) fn deadlock() -> Case {
    let main = TaskId::MAIN;
    let mut run = Run::new();
    run.does(main, Start, ObjectId::NONE);
    let a = run.object("mutex");
    let b = run.object("mutex");
    let left = run.spawn("left");
    let right = run.spawn("right");
    let end = run.object("task");
    run.waits(main, Join, end);
    run.does(left, Start, ObjectId::NONE);
    run.does(left, Lock, a);
    run.does(right, Start, ObjectId::NONE);
    run.does(right, Lock, b);
    run.waits(right, Lock, a);
    run.waits(left, Lock, b);
    let waits = vec![run.wait(left, &[right]), run.wait(right, &[left])];
    let (finding, trace) = run.hangs(Kind::Deadlock, "2 tasks wait for each other", waits);
    Case {
        scenario: "transfer",
        about: "",
        finding: Finding {
            cycle: vec![left, right],
            ..finding
        },
        trace,
    }
}
