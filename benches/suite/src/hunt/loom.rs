//! Hunts under loom, which enumerates executions and weak memory with them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use loom::model::Builder;

use crate::hunt::{ALLOWANCE, Hunt, PATIENCE, judge, quiet};
use crate::on_loom::PROGRAMS;
use crate::program::Program;

pub(super) fn hunt(program: &Program, preemptions: Option<usize>, cap: u64, fixed: bool) -> Hunt {
    let Some(ours) = PROGRAMS.iter().find(|p| p.name == program.name) else {
        return Hunt::Trouble(format!("loom has no program {}", program.name));
    };
    let body = if fixed { ours.fixed } else { ours.body };
    let done = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&done);
    let panic = quiet::panic_of(move || {
        let mut builder = Builder::new();
        // loom looks at the limit before an execution, and counts from 1.
        builder.max_permutations = Some((cap * ALLOWANCE) as usize + 1);
        builder.checkpoint_interval = 1;
        builder.max_branches = 100_000;
        // loom looks at the clock between executions.
        builder.max_duration = Some(PATIENCE);
        builder.preemption_bound = preemptions;
        builder.check(move || {
            counted.fetch_add(1, Ordering::Relaxed);
            body();
        });
    });
    match panic {
        None => Hunt::Missed,
        Some(message) => judge(program, done.load(Ordering::Relaxed), &message),
    }
}
