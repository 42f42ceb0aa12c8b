//! The workloads as tests of the standard harness, on std's types.
use speed::{Workload, plain};

#[test]
fn lost_update() {
    plain::run(Workload::LostUpdate);
}

#[test]
fn locks() {
    plain::run(Workload::Locks);
}
