//! A collector ranges over a channel that nobody closes: the leak of Go 1.27's
//! profile.

use super::run::{Case, Run};
use jostle_core::finding::Kind;
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind::{Add, Inspect, Recv, Send, Start, Wait};

pub(super) fn tick() -> Case {
    let main = TaskId::MAIN;
    let mut run = Run::new();
    run.does(main, Start, ObjectId::NONE);
    let results = run.object("channel");
    let group = run.object("wait group");
    run.does(main, Add, group).value = Some(1);
    let job = run.spawn("backup");
    run.does(main, Add, group).value = Some(2);
    let other = run.spawn("rotate logs");
    let collector = run.spawn("collector");
    run.waits(main, Wait, group);
    run.does(other, Start, ObjectId::NONE);
    run.waits(other, Send, results);
    run.does(collector, Start, ObjectId::NONE);
    run.does(collector, Recv, results);
    run.does(collector, Add, group).value = Some(1);
    run.waits(collector, Recv, results);
    run.does(job, Start, ObjectId::NONE);
    run.does(job, Send, results);
    run.does(collector, Add, group).value = Some(0);
    run.yielded();
    run.does(main, Inspect, group).value = Some(0);
    run.does(collector, Recv, results).blocks = true;
    let leaked = run.wait(collector, &[]);
    let (finding, trace) = run.hangs(
        Kind::Leak,
        "1 task leaked: [receive (leaked)]",
        vec![leaked],
    );
    Case {
        scenario: "cron_tick",
        about: "The collector ranges over results, and nobody closes it.\n\nMore words.",
        finding,
        trace,
    }
}
