//! Takes a snapshot of a stopped execution and has the oracles judge it.

use crate::finding::Finding;
use crate::id::{ObjectId, TaskId};
use crate::kernel::task::State;
use crate::kernel::{Kernel, Next};
use crate::oracle;
use crate::snapshot::{Blocked, RepeatedOp, Snapshot, Stop, TaskSnapshot, TaskState};

impl Kernel {
    /// Has the oracles judge the stopped execution.
    #[inline]
    pub fn judge(&mut self) {
        if let Some(snapshot) = &self.snapshot()
            && let Some(found) = oracle::judge(snapshot)
        {
            self.finding.get_or_insert_with(|| Box::new(found));
        }
    }

    /// The carrier has seen something that refutes every other finding, such as an OS
    /// thread that nobody controls.
    #[cold]
    pub fn overrule(&mut self, finding: Finding) {
        self.finding = Some(Box::new(finding));
    }

    /// The stopped execution, unless a finding stopped it or every task has finished.
    #[inline(always)]
    fn snapshot(&self) -> Option<Snapshot> {
        match self.next {
            Next::Stop(stop) if stop != Stop::Finished => Some(self.picture(stop)),
            _ => None,
        }
    }

    #[cold]
    fn picture(&self, stop: Stop) -> Snapshot {
        let tasks = (1..self.view.tasks.len())
            .map(|i| {
                let task = TaskId(i as u32);
                TaskSnapshot {
                    task,
                    state: match stop {
                        // Only time can be what it waits for: it goes on.
                        Stop::Quiescent if self.tasks[i].timer.is_some() => TaskState::Runnable,
                        _ => self.state(task),
                    },
                }
            })
            .collect();
        Snapshot {
            stop,
            main_finished: self.tasks[TaskId::MAIN.index()].is_finished(),
            tasks,
            missed: self.objects[..self.object_info.len()]
                .iter()
                .enumerate()
                .filter(|(_, o)| o.missed)
                .map(|(i, _)| ObjectId(i as u32))
                .collect(),
            repeated: match stop {
                Stop::OutOfSteps => self.repeated_ops(),
                Stop::Finished | Stop::Quiescent | Stop::Cycle => Vec::new(),
            },
        }
    }

    fn repeated_ops(&self) -> Vec<RepeatedOp> {
        let mut repeated = Vec::new();
        let entries = self.log.entries();
        for entry in &entries[entries.len() / 4 * 3..] {
            let op = RepeatedOp {
                task: entry.task,
                op: entry.op.kind,
                site: entry.op.site,
            };
            let left = entry.task != TaskId::CLOCK && !self.tasks[entry.task.index()].is_finished();
            if left && !entry.marks.event && !repeated.contains(&op) {
                repeated.push(op);
            }
        }
        repeated
    }

    fn state(&self, task: TaskId) -> TaskState {
        let row = &self.tasks[task.index()];
        let on = match row.state {
            State::Finished => return TaskState::Finished,
            _ if self.view.runnable.contains(task) => return TaskState::Runnable,
            State::AtGate(object, _) => self.object(object).owner,
            State::Queued { on } => on,
            State::Live | State::Awaiting => None,
        };
        let op = self.view.tasks[task.index()].op;
        TaskState::Blocked(Blocked {
            op: op.kind,
            object: op.object,
            site: op.site,
            on: on.into_iter().collect(),
            waker_lost: row.state == State::Awaiting && row.wakers <= row.own_wakers,
        })
    }
}
