//! A thousand steps: work, and then two tasks that spin on each other's flag.

use super::run::{Case, Run};
use jostle_core::finding::{Finding, Kind};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind::{Fire, Join, Load, Lock, Rmw, Sleep, Spin, Start, Store, Unlock};

pub(super) fn forever() -> Case {
    let main = TaskId::MAIN;
    let mut run = Run::new();
    run.does(main, Start, ObjectId::NONE);
    let table = run.object("mutex");
    let count = run.object("atomic");
    let flag = run.object("atomic");
    let ping = run.spawn("ping");
    let pong = run.spawn("pong");
    run.waits(main, Sleep, ObjectId::NONE);
    let timer = run.object("timer");
    run.does(TaskId::CLOCK, Fire, timer);
    run.time(1_500_000_000);
    for round in 0..100 {
        run.does(main, Lock, table);
        run.does(main, Rmw, count).value = Some(round);
        run.does(main, Unlock, table);
    }
    run.waits(main, Join, ObjectId::NONE);
    run.does(ping, Store, flag).value = Some(1);
    run.does(pong, Store, flag).value = Some(2);
    for _ in 0..173 {
        run.does(ping, Load, flag).value = Some(2);
        run.does(ping, Spin, ObjectId::NONE);
        run.does(pong, Load, flag).value = Some(2);
        run.yielded();
        run.does(pong, Spin, ObjectId::NONE);
    }
    run.does(ping, Load, flag).value = Some(2);
    Case {
        scenario: "peterson",
        about: "Each task waits for the other to lower the flag.",
        finding: Finding::new(
            Kind::Livelock,
            "no end within the step budget, not even under a fair scheduler",
        ),
        trace: run.end(),
    }
}
