//! Plain memory, and what is said of it.

use std::cell::UnsafeCell;
use std::panic::Location;
use std::sync::Arc;

use jostle::Executor;
use jostle::Plan;
use jostle::decision::Script;
use jostle::finding::{Finding, Kind as Found};
use jostle::scenario::Options;
use jostle::strategy::Kind;

/// Memory that any task may use at any time, sound or not.
#[derive(Clone)]
pub(super) struct Memory(Arc<UnsafeCell<u32>>);

// SAFETY: None: what orders the accesses is what is being tested. All tasks run on one
// OS thread, so that nothing worse than a report comes of it.
unsafe impl Send for Memory {}
// SAFETY: As above.
unsafe impl Sync for Memory {}

impl Memory {
    pub(super) fn new() -> Memory {
        Memory(Arc::new(UnsafeCell::new(0)))
    }

    pub(super) fn write(&self) {
        // SAFETY: As above.
        unsafe { *self.0.get() = 1 }
    }

    pub(super) fn read(&self) {
        // SAFETY: As above. Volatile, or the compiler would leave it out.
        unsafe { self.0.get().read_volatile() };
    }
}

/// Executions of each body: every strategy, several seeds.
const EXECUTIONS: u64 = 96;

fn findings(body: fn(Memory), kinds: &'static [Kind]) -> Vec<Option<Finding>> {
    let series = move || {
        let mut executor = Executor::new();
        (0..EXECUTIONS)
            .map(|seed| {
                let kind = kinds[seed as usize % kinds.len()];
                let plan = Plan {
                    options: &Options::DEFAULT,
                    profile: &Default::default(),
                    seed,
                    script: Script::free(),
                };
                let body = Box::new(move || body(Memory::new()));
                let outcome = executor.execute(plan, &mut kind.build(), Location::caller(), body);
                outcome.finding
            })
            .collect()
    };
    std::thread::spawn(series).join().unwrap()
}

/// Something orders the accesses of `body`, or they do not meet.
#[track_caller]
pub(super) fn ordered(body: fn(Memory)) {
    for (seed, finding) in findings(body, Kind::ALL).into_iter().enumerate() {
        assert_eq!(finding, None, "seed {seed}");
    }
}

/// As [`ordered`], where nothing ends a wait without reason.
#[track_caller]
pub(super) fn ordered_calmly(body: fn(Memory)) {
    for (seed, finding) in findings(body, &[Kind::Calm]).into_iter().enumerate() {
        assert_eq!(finding, None, "seed {seed}");
    }
}

/// Nothing orders the accesses of `body`, on any schedule.
#[track_caller]
pub(super) fn unordered(body: fn(Memory)) {
    for (seed, finding) in findings(body, Kind::ALL).into_iter().enumerate() {
        let finding = finding.unwrap_or_else(|| panic!("seed {seed}: no race was seen"));
        assert_eq!(finding.kind, Found::Race, "seed {seed}: {finding}");
        assert!(
            finding
                .accesses
                .iter()
                .all(|a| a.task.is_some() && a.place.is_some()),
            "seed {seed}: {finding:?}"
        );
    }
}

/// The races of `body`, one for each seed.
pub(super) fn races(body: fn(Memory)) -> Vec<Finding> {
    findings(body, Kind::ALL).into_iter().flatten().collect()
}
