//! A supervisor closes the channel of jobs while a worker is about to send on
//! it: Go's "send on closed channel".

use super::run::{Case, Run};
use jostle_core::finding::Kind;
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind::{Close, Once, Recv, Send, Start};

pub(super) fn shutdown() -> Case {
    let main = TaskId::MAIN;
    let mut run = Run::new();
    run.does(main, Start, ObjectId::NONE);
    let jobs = run.object("channel");
    let closed = run.object("once");
    let worker = run.spawn("worker");
    run.waits(main, Recv, jobs);
    run.does(worker, Start, ObjectId::NONE);
    run.does(worker, Send, jobs).value = Some(1);
    run.does(main, Recv, jobs).value = Some(1);
    run.does(main, Once, closed);
    run.does(main, Close, jobs);
    run.does(worker, Send, jobs).value = Some(2);
    let (finding, trace) = run.fails(Kind::Misuse, "send on closed channel");
    Case {
        scenario: "pool_shutdown",
        about: "The supervisor closes the channel that a worker still sends on.",
        finding,
        trace,
    }
}
