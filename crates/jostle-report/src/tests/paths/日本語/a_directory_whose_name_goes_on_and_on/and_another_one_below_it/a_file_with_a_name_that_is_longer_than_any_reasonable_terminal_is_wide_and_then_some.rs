//! Wide characters in names and in the source, in a file with a long path.

use crate::tests::other;
use crate::tests::run::{Case, Run};
use jostle_core::finding::Kind;
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::op::OpKind::{Poll, Recv, Start, TrySend};
use jostle_core::op::Site;

pub(super) fn wide() -> Case {
    let main = TaskId::MAIN;
    let mut 実行 = Run::new();
    実行.does(main, Start, ObjectId::NONE);
    let 結果 = 実行.object("channel");
    let collector = 実行.spawn("収集係\u{1b}[31m (collector of all results)");
    let producer = 実行.spawn("prodüßer");
    実行.does(collector, Start, ObjectId::NONE);
    実行.does(collector, Poll, ObjectId::WORLD);
    実行.does(producer, TrySend, 結果).value = Some(u32::MAX);
    other::sends(&mut 実行, producer, 結果, "収集".len());
    実行.waits(collector, Recv, 結果);
    let waits = vec![実行.wait(collector, &[producer])];
    let (finding, trace) = 実行.hangs(Kind::Leak, "1 task leaked:\n[receive (leaked)]\n", waits);
    Case {
        scenario: "広い",
        about: "Wide characters.",
        finding,
        trace,
    }
}

#[track_caller]
fn here() -> Site {
    Site::caller()
}

pub(super) fn site() -> Site {
    here()
}
