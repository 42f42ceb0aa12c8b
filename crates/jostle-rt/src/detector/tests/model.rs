//! Random programs, judged by the detector and by the definition: all pairs of accesses, and
//! happens-before as sets of events.
//!
//! The bytes lie around two borders of chunks, so that ranges cover a whole chunk: positions 0
//! to 15 end one chunk, 16 to 31 begin the next and 32 to 47 end it, 48 to 63 begin a third.
//! Position 64 stands for the inside of the middle chunk, which only ranges reach.

use std::collections::HashMap;

use proptest::prelude::*;

use super::super::{Detector, Order, Slot};

const BASE: usize = 0x7100_0001_0000;
const BYTES: usize = 65;
const INSIDE: usize = 64;

fn address(position: usize) -> usize {
    match position {
        0..16 => BASE - 16 + position,
        16..32 => BASE + position - 16,
        32..48 => BASE + 0xfff0 + position - 32,
        _ => BASE + 0x1_0000 + position - 48,
    }
}

#[derive(Clone, Debug)]
enum Op {
    Plain {
        at: usize,
        size: usize,
        write: bool,
    },
    Range {
        from: usize,
        to: usize,
        write: bool,
    },
    Load {
        at: usize,
        size: usize,
        order: Order,
    },
    Store {
        at: usize,
        size: usize,
        order: Order,
    },
    Rmw {
        at: usize,
        size: usize,
        order: Order,
    },
    Fence(Order),
    Acquire(u64),
    Release(u64),
    Forget(u64),
    Spawn,
    Join(usize),
    Allocate {
        from: usize,
        to: usize,
    },
    Free {
        from: usize,
        to: usize,
    },
    Unmap {
        from: usize,
        to: usize,
    },
}

type Events = Vec<u64>;

fn union(into: &mut Events, from: &Events) {
    if into.len() < from.len() {
        into.resize(from.len(), 0);
    }
    for (a, b) in into.iter_mut().zip(from) {
        *a |= b;
    }
}

fn contains(events: &Events, event: usize) -> bool {
    events
        .get(event / 64)
        .is_some_and(|word| word >> (event % 64) & 1 == 1)
}

/// A thread: what happened before its next event, what its relaxed loads saw, its fence.
#[derive(Clone, Debug, Default)]
struct Thread {
    slot: Slot,
    past: Events,
    seen: Events,
    fenced: Option<Events>,
    ended: bool,
}

#[derive(Clone, Debug)]
struct Event {
    thread: usize,
    write: bool,
    atomic: bool,
}

/// What a location carries: each release of the present sequence, by its thread.
type Heads = Vec<(usize, Events)>;

struct Model {
    threads: Vec<Thread>,
    events: Vec<Event>,
    bytes: Vec<Vec<usize>>,
    freed: Vec<bool>,
    locations: HashMap<(usize, usize), Heads>,
    keys: HashMap<u64, Events>,
    /// A sequence with releases of several threads went on with a relaxed store: the detector
    /// may keep more order than there is.
    more_order: bool,
}

impl Model {
    /// An access; true if it races.
    fn access(&mut self, thread: usize, bytes: &[usize], write: bool, atomic: bool) -> bool {
        let event = self.events.len();
        let past = &self.threads[thread].past;
        let mut race = false;
        for &byte in bytes {
            race |= self.freed[byte];
            race |= self.bytes[byte].iter().any(|&other| {
                let Event {
                    thread: who,
                    write: wrote,
                    atomic: was_atomic,
                } = self.events[other];
                who != thread
                    && (write || wrote)
                    && !(atomic && was_atomic)
                    && !contains(past, other)
            });
            self.bytes[byte].push(event);
        }
        self.events.push(Event {
            thread,
            write,
            atomic,
        });
        let mut one = vec![0; event / 64 + 1];
        one[event / 64] = 1 << (event % 64);
        union(&mut self.threads[thread].past, &one);
        race
    }

    fn take(&mut self, thread: usize, at: usize, size: usize, acquire: bool) {
        for (&(start, length), heads) in &self.locations {
            if start < at + size && at < start + length {
                for (_, events) in heads {
                    union(&mut self.threads[thread].seen, events);
                    if acquire {
                        union(&mut self.threads[thread].past, events);
                    }
                }
            }
        }
    }

    fn give(&mut self, thread: usize, at: usize, size: usize, release: bool) {
        let heads = self.locations.entry((at, size)).or_default();
        if release {
            heads.push((thread, self.threads[thread].past.clone()));
        } else if let Some(fenced) = &self.threads[thread].fenced {
            heads.push((thread, fenced.clone()));
        }
    }

    fn clear(&mut self, from: usize, to: usize) {
        for byte in from & !7..to.next_multiple_of(8) {
            self.bytes[byte].clear();
            self.freed[byte] = false;
        }
        if covers_inside(from, to) {
            self.bytes[INSIDE].clear();
            self.freed[INSIDE] = false;
        }
        self.locations
            .retain(|&(at, _), _| !(from & !7..to.next_multiple_of(8)).contains(&at));
    }
}

fn covers_inside(from: usize, to: usize) -> bool {
    from < 32 && to > 32
}

fn range(from: usize, to: usize) -> Vec<usize> {
    let mut bytes: Vec<usize> = (from..to).collect();
    if covers_inside(from, to) {
        bytes.push(INSIDE);
    }
    bytes
}

fn acquires(order: Order) -> bool {
    matches!(order, Order::Acquire | Order::AcqRel | Order::SeqCst)
}

fn releases(order: Order) -> bool {
    matches!(order, Order::Release | Order::AcqRel | Order::SeqCst)
}

/// Executes a program up to the first race that either sees: the verdicts of the detector and
/// of the model on the last operation, and whether the detector may have more order.
fn execute(detector: &mut Detector, program: &[(usize, Op)]) -> (bool, bool, bool) {
    detector.reset();
    detector.thread_start(None, 0);
    let mut model = Model {
        threads: vec![Thread::default()],
        events: Vec::new(),
        bytes: vec![Vec::new(); BYTES],
        freed: vec![false; BYTES],
        locations: HashMap::new(),
        keys: HashMap::new(),
        more_order: false,
    };
    for (step, (who, op)) in program.iter().enumerate() {
        let live: Vec<usize> = (0..model.threads.len())
            .filter(|&thread| !model.threads[thread].ended)
            .collect();
        let me = live[who % live.len()];
        let slot = model.threads[me].slot;
        let pc = 0x1000 + step;
        let mut race = false;
        match *op {
            Op::Plain { at, size, write } => {
                if at + size > INSIDE || at < 32 && at + size > 32 {
                    continue;
                }
                race = model.access(me, &range(at, at + size), write, false);
                if write {
                    detector.write(slot, address(at), size, pc);
                } else {
                    detector.read(slot, address(at), size, pc);
                }
            }
            Op::Range { from, to, write } => {
                race = model.access(me, &range(from, to), write, false);
                let size = address(to - 1) + 1 - address(from);
                if write {
                    detector.write_range(slot, address(from), size, pc);
                } else {
                    detector.read_range(slot, address(from), size, pc);
                }
            }
            Op::Load { at, size, order } => {
                race = model.access(me, &range(at, at + size), false, true);
                model.locations.entry((at, size)).or_default();
                model.take(me, at, size, acquires(order));
                detector.load(slot, address(at), size, order, pc);
            }
            Op::Store { at, size, order } => {
                race = model.access(me, &range(at, at + size), true, true);
                let heads = model.locations.entry((at, size)).or_default();
                if releases(order) {
                    heads.clear();
                } else {
                    let own = heads.iter().any(|head| head.0 == me);
                    let others = heads.iter().any(|head| head.0 != me);
                    model.more_order |= own && others;
                    heads.retain(|head| head.0 == me);
                }
                model.give(me, at, size, releases(order));
                detector.store(slot, address(at), size, order, pc);
            }
            Op::Rmw { at, size, order } => {
                race = model.access(me, &range(at, at + size), true, true);
                model.take(me, at, size, acquires(order));
                model.give(me, at, size, releases(order));
                detector.rmw(slot, address(at), size, order, pc);
            }
            Op::Fence(order) => {
                let thread = &mut model.threads[me];
                if acquires(order) {
                    let seen = thread.seen.clone();
                    union(&mut thread.past, &seen);
                }
                if releases(order) {
                    thread.fenced = Some(thread.past.clone());
                }
                detector.fence(slot, order);
            }
            Op::Acquire(key) => {
                let events = model.keys.entry(key).or_default().clone();
                union(&mut model.threads[me].past, &events);
                detector.acquire(slot, key);
            }
            Op::Release(key) => {
                let events = model.threads[me].past.clone();
                union(model.keys.entry(key).or_default(), &events);
                detector.release(slot, key);
            }
            Op::Forget(key) => {
                model.keys.remove(&key);
                detector.forget(key);
            }
            Op::Spawn => {
                let taken = |slot| {
                    model
                        .threads
                        .iter()
                        .any(|thread| thread.slot == slot && !thread.ended)
                };
                let free = (0..8).find(|&other| !taken(other) && detector.reusable(slot, other));
                let Some(free) = free.filter(|_| live.len() < 5) else {
                    continue;
                };
                let past = model.threads[me].past.clone();
                model.threads.push(Thread {
                    slot: free,
                    past,
                    ..Thread::default()
                });
                detector.thread_start(Some(slot), free);
            }
            Op::Join(other) => {
                let other = live[other % live.len()];
                if other == me {
                    continue;
                }
                model.threads[other].ended = true;
                let (slot_of_other, past) =
                    (model.threads[other].slot, model.threads[other].past.clone());
                union(&mut model.threads[me].past, &past);
                detector.thread_end(slot_of_other);
                detector.thread_join(slot, slot_of_other);
            }
            Op::Allocate { from, to } => {
                model.clear(from, to);
                model.access(me, &range(from, to), true, false);
                detector.allocated(slot, address(from), address(to - 1) + 1 - address(from), pc);
            }
            Op::Free { from, to } => {
                if range(from, to).iter().any(|&byte| model.freed[byte]) {
                    continue;
                }
                race = model.access(me, &range(from, to), true, false);
                model.clear(from, to);
                for byte in range(from, to) {
                    model.freed[byte] = true;
                }
                detector.freed(slot, address(from), address(to - 1) + 1 - address(from), pc);
            }
            Op::Unmap { from, to } => {
                model.clear(from, to);
                detector.unmapped(address(from), address(to - 1) + 1 - address(from));
            }
        }
        if race || detector.has_report() {
            return (detector.has_report(), race, model.more_order);
        }
    }
    (false, false, model.more_order)
}

fn order() -> impl Strategy<Value = Order> {
    prop_oneof![
        3 => Just(Order::Relaxed),
        2 => Just(Order::Acquire),
        2 => Just(Order::Release),
        1 => Just(Order::AcqRel),
        1 => Just(Order::SeqCst),
    ]
}

/// An aligned atomic location; most are one of few, so that threads meet.
fn location() -> impl Strategy<Value = (usize, usize)> {
    let wide = (0..4_u32, 0..64_usize).prop_map(|(log, at)| (at & !((1 << log) - 1), 1 << log));
    prop_oneof![
        6 => Just((0, 8)),
        3 => Just((24, 4)),
        1 => Just((48, 16)),
        1 => Just((56, 8)),
        1 => wide,
    ]
}

/// A range of 16-byte units, as blocks of the heap and pages are: no atomic is cut in two.
fn block() -> impl Strategy<Value = (usize, usize)> {
    (0..4_usize, 1..=4_usize).prop_map(|(from, length)| (from * 16, (from + length).min(4) * 16))
}

fn op() -> impl Strategy<Value = Op> {
    let size = prop_oneof![Just(1_usize), Just(2), Just(4), Just(8), Just(16)];
    let at = prop_oneof![Just(8_usize), Just(12), Just(16), 0..64_usize];
    let (size2, at2) = (
        size.clone(),
        prop_oneof![Just(32_usize), Just(36), Just(40)],
    );
    prop_oneof![
        6 => (at, size, any::<bool>())
            .prop_map(|(at, size, write)| Op::Plain { at, size, write }),
        4 => (at2, size2, any::<bool>())
            .prop_map(|(at, size, write)| Op::Plain { at, size, write }),
        2 => (0..64_usize, 1..=64_usize, any::<bool>()).prop_map(|(from, length, write)| {
            Op::Range { from, to: (from + length).min(64), write }
        }),
        4 => (location(), order()).prop_map(|((at, size), order)| Op::Load { at, size, order }),
        4 => (location(), order()).prop_map(|((at, size), order)| Op::Store { at, size, order }),
        4 => (location(), order()).prop_map(|((at, size), order)| Op::Rmw { at, size, order }),
        2 => order().prop_map(Op::Fence),
        5 => (0..2_u64).prop_map(Op::Acquire),
        5 => (0..2_u64).prop_map(Op::Release),
        1 => (0..2_u64).prop_map(Op::Forget),
        4 => Just(Op::Spawn),
        3 => (0..8_usize).prop_map(Op::Join),
        1 => block().prop_map(|(from, to)| Op::Allocate { from, to }),
        1 => block().prop_map(|(from, to)| Op::Free { from, to }),
        1 => block().prop_map(|(from, to)| Op::Unmap { from, to }),
    ]
}

thread_local! {
    // One for all programs: what earlier executions left is part of the test.
    static DETECTOR: std::cell::RefCell<Detector> =
        std::cell::RefCell::new(Detector::new().expect("mapped"));
}

proptest! {
    #![proptest_config(ProptestConfig {
        // 1,536, or six times what PROPTEST_CASES says.
        cases: 6 * ProptestConfig::default().cases,
        ..ProptestConfig::default()
    })]

    #[test]
    fn the_first_race_is_reported_and_nothing_else(
        program in proptest::collection::vec((0..8_usize, op()), 1..60),
    ) {
        let (reported, race, more_order) =
            DETECTOR.with_borrow_mut(|detector| execute(detector, &program));
        if more_order {
            prop_assert!(!reported || race, "a report without a race");
        } else {
            prop_assert_eq!(reported, race);
        }
    }
}

/// How many of the programs end in a race, and how late: the property is about both kinds.
#[test]
fn programs_race_and_do_not() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    let mut runner = TestRunner::deterministic();
    let mut detector = Detector::new().expect("mapped");
    let mut races = 0;
    let strategy = proptest::collection::vec((0..8_usize, op()), 1..60);
    for _ in 0..1000 {
        let program = strategy.new_tree(&mut runner).expect("a program").current();
        races += u32::from(execute(&mut detector, &program).1);
    }
    assert!(
        (100..900).contains(&races),
        "{races} of 1000 programs have a race"
    );
}
