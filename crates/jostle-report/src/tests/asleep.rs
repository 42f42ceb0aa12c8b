//! Main waits for a task that waits for a lock that two tasks hold for reading
//! and never give back.

use super::run::{Case, Run};
use jostle_core::finding::Kind;
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind::{Join, Lock, ReadLock, Recv, Start};

pub(super) fn writer() -> Case {
    let main = TaskId::MAIN;
    let mut run = Run::new();
    run.does(main, Start, ObjectId::NONE);
    let config = run.object("rwlock");
    let updates = run.object("channel");
    let writer = run.spawn("writer");
    let readers = [run.spawn_unnamed(), run.spawn_unnamed()];
    run.waits(main, Join, ObjectId::NONE);
    for reader in readers {
        run.does(reader, Start, ObjectId::NONE);
        run.does(reader, ReadLock, config);
    }
    run.does(writer, Start, ObjectId::NONE);
    run.waits(writer, Lock, config);
    let mut waits = vec![run.wait(main, &[writer]), run.wait(writer, &readers)];
    for reader in readers {
        // What a task waits to do at a gate that is shut is not a step yet.
        waits.push(run.wait_unrecorded(reader, Recv, updates, &[]));
    }
    let (finding, trace) = run.hangs(Kind::Deadlock, "all tasks are asleep - deadlock!", waits);
    Case {
        scenario: "reload",
        about: "",
        finding,
        trace,
    }
}
