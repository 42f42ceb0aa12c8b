//! The backend: runs the task that the kernel names up to its next operation, and tells
//! the kernel what that is.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use jostle_core::backend::{Backend, Capabilities, Executed, Plan};
use jostle_core::decision::ChoiceKind;
use jostle_core::finding::{Finding, Kind};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::kernel::{Alarm, Fast, Kernel, Next, Side};
use jostle_core::op::{Op, OpKind};
use jostle_core::recording::Recording;
use jostle_core::strategy::Policy;
use jostle_core::vtime::VInstant;

use crate::program::Program;
use crate::suite::Faults;
use crate::things::Things;

/// What the backend of this crate's tests can do.
pub(crate) const CAPABILITIES: Capabilities = Capabilities {
    races: false,
    virtual_time: true,
    cancellation: false,
    exhaustive: true,
};

/// Which of the kernel's paths a carrier takes.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) enum Paths {
    /// The fast one wherever that can be.
    #[default]
    Fast,
    /// The slow one always: it never asks for the fast one.
    Slow,
    /// It asks for the fast one, and has told the kernel that it needs the slow one.
    Shunned,
}

/// How often each row of the table in `kernel::fast` was taken.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(crate) struct Taken {
    pub(crate) point: [u64; 2],
    pub(crate) gate: [u64; 2],
    pub(crate) shut_gate: u64,
    pub(crate) poll: [u64; 2],
    pub(crate) unwoken_poll: u64,
    pub(crate) general: [u64; 2],
    pub(crate) eager: u64,
    pub(crate) slow: u64,
}

/// What a task does at a scheduling point.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Post {
    Point(Op),
    Gate(Op, Side, Option<VInstant>),
    Block(Option<TaskId>, Option<VInstant>),
    Join(TaskId, Op),
    Spin(Op),
    Poll(Op, u32, bool),
}

/// What comes after a piece of an instruction.
#[derive(Debug)]
pub(crate) enum Flow {
    /// The next instruction.
    Next,
    Jump(usize),
    /// The instruction goes on with this piece once the operation is scheduled.
    Post(Post, u8),
    /// The kernel has said who is next; the instruction goes on with this piece.
    Leave(u8),
    /// The task has ended with this finding.
    Fail(Finding),
}

/// How a task leaves the gate that it stands at.
#[derive(Clone, Copy, Debug)]
enum Leaves {
    Gate,
    InTime,
}

/// A task: where in its program it is.
#[derive(Default, Debug)]
pub(crate) struct Task {
    pub(crate) program: usize,
    pub(crate) at: usize,
    /// The piece of the instruction that comes next.
    piece: u8,
    pub(crate) register: u32,
    leaves: Option<(ObjectId, Side, Leaves)>,
    /// Whether the gate that it has left was open.
    pub(crate) was_open: bool,
    /// What it does after a yield that it had to post first.
    repost: Option<Post>,
    /// The depth of its poll loop.
    pub(crate) depth: u32,
    /// The programs that it has spawned.
    pub(crate) spawned: Vec<(usize, TaskId)>,
}

impl Task {
    pub(crate) fn new(program: usize) -> Task {
        Task {
            program,
            ..Task::default()
        }
    }
}

/// A backend that executes programs.
#[derive(Debug)]
pub(crate) struct Machine {
    kernel: Kernel,
    epoch: u32,
    paths: Paths,
    faults: Faults,
    /// Whether to draw once more from the random stream at the end of an execution.
    pub(crate) probes: bool,
    pub(crate) taken: Taken,
}

impl Machine {
    pub(crate) fn new(paths: Paths, faults: Faults) -> Machine {
        Machine {
            kernel: Kernel::new(),
            epoch: 0,
            paths,
            faults,
            probes: false,
            taken: Taken::default(),
        }
    }

    fn carry(&mut self, program: &Program, mut plan: Plan<'_>, mut policy: Policy<'_>) -> Executed {
        self.epoch += 1;
        let mut execution = Execution {
            kernel: &mut self.kernel,
            policy: policy.reborrow(),
            program,
            data: plan.data,
            paths: self.paths,
            taken: &mut self.taken,
            tasks: Vec::new(),
            things: Things::default(),
        };
        let (epoch, probes) = (self.epoch, self.probes);
        let run = AssertUnwindSafe(|| execution.run(epoch, &mut plan, probes));
        match catch_unwind(run) {
            Ok(()) => Executed::Finished(self.kernel.outcome(0)),
            Err(payload) => Executed::Broken(message(&*payload)),
        }
    }
}

impl Backend for Machine {
    type Target = Program;

    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    fn execute(&mut self, program: &Program, plan: Plan<'_>, policy: Policy<'_>) -> Executed {
        if plan.data.len() < program.argument {
            return Executed::Rejected;
        }
        match self.faults.next() {
            Some(fault) => self.carry(program, plan, fault.over(policy).policy()),
            None => self.carry(program, plan, policy),
        }
    }

    fn recording(&self) -> Recording<'_> {
        self.kernel.recording()
    }
}

fn message(payload: &(dyn Any + Send)) -> String {
    match payload.downcast_ref::<String>() {
        Some(text) => text.clone(),
        None => (*payload.downcast_ref::<&str>().unwrap_or(&"?")).to_owned(),
    }
}

/// One execution.
#[derive(Debug)]
pub(crate) struct Execution<'a> {
    pub(crate) kernel: &'a mut Kernel,
    pub(crate) policy: Policy<'a>,
    pub(crate) program: &'a Program,
    pub(crate) data: &'a [u8],
    paths: Paths,
    taken: &'a mut Taken,
    /// By number, the clock first.
    pub(crate) tasks: Vec<Task>,
    pub(crate) things: Things,
}

impl Execution<'_> {
    fn run(&mut self, epoch: u32, plan: &mut Plan<'_>, probes: bool) {
        let subject = &self.program.subject;
        self.kernel.begin(epoch, subject, plan, &mut self.policy);
        if self.paths == Paths::Shunned {
            self.kernel.shun_fast_path();
        }
        self.tasks.resize_with(2, Task::default);
        if let Err(error) = self.kernel.spawn_main(subject.site) {
            self.kernel
                .find(Finding::new(Kind::Panic, error.to_string()));
        }
        while let Next::Run(task) = self.kernel.next() {
            self.kernel.set_current(task);
            match task {
                TaskId::CLOCK => self.tick(),
                task => self.go_on(task),
            }
        }
        if probes {
            let kernel = &mut *self.kernel;
            kernel.choose(ChoiceKind::Value, 1 << 16, &mut self.policy);
        }
        self.kernel.end(&mut self.policy);
        self.kernel.judge();
        self.kernel.tear_down();
    }

    /// The clock fires timers as long as it is its turn.
    fn tick(&mut self) {
        loop {
            if let Some((timer, Alarm::Call)) = self.kernel.fire(&mut self.policy) {
                self.ring(timer);
            }
            if self.kernel.decide(&mut self.policy) != Next::Run(TaskId::CLOCK) {
                return;
            }
        }
    }

    /// Runs a task until it has to wait for its turn.
    fn go_on(&mut self, me: TaskId) {
        loop {
            let row = &mut self.tasks[me.index()];
            if let Some((object, side, leaves)) = row.leaves.take() {
                row.was_open = match leaves {
                    Leaves::Gate => self.kernel.leave_gate(object, side),
                    Leaves::InTime => self.kernel.leave_gate_in_time(object, side),
                };
            }
            if let Some(post) = row.repost.take() {
                if !self.post(me, post) {
                    return;
                }
                continue;
            }
            let (program, at, piece) = (row.program, row.at, row.piece);
            let Some(&instr) = self.program.tasks[program].get(at) else {
                return self.end(None);
            };
            let flow = self.piece(me, instr, piece);
            let row = &mut self.tasks[me.index()];
            match flow {
                Flow::Next => (row.at, row.piece) = (at + 1, 0),
                Flow::Jump(to) => (row.at, row.piece) = (to, 0),
                Flow::Post(post, piece) => {
                    row.piece = piece;
                    if !self.post(me, post) {
                        return;
                    }
                }
                Flow::Leave(piece) => {
                    row.piece = piece;
                    if self.kernel.next() != Next::Run(me) {
                        return;
                    }
                }
                Flow::Fail(finding) => return self.end(Some(finding)),
            }
        }
    }

    fn end(&mut self, finding: Option<Finding>) {
        self.kernel.finish();
        let allowed = self.program.subject.options.allowed_panics;
        let finding = finding.filter(|f| !allowed.iter().any(|text| f.message.contains(text)));
        if let Some(finding) = finding {
            self.kernel.find(finding);
        }
        self.kernel.decide(&mut self.policy);
    }

    /// Posts what the running task is about to do. Returns whether it goes on.
    fn post(&mut self, me: TaskId, post: Post) -> bool {
        let fast = match self.paths {
            Paths::Slow => Fast::Slow,
            Paths::Fast | Paths::Shunned => self.fast(post),
        };
        if let Post::Gate(op, side, _) = post {
            self.tasks[me.index()].leaves = match fast {
                Fast::Stay => None,
                Fast::Switch => Some((op.object, side, Leaves::Gate)),
                Fast::Slow => Some((op.object, side, Leaves::InTime)),
            };
            self.tasks[me.index()].was_open = true;
        }
        match fast {
            Fast::Stay => return true,
            Fast::Switch => return false,
            Fast::Slow => self.taken.slow += 1,
        }
        let (kernel, policy) = (&mut *self.kernel, &mut self.policy);
        let next = match post {
            Post::Point(op) => kernel.at_point(op, policy),
            Post::Gate(op, side, deadline) => kernel.at_gate(op, side, deadline, policy),
            Post::Block(on, deadline) => kernel.block(on, deadline, policy),
            Post::Join(task, op) => kernel.join(task, op, policy),
            Post::Spin(op) => kernel.at_spin(op, policy),
            Post::Poll(op, depth, woken) => {
                if woken && kernel.take_yielded() {
                    self.tasks[me.index()].repost = Some(post);
                    let kind = OpKind::Yield;
                    let object = ObjectId::NONE;
                    let offer = Op { kind, object, ..op };
                    return self.post(me, Post::Poll(offer, depth, false));
                }
                kernel.at_poll(op, depth, woken, policy)
            }
        };
        next == Next::Run(me)
    }

    /// Posts on the fast path. This is [`Kernel::any_fast_point`] taken apart, to know
    /// which of its rows was taken.
    fn fast(&mut self, post: Post) -> Fast {
        let kernel = &mut *self.kernel;
        match post {
            Post::Point(op) => match kernel.fast_point(op) {
                Fast::Slow => self.general(op),
                fast => count(fast, &mut self.taken.point),
            },
            Post::Gate(op, side, None) => match kernel.is_open(op.object, side) {
                true => count(kernel.fast_gate(op, side), &mut self.taken.gate),
                false => {
                    let fast = kernel.fast_gate(op, side);
                    self.taken.shut_gate += u64::from(fast == Fast::Switch);
                    fast
                }
            },
            Post::Poll(op, depth, woken) => match kernel.fast_poll(op, depth, woken) {
                Fast::Slow if !woken => self.general(op),
                fast if woken => {
                    self.taken.unwoken_poll += u64::from(fast != Fast::Slow);
                    fast
                }
                fast => count(fast, &mut self.taken.poll),
            },
            Post::Gate(..) | Post::Block(..) | Post::Join(..) | Post::Spin(_) => Fast::Slow,
        }
    }

    fn general(&mut self, op: Op) -> Fast {
        // With eager tasks there is something that needs attention.
        let plain = self.kernel.is_undisturbed();
        let fast = self.kernel.general_point(op);
        if plain {
            return count(fast, &mut self.taken.general);
        }
        self.taken.eager += u64::from(fast == Fast::Switch);
        fast
    }
}

/// Counts who stays and who does not.
fn count(fast: Fast, taken: &mut [u64; 2]) -> Fast {
    match fast {
        Fast::Stay => taken[0] += 1,
        Fast::Switch => taken[1] += 1,
        Fast::Slow => {}
    }
    fast
}
