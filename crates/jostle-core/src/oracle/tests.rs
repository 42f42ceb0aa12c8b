//! Tests every rule through [`judge`], so that precedence is tested with it.

use proptest::prelude::*;

use super::{deadlock, judge, leak, livelock};
use crate::finding::{Finding, Kind};
use crate::id::{ObjectId, TaskId};
use crate::op::{OpKind, Site};
use crate::snapshot::Stop::{Cycle, OutOfSteps, Quiescent};
use crate::snapshot::TaskState::{Finished, Runnable};
use crate::snapshot::{Blocked, RepeatedOp, Snapshot, Stop, TaskSnapshot, TaskState};

/// A snapshot of the given tasks, numbered from main.
fn snapshot<const N: usize>(stop: Stop, states: [TaskState; N]) -> Snapshot {
    Snapshot {
        stop,
        main_finished: states.first() == Some(&TaskState::Finished),
        tasks: (1..)
            .map(task)
            .zip(states)
            .map(|(task, state)| TaskSnapshot { task, state })
            .collect(),
        missed: Vec::new(),
        repeated: Vec::new(),
    }
}

fn task(number: usize) -> TaskId {
    TaskId::from_index(number)
}

fn tasks<const N: usize>(numbers: [usize; N]) -> Vec<TaskId> {
    numbers.map(task).to_vec()
}

#[track_caller]
fn blocked<const N: usize>(op: OpKind, on: [usize; N]) -> Blocked {
    Blocked {
        op,
        object: ObjectId::from_index(7),
        site: Site::caller(),
        on: tasks(on),
        waker_lost: false,
    }
}

#[track_caller]
fn lock<const N: usize>(on: [usize; N]) -> TaskState {
    TaskState::Blocked(blocked(OpKind::Lock, on))
}

#[track_caller]
fn join(on: usize) -> TaskState {
    TaskState::Blocked(blocked(OpKind::Join, [on]))
}

#[track_caller]
fn receive() -> TaskState {
    TaskState::Blocked(blocked(OpKind::Recv, []))
}

#[track_caller]
fn wait() -> TaskState {
    TaskState::Blocked(blocked(OpKind::Wait, []))
}

#[track_caller]
fn dropped_waker() -> TaskState {
    TaskState::Blocked(Blocked {
        waker_lost: true,
        ..blocked(OpKind::Poll, [])
    })
}

fn missed(mut snapshot: Snapshot) -> Snapshot {
    snapshot.missed.push(ObjectId::from_index(7));
    snapshot
}

fn waiting(finding: &Finding) -> Vec<TaskId> {
    finding.waits.iter().map(|wait| wait.task).collect()
}

#[test]
fn finished_is_never_a_finding() {
    assert_eq!(judge(&snapshot(Stop::Finished, [Finished, Finished])), None);
    assert_eq!(
        judge(&missed(snapshot(Stop::Finished, [Finished, Finished]))),
        None
    );
    for stop in [Quiescent, OutOfSteps] {
        assert_eq!(judge(&snapshot(stop, [Finished, Finished])), None);
    }
}

#[test]
fn two_locks_taken_in_opposite_orders() {
    for stop in [Cycle, Quiescent, OutOfSteps] {
        let found = judge(&snapshot(stop, [join(2), lock([3]), lock([2])])).unwrap();
        assert_eq!(found.kind, Kind::Deadlock);
        assert_eq!(found.message, "2 tasks wait for each other");
        assert_eq!(found.cycle, tasks([2, 3]));
        assert_eq!(
            waiting(&found),
            tasks([2, 3]),
            "main waits for the circle and is not in it"
        );
        assert_eq!(found.waits[0].on, tasks([3]));
    }
}

#[test]
fn a_circle_begins_with_its_smallest_task_and_follows_the_waits() {
    let found = judge(&snapshot(
        Cycle,
        [join(3), lock([4]), lock([2]), lock([3]), lock([2])],
    ))
    .unwrap();
    assert_eq!(found.cycle, tasks([2, 4, 3]), "although main leads to t3");
    assert_eq!(found.message, "3 tasks wait for each other");
}

#[test]
fn a_task_can_wait_for_itself() {
    let found = judge(&snapshot(Quiescent, [lock([1])])).unwrap();
    assert_eq!(found.cycle, tasks([1]));
    assert_eq!(found.message, "a task waits for itself");
}

#[test]
fn a_circle_counts_after_the_body_has_returned() {
    let found = judge(&snapshot(Quiescent, [Finished, lock([3]), lock([2])])).unwrap();
    assert_eq!(
        (found.kind, found.cycle),
        (Kind::Deadlock, tasks([2, 3])),
        "a deadlock explains more than the leak it causes"
    );
}

#[test]
fn a_circle_goes_before_a_lost_wakeup() {
    let found = judge(&missed(snapshot(
        Quiescent,
        [lock([2]), lock([1]), wait(), dropped_waker()],
    )))
    .unwrap();
    assert_eq!(found.kind, Kind::Deadlock);
    assert_eq!(found.cycle, tasks([1, 2]));
}

#[test]
fn a_circle_that_another_task_can_open_is_none() {
    // t2 waits for main or for t3, and t3 sleeps for a reason of its own.
    let open = [lock([2]), lock([1, 3]), receive()];
    let found = judge(&snapshot(Quiescent, open.clone())).unwrap();
    assert_eq!(found.cycle, []);
    assert_eq!(found.message, "all tasks are asleep - deadlock!");
    // The same with t3 able to run, two waits further on.
    let running = [lock([2]), lock([1, 3]), lock([4]), Runnable];
    let found = judge(&snapshot(OutOfSteps, running)).unwrap();
    assert_eq!(found.kind, Kind::Livelock);
    // The clock can end a wait with a deadline.
    let timed = [lock([2]), lock([1, 0])];
    let found = judge(&snapshot(Quiescent, timed)).unwrap();
    assert_eq!(found.cycle, []);
}

#[test]
fn two_readers_that_both_wait_for_the_writer_are_closed() {
    let found = judge(&snapshot(Quiescent, [lock([2, 3]), lock([1]), lock([1])])).unwrap();
    assert_eq!(found.cycle, tasks([1, 2]));
}

#[test]
fn a_finished_owner_closes_no_circle_and_opens_none() {
    let found = judge(&snapshot(Quiescent, [lock([2]), Finished])).unwrap();
    assert_eq!(found.cycle, []);
    assert_eq!(found.message, "all tasks are asleep - deadlock!");
    let found = judge(&snapshot(Quiescent, [lock([2, 3]), lock([1]), Finished])).unwrap();
    assert_eq!(found.cycle, tasks([1, 2]));
}

#[test]
fn a_circle_that_the_snapshot_does_not_show_is_still_a_deadlock() {
    let found = judge(&snapshot(Cycle, [Runnable, receive(), receive()])).unwrap();
    assert_eq!(found.kind, Kind::Deadlock);
    assert_eq!(found.message, "tasks wait for each other");
    assert_eq!(waiting(&found), tasks([2, 3]));
}

#[test]
fn all_asleep_in_the_words_of_go() {
    let found = judge(&snapshot(Quiescent, [receive(), receive(), Finished])).unwrap();
    assert_eq!(found.kind, Kind::Deadlock);
    assert_eq!(found.message, "all tasks are asleep - deadlock!");
    assert_eq!(waiting(&found), tasks([1, 2]));
    assert_eq!(found.cycle, []);
}

#[test]
fn a_task_left_behind_is_a_leak() {
    let found = judge(&snapshot(Quiescent, [Finished, Finished, receive()])).unwrap();
    assert_eq!(found.kind, Kind::Leak);
    assert_eq!(found.message, "1 task leaked: [receive (leaked)]");
    assert_eq!(waiting(&found), tasks([3]));
    assert_eq!(found.task, Some(task(3)));
    assert_eq!(found.place, Some(found.waits[0].place.clone()));
    assert_eq!(found.waits[0].object, ObjectId::from_index(7));
}

#[test]
fn a_leak_names_each_state_once() {
    let left = [Finished, receive(), lock([2]), receive()];
    let found = judge(&snapshot(Quiescent, left)).unwrap();
    assert_eq!(
        found.message,
        "3 tasks leaked: [lock (leaked)], [receive (leaked)]"
    );
}

#[test]
fn a_notification_before_the_wait_is_a_lost_wakeup() {
    for main in [Finished, join(2)] {
        let found = judge(&missed(snapshot(Quiescent, [main, wait()]))).unwrap();
        assert_eq!(found.kind, Kind::LostWakeup);
        assert_eq!(
            found.message,
            "1 task missed a wake-up: [wait] notified while nobody waited"
        );
        assert_eq!(waiting(&found), tasks([2]));
    }
    let parked = TaskState::Blocked(blocked(OpKind::Park, []));
    let found = judge(&missed(snapshot(Quiescent, [parked]))).unwrap();
    assert_eq!(found.kind, Kind::LostWakeup);
}

#[test]
fn only_waiting_and_parking_can_miss_a_notification() {
    let found = judge(&missed(snapshot(Quiescent, [Finished, receive()]))).unwrap();
    assert_eq!(found.kind, Kind::Leak);
    let found = judge(&snapshot(Quiescent, [Finished, wait()])).unwrap();
    assert_eq!(found.kind, Kind::Leak, "nothing was missed");
    let mut elsewhere = snapshot(Quiescent, [wait()]);
    elsewhere.missed.push(ObjectId::from_index(8));
    let found = judge(&elsewhere).unwrap();
    assert_eq!(found.kind, Kind::Deadlock, "missed on another object");
}

#[test]
fn a_dropped_waker_is_a_lost_wakeup_and_goes_before_a_missed_one() {
    let found = judge(&missed(snapshot(
        Quiescent,
        [join(3), wait(), dropped_waker()],
    )))
    .unwrap();
    assert_eq!(found.kind, Kind::LostWakeup);
    assert_eq!(
        found.message,
        "1 task missed a wake-up: [poll] pending, and no waker is left"
    );
    assert_eq!(waiting(&found), tasks([3]));
}

#[test]
fn a_wakeup_is_lost_only_at_rest() {
    let found = judge(&missed(snapshot(OutOfSteps, [Runnable, wait()]))).unwrap();
    assert_eq!(found.kind, Kind::Livelock);
}

#[test]
fn no_end_before_the_body_returns_is_a_livelock() {
    let found = judge(&snapshot(OutOfSteps, [receive(), Runnable, Runnable])).unwrap();
    assert_eq!(found.kind, Kind::Livelock);
    assert_eq!(found.waits, []);
}

#[test]
fn no_end_after_the_body_has_returned_is_a_leak() {
    let found = judge(&snapshot(OutOfSteps, [Finished, receive(), Runnable])).unwrap();
    assert_eq!(found.kind, Kind::Leak);
    assert_eq!(found.message, "still running after the body returned");
    assert_eq!(found.task, Some(task(3)), "the one that could go on");
    let asleep = judge(&snapshot(OutOfSteps, [Finished, Finished, wait()])).unwrap();
    assert_eq!(asleep.task, Some(task(3)), "sleeps between two ticks");
    assert_eq!(asleep.signature(), found.signature());
}

/// Which operation was the last one is chance, and so is who began.
#[test]
fn a_loop_shows_at_its_smallest_place() {
    let op = |number, site| RepeatedOp {
        task: task(number),
        op: OpKind::Load,
        site,
    };
    let (first, second) = (Site::caller(), blocked(OpKind::Load, []).site);
    for (state, kind) in [(Runnable, Kind::Livelock), (Finished, Kind::Leak)] {
        let mut stopped = snapshot(OutOfSteps, [state, Runnable, Runnable]);
        stopped.repeated = vec![op(3, second), op(3, first), op(2, second)];
        let found = judge(&stopped).unwrap();
        assert_eq!(found.kind, kind);
        assert_eq!(
            (found.task, found.place.clone()),
            (Some(task(3)), Some(first.into()))
        );
        stopped.repeated.reverse();
        assert_eq!(judge(&stopped).unwrap().signature(), found.signature());
        stopped.repeated = vec![op(2, second)];
        assert_ne!(judge(&stopped).unwrap().signature(), found.signature());
    }
}

#[test]
fn the_same_places_make_the_same_signature_whoever_waits_there() {
    let collector = receive();
    let producer = TaskState::Blocked(blocked(OpKind::Send, []));
    let one = [Finished, collector.clone(), producer.clone()];
    let other = [Finished, producer, collector.clone(), collector.clone()];
    let one = judge(&snapshot(Quiescent, one)).unwrap();
    let other = judge(&snapshot(Quiescent, other)).unwrap();
    assert_eq!(one.signature(), other.signature());
    let fewer = judge(&snapshot(Quiescent, [Finished, collector])).unwrap();
    assert_ne!(one.signature(), fewer.signature());
}

fn any_state() -> impl Strategy<Value = TaskState> {
    let on = prop::collection::vec((0..8usize).prop_map(task), 0..3);
    let op = prop::sample::select(OpKind::ALL);
    prop_oneof![
        Just(Finished),
        Just(Runnable),
        (op, on, any::<bool>()).prop_map(|(op, on, waker_lost)| {
            TaskState::Blocked(Blocked {
                on,
                waker_lost,
                ..blocked(op, [])
            })
        }),
    ]
}

proptest! {
    /// What a finding says holds in the snapshot, and an execution that is
    /// not over is always one.
    #[test]
    fn a_finding_is_true_of_its_snapshot(
        stop in prop::sample::select(&[Quiescent, Cycle, OutOfSteps]),
        states in prop::collection::vec(any_state(), 1..8),
        missed in any::<bool>(),
    ) {
        let mut snapshot = snapshot(stop, []);
        snapshot.main_finished = states[0] == Finished;
        snapshot.tasks = (1..)
            .map(task)
            .zip(states)
            .map(|(task, state)| TaskSnapshot { task, state })
            .collect();
        if missed {
            snapshot.missed.push(ObjectId::from_index(7));
        }
        let state = |wanted: TaskId| {
            &snapshot.tasks.iter().find(|row| row.task == wanted).unwrap().state
        };
        let Some(found) = judge(&snapshot) else {
            let over = snapshot.tasks.iter().all(|row| match row.state {
                Finished => true,
                Runnable => stop == Quiescent,
                TaskState::Blocked(_) => false,
            });
            prop_assert!(over, "{snapshot:?}");
            return Ok(());
        };
        for wait in &found.waits {
            let TaskState::Blocked(blocked) = state(wait.task) else {
                return Err(TestCaseError::fail("a task that does not wait"));
            };
            prop_assert_eq!(&blocked.on, &wait.on);
        }
        for (i, &member) in found.cycle.iter().enumerate() {
            let next = found.cycle[(i + 1) % found.cycle.len()];
            let TaskState::Blocked(blocked) = state(member) else {
                return Err(TestCaseError::fail("a member of a circle that does not wait"));
            };
            prop_assert!(blocked.on.contains(&next));
            prop_assert!(found.cycle[0] <= member);
        }
        let mut distinct = found.cycle.clone();
        distinct.sort();
        distinct.dedup();
        prop_assert_eq!(distinct.len(), found.cycle.len());
        let exclusive = [deadlock::asleep, leak::leaked, livelock::endless, leak::running];
        let apply = exclusive.iter().filter(|rule| rule(&snapshot).is_some());
        prop_assert!(apply.count() <= 1);
    }
}
