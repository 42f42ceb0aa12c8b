//! Hunts under shuttle.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shuttle::scheduler::{PctScheduler, RandomScheduler, Scheduler, UrwRandomScheduler};
use shuttle::{Config, FailurePersistence, Runner};

use crate::contender::ShuttleScheduler;
use crate::hunt::{Hunt, judge, quiet};
use crate::on_shuttle::PROGRAMS;
use crate::program::Program;

/// The depth of shuttle's PCT: two change points.
const PCT_DEPTH: usize = 3;

pub(super) fn hunt(
    program: &Program,
    scheduler: ShuttleScheduler,
    seed: u64,
    cap: u64,
    fixed: bool,
) -> Hunt {
    let Some(ours) = PROGRAMS.iter().find(|p| p.name == program.name) else {
        return Hunt::Trouble(format!("shuttle has no program {}", program.name));
    };
    let body = if fixed { ours.fixed } else { ours.body };
    let executions = usize::try_from(cap).unwrap_or(usize::MAX);
    let done = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&done);
    let panic = quiet::panic_of(move || match scheduler {
        ShuttleScheduler::Random => drive(
            RandomScheduler::new_from_seed(seed, executions),
            body,
            counted,
        ),
        ShuttleScheduler::Pct => drive(
            PctScheduler::new_from_seed(seed, PCT_DEPTH, executions),
            body,
            counted,
        ),
        ShuttleScheduler::Urw => drive(
            UrwRandomScheduler::new_from_seed(seed, executions),
            body,
            counted,
        ),
    });
    match panic {
        None => Hunt::Missed,
        Some(message) => judge(program, done.load(Ordering::Relaxed), &message),
    }
}

fn drive(scheduler: impl Scheduler + 'static, body: fn(), counted: Arc<AtomicU64>) {
    let mut config = Config::new();
    config.failure_persistence = FailurePersistence::None;
    Runner::new(scheduler, config).run(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        body();
    });
}
