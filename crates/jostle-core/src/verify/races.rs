//! Finds races: pairs of events that could have happened in the other order.
//!
//! After an execution, each of its events `j` is compared with the events before
//! it. An event `i` of another task races with `j` if the two conflict and `i`
//! does not happen before what led `j`'s task to its operation. Then some
//! execution has to let `j` go first: a task is added to those that will be tried
//! where `i` happened, unless one is there already that leads to it (a *source
//! set*).
//!
//! Where the gate that `j` passed would be shut without `i` and what happens after
//! it, the two cannot change places; `j` then races with the event that shut
//! that gate before.

use crate::coverage::dependence::is_barrier;
use crate::id::TaskId;
use crate::op::OpKind;
use crate::strategy::{Gate, Touch};
use crate::verify::event::{Clock, Event};
use crate::verify::happens_before::HappensBefore;

/// Where another order has to be tried, and who could begin it.
#[derive(Debug)]
pub(super) struct Reversal {
    /// The event before which it begins.
    pub(super) at: usize,
    /// Tasks each of which could make the first step, the best one first.
    pub(super) initials: Vec<TaskId>,
}

/// The reversals that the event `j` asks for.
pub(super) fn of_event(order: &HappensBefore, j: usize) -> Vec<Reversal> {
    let event = order.event(j);
    let past = order.past_of(event.task, j);
    let mut racing = Vec::new();
    // The last one of a list that could have come after `j`.
    let last_of = |events: &[usize]| {
        let before = events[..events.partition_point(|&e| e < j)].iter().rev();
        let free = |&&i: &&usize| !past.covers(order.event(i));
        let open = |i: usize| {
            event
                .gate
                .is_none_or(|gate| order.would_be_open(gate, i, j))
        };
        before.take_while(free).copied().find(|&i| open(i))
    };
    if event.universal {
        // Whether it would be enabled without the ones before is not known.
        racing.extend(order.by_task().filter_map(last_of));
    } else {
        racing.extend(last_of(order.universal()));
        for &(touch, write) in &event.footprint {
            find(order, touch, write, &past, event.gate, j, &mut racing);
        }
    }
    reversals(order, racing, j, event, &past)
}

/// The reversals that `task` asks for, which has come to a gate that nobody
/// opens any more.
pub(super) fn of_blocked(order: &HappensBefore, task: TaskId, gate: Gate) -> Vec<Reversal> {
    let end = order.len();
    let touch = Touch::Object(gate.object);
    let past = order.past_of(task, end);
    let mut racing = Vec::new();
    find(order, touch, true, &past, Some(gate), end, &mut racing);
    let mut event = Event::new(task, 0, u32::MAX);
    event.footprint.push((touch, true));
    reversals(order, racing, end, &event, &past)
}

/// The latest events of `before` that conflict with one that touches the same
/// piece of state and passes `gate`.
fn find(
    order: &HappensBefore,
    touch: Touch,
    write: bool,
    past: &Clock,
    gate: Option<Gate>,
    j: usize,
    racing: &mut Vec<usize>,
) {
    let before = order.touches_of(touch);
    let before = &before[..before.partition_point(|&(e, _)| e < j)];
    let mut found = false;
    for &(i, writes) in before.iter().rev() {
        let event = order.event(i);
        if !write && !writes {
            continue;
        }
        if past.covers(event) {
            if writes {
                return;
            }
            continue;
        }
        if gate.is_some_and(|gate| !order.would_be_open(gate, i, j)) {
            continue;
        }
        if !(writes && found) {
            racing.push(i);
        }
        found = true;
        if writes {
            return;
        }
    }
}

fn reversals(
    order: &HappensBefore,
    mut racing: Vec<usize>,
    j: usize,
    event: &Event,
    past: &Clock,
) -> Vec<Reversal> {
    racing.sort_unstable();
    racing.dedup();
    // Of two events in order it is enough to go before the later one: the
    // execution that does so races with the earlier one in turn.
    let immediate = |&&i: &&usize| {
        let later = racing.iter().filter(|&&k| k > i);
        !later
            .into_iter()
            .any(|&k| order.event(k).clock.covers(order.event(i)))
    };
    let immediate: Vec<usize> = racing.iter().filter(immediate).copied().collect();
    immediate
        .into_iter()
        .map(|i| Reversal {
            at: i,
            initials: initials(order, i, j, event, past),
        })
        .collect()
}

/// Who can make the first step of an execution in which `event`, which happened
/// at `j`, does not come after `i`: of the events in between that do not happen
/// after `i`, and `event` itself, the tasks of those that come after no other.
fn initials(order: &HappensBefore, i: usize, j: usize, event: &Event, past: &Clock) -> Vec<TaskId> {
    let first = order.event(i);
    let mut kept: Vec<&Event> = Vec::new();
    let mut initials = Vec::new();
    for k in i + 1..j {
        let between = order.event(k);
        if between.clock.covers(first) {
            continue;
        }
        if !kept.iter().any(|e| between.clock.covers(e)) {
            initials.push(between.task);
        }
        kept.push(between);
    }
    if !kept.iter().any(|e| past.covers(e) || e.conflicts(event)) {
        initials.insert(0, event.task);
    }
    initials
}

/// Whether an event of this kind is enabled by the number of steps that others
/// have made.
pub(super) fn is_universal(task: TaskId, kind: OpKind) -> bool {
    is_barrier(task) || kind == OpKind::Spin
}
