//! The workloads by name, and how often each is executed.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

use crate::contender::{Contender, Tool};

/// What is executed. Each tool has its own version of every body in
/// [`workloads`](crate::workloads); the README says where they differ.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, ValueEnum, Serialize, Deserialize)]
#[value(rename_all = "snake_case")]
pub(crate) enum Workload {
    /// Nothing: what an execution costs before it does anything.
    Empty,
    /// 2 threads read a counter and write back one more.
    LostUpdate,
    /// 2 threads count under a lock, as `race_counter_fixed` of jostle's catalogue does.
    CountLocked,
    /// 2 threads add to an atomic, as `lost_update_fixed` of jostle's catalogue does.
    AddAtomic,
    /// 2 threads yield 100 times each.
    #[value(name = "yield_2x100")]
    Yield2x100,
    /// 2 threads yield 200 times each; only for the cost of one more step.
    #[value(name = "yield_2x200")]
    Yield2x200,
    /// 1,000 threads yield 20 times each.
    #[value(name = "yield_1000x20")]
    Yield1000x20,
    /// 1,000 threads yield 40 times each; only for the cost of one more step.
    #[value(name = "yield_1000x40")]
    Yield1000x40,
    /// 10 threads lock and unlock one mutex 100 times each.
    #[value(name = "mutex_10x100")]
    Mutex10x100,
    /// The same with 4 threads, the most that loom has room for.
    #[value(name = "mutex_4x100")]
    Mutex4x100,
    /// 2 threads, 100 round trips over two mpsc channels.
    #[value(name = "mpsc_pingpong_100")]
    MpscPingpong100,
    /// 2 async tasks, 100 round trips over two semaphores.
    #[value(name = "async_pingpong_100")]
    AsyncPingpong100,
    /// 2 async tasks yield 100 times each.
    #[value(name = "async_yield_2x100")]
    AsyncYield2x100,
    /// 10 threads that do nothing, spawned and joined.
    #[value(name = "spawn_join_10")]
    SpawnJoin10,
    /// 100 threads that do nothing, spawned and joined.
    #[value(name = "spawn_join_100")]
    SpawnJoin100,
}

impl Workload {
    pub(crate) fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |v| v.get_name().to_owned())
    }

    /// Whether it is counted only for the cost of one more step and has no line
    /// in the table.
    pub(crate) fn is_auxiliary(self) -> bool {
        matches!(self, Workload::Yield2x200 | Workload::Yield1000x40)
    }

    /// How many executions the two counted processes make. Between the first
    /// and the second number everything is warm: stacks are pooled, tables have
    /// their size. Large enough that random schedules average out, small enough
    /// that shuttle takes seconds under callgrind.
    pub(crate) fn counted(self) -> (u64, u64) {
        match self {
            Workload::Empty
            | Workload::LostUpdate
            | Workload::CountLocked
            | Workload::AddAtomic => (200, 1_200),
            Workload::SpawnJoin10 => (50, 300),
            Workload::Yield1000x20 | Workload::Yield1000x40 => (1, 2),
            Workload::Mutex10x100 | Workload::Mutex4x100 => (2, 8),
            _ => (10, 60),
        }
    }

    /// Why `contender` has nothing to show here, if it has not.
    pub(crate) fn impossible(self, contender: Contender) -> Option<&'static str> {
        match (contender.tool(), self) {
            (
                Tool::Loom,
                Workload::Mutex10x100
                | Workload::SpawnJoin10
                | Workload::SpawnJoin100
                | Workload::Yield1000x20
                | Workload::Yield1000x40,
            ) => Some("at most 5 threads"),
            (Tool::Shuttle, Workload::Empty) if contender == Contender::ShuttlePct => {
                Some("panics without concurrency")
            }
            (Tool::Shuttle, Workload::Yield1000x20 | Workload::Yield1000x40)
                if contender != Contender::ShuttleRandom =>
            {
                Some("takes minutes to count")
            }
            _ => None,
        }
    }
}
