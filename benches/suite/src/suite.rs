//! The hunts of a whole table, on several OS threads.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde::Serialize;

use crate::contender::Contender;
use crate::hunt::{self, Hunt};
use crate::program::Program;
use crate::sample::Sample;

/// What is measured.
#[derive(Clone, Debug)]
pub(crate) struct Suite {
    pub(crate) contenders: Vec<Contender>,
    pub(crate) seeds: Range<u64>,
    /// Executions at most; see [`Program::cap`].
    pub(crate) cap: u64,
    /// OS threads that share the work. The figures do not depend on it.
    pub(crate) jobs: usize,
}

/// One program and what the contenders came to, in their order; `None` where one
/// cannot run it.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) program: Program,
    pub(crate) samples: Vec<Option<Sample>>,
}

/// One hunt.
struct Task {
    column: usize,
    seed: u64,
}

impl Suite {
    /// Makes all hunts on `program`.
    pub(crate) fn row(&self, program: Program) -> Row {
        let cap = program.cap(self.cap);
        let tasks = self.tasks(&program);
        let next = AtomicUsize::new(0);
        let hunts: Mutex<Vec<Option<Hunt>>> = Mutex::new(vec![None; tasks.len()]);
        thread::scope(|scope| {
            for _ in 0..self.jobs.max(1) {
                scope.spawn(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(task) = tasks.get(at) else {
                            return;
                        };
                        let contender = &self.contenders[task.column];
                        let hunt = hunt::hunt(contender, &program, task.seed, cap, false);
                        hunts.lock().unwrap_or_else(PoisonError::into_inner)[at] = Some(hunt);
                    }
                });
            }
        });
        let hunts = hunts.into_inner().unwrap_or_else(PoisonError::into_inner);
        let mut samples: Vec<Option<Sample>> = vec![None; self.contenders.len()];
        for (task, hunt) in tasks.iter().zip(hunts) {
            let sample = samples[task.column].get_or_insert_with(|| Sample {
                cap,
                hunts: Vec::new(),
            });
            sample.hunts.extend(hunt);
        }
        Row { program, samples }
    }

    /// In the order in which [`Suite::row`] puts them together again.
    fn tasks(&self, program: &Program) -> Vec<Task> {
        let mut tasks = Vec::new();
        for (column, contender) in self.contenders.iter().enumerate() {
            if hunt::impossible(contender, program).is_some() {
                continue;
            }
            let seeds = match contender.is_random() {
                true => self.seeds.clone(),
                false => 0..1,
            };
            tasks.extend(seeds.map(|seed| Task { column, seed }));
        }
        tasks
    }
}

/// All figures, for other programs to read.
#[derive(Debug, Serialize)]
pub(crate) struct Document<'a> {
    cap: u64,
    seeds: Range<u64>,
    programs: Vec<Entry<'a>>,
}

#[derive(Debug, Serialize)]
struct Entry<'a> {
    program: &'a str,
    samples: Vec<Named<'a>>,
}

#[derive(Debug, Serialize)]
struct Named<'a> {
    contender: String,
    #[serde(flatten)]
    sample: &'a Sample,
}

impl<'a> Document<'a> {
    pub(crate) fn new(suite: &Suite, rows: &'a [Row]) -> Document<'a> {
        let programs = rows.iter().map(|row| Entry {
            program: row.program.name,
            samples: (suite.contenders.iter().zip(&row.samples))
                .filter_map(|(contender, sample)| {
                    Some(Named {
                        contender: contender.to_string(),
                        sample: sample.as_ref()?,
                    })
                })
                .collect(),
        });
        Document {
            cap: suite.cap,
            seeds: suite.seeds.clone(),
            programs: programs.collect(),
        }
    }
}
