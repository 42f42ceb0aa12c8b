//! Forty tasks, of which all but one wait for a signal that came too early.

use super::run::{Case, Run};
use jostle_core::finding::Kind;
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind::{Join, Lock, NotifyAll, Start, Unlock, Wait};

pub(super) fn asleep() -> Case {
    let main = TaskId::MAIN;
    let mut run = Run::new();
    run.does(main, Start, ObjectId::NONE);
    let gate = run.object("mutex");
    let open = run.object("condition");
    let herald = run.spawn("herald");
    let guests: Vec<TaskId> = (0..39).map(|_| run.spawn_unnamed()).collect();
    run.does(herald, Start, ObjectId::NONE);
    run.does(herald, NotifyAll, open).value = Some(0);
    for &guest in &guests {
        run.does(guest, Start, ObjectId::NONE);
        run.does(guest, Lock, gate);
        run.waits(guest, Wait, open);
    }
    let first = run.object("task");
    run.waits(main, Join, first);
    run.does(herald, Lock, gate);
    run.does(herald, Unlock, gate);
    let waits = guests.iter().map(|&guest| run.wait(guest, &[])).collect();
    let (finding, trace) = run.hangs(
        Kind::LostWakeup,
        "39 tasks missed a wake-up: [wait] notified while nobody waited",
        waits,
    );
    Case {
        scenario: "gate",
        about: "The gate opens before anybody waits at it.",
        finding,
        trace,
    }
}
