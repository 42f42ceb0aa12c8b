//! A lost update, seen by an assertion whose message has several lines.

use super::run::{Case, Run};
use jostle_core::finding::{Finding, Kind, Place};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind::{Join, Load, Start, Store};

pub(super) fn lost_update() -> Case {
    let main = TaskId::MAIN;
    let mut run = Run::new();
    run.does(main, Start, ObjectId::NONE);
    let hits = run.object("atomic");
    let other = run.spawn("other");
    run.does(main, Load, hits).value = Some(0);
    run.does(other, Start, ObjectId::NONE);
    run.does(other, Load, hits).value = Some(0);
    run.does(other, Store, hits).value = Some(1);
    run.does(main, Store, hits).value = Some(1);
    run.yielded();
    run.does(main, Join, ObjectId::NONE);
    run.does(main, Load, hits).value = Some(1);
    let message = "assertion `left == right` failed: a hit is missing\n  left: 1\n right: 2";
    let (finding, trace) = run.fails(Kind::Panic, message);
    let finding = Finding {
        place: Some(Place::from(jostle_core::op::Site::caller())),
        ..finding
    };
    Case {
        scenario: "hits",
        about: "Two tasks count without a read-modify-write.",
        finding,
        trace,
    }
}
