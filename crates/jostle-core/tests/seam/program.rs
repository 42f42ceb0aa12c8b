//! Programs: a list of instructions for each task.

use jostle_core::finding::Kind;
use jostle_core::op::{Frame, Site};
use jostle_core::subject::{Expect, Options, Subject};

/// What a receive gives if the channel is closed and empty.
pub(crate) const CLOSED: u32 = u32::MAX;
/// What a receive gives if its time was up.
pub(crate) const TIMEOUT: u32 = u32::MAX - 1;

/// What is stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Value {
    Const(u32),
    /// One more than the task's register.
    Next,
}

/// An instruction. Each task has one register. Atomics, locks and so on are named by
/// number, tasks by the number of their program; times are in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Instr {
    Load(usize),
    Store(usize, Value),
    /// Adds; the register gets what was there.
    Rmw(usize, u32),
    /// Puts the second value in place of the first, and may fail for no reason; the
    /// register gets what was there.
    ExchangeWeak(usize, u32, u32),
    Lock(usize),
    Unlock(usize),
    /// The register gets 0 if the time was up.
    LockFor(usize, u64),
    /// The same if it is held.
    UnlockHeld(usize),
    /// The register gets 1 or 0.
    TryLock(usize),
    ReadLock(usize),
    ReadUnlock(usize),
    WriteLock(usize),
    WriteUnlock(usize),
    /// Waits for a condition with a lock held.
    Wait(usize, usize),
    /// The same for so long at most; the register gets 1 if the time was up.
    WaitFor(usize, usize, u64),
    NotifyOne(usize),
    NotifyAll(usize),
    /// Sends the register.
    Send(usize),
    TrySend(usize),
    /// The register gets the message or [`CLOSED`].
    Recv(usize),
    /// The same or [`TIMEOUT`].
    RecvFor(usize, u64),
    TryRecv(usize),
    Close(usize),
    /// Spawns the program with this number, once.
    Spawn(usize),
    /// A program that this task has spawned.
    Join(usize),
    Yield,
    Spin,
    Sleep(u64),
    Park,
    ParkFor(u64),
    /// A program that this task has spawned, or main.
    Unpark(usize),
    /// A value below this one that the environment chooses.
    Choose(u32),
    /// Polls until the event is set.
    Await(usize),
    /// Polls twice, and lets others go first in between.
    AwaitYield,
    /// Sets an event and wakes whoever awaits it.
    Wake(usize),
    /// Drops the wakers of whoever awaits an event.
    Forget(usize),
    /// Has the clock set an event after so long.
    After(usize, u64),
    /// Takes that back.
    Stop(usize),
    /// Does something that others see and that is no scheduling point.
    Note(usize),
    /// The register gets virtual time.
    Now,
    /// The register gets a byte of the argument.
    Argument(usize),
    Jump(usize),
    JumpIf(u32, usize),
    Assert(u32),
    Panic,
}

/// What is executed. Task 0 is the main one.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) subject: Subject,
    pub(crate) tasks: Vec<Vec<Instr>>,
    /// How many messages a channel holds.
    pub(crate) bound: usize,
    /// How many bytes its argument has.
    pub(crate) argument: usize,
    sites: Vec<Vec<Site>>,
}

impl AsRef<Subject> for Program {
    fn as_ref(&self) -> &Subject {
        &self.subject
    }
}

impl Program {
    pub(crate) fn new(name: &'static str, tasks: &[&[Instr]]) -> Program {
        let tasks: Vec<Vec<Instr>> = tasks.iter().map(|task| task.to_vec()).collect();
        let mut line = 0;
        let sites = tasks
            .iter()
            .enumerate()
            .map(|(task, instrs)| {
                line += 1;
                let site = |_| {
                    line += 1;
                    site(name, line, 1, function(task))
                };
                (0..instrs.len()).map(site).collect()
            })
            .collect();
        Program {
            subject: Subject {
                name,
                about: "",
                module: "seam",
                site: site(name, 1, 1, "main"),
                expect: Expect::Clean,
                options: Options::DEFAULT,
                takes_data: false,
            },
            tasks,
            bound: 1,
            argument: 0,
            sites,
        }
    }

    /// The same, with a bug that is known.
    pub(crate) fn expecting(mut self, kind: Kind, text: &'static str) -> Program {
        self.subject.expect = Expect::Finds(kind, text);
        self
    }

    /// The same, with so many steps at most.
    pub(crate) fn within(mut self, steps: u32) -> Program {
        self.subject.options.budget.steps = steps;
        self
    }

    /// The same, with an argument of so many bytes.
    pub(crate) fn with_argument(mut self, bytes: usize) -> Program {
        self.argument = bytes;
        self.subject.takes_data = bytes > 0;
        self
    }

    /// Where an instruction stands.
    pub(crate) fn site(&self, task: usize, at: usize) -> Site {
        self.sites[task][at]
    }

    /// Where something that tasks share is made: in the heading of the listing.
    pub(crate) fn made_at(&self, column: u32) -> Site {
        site(self.subject.name, 1, column, "main")
    }

    /// The source that sites refer to: a heading for each task, a line for each
    /// instruction.
    pub(crate) fn listing(&self) -> String {
        let mut text = String::new();
        for (task, instrs) in self.tasks.iter().enumerate() {
            text += &format!("{}:\n", function(task));
            for instr in instrs {
                text += &format!("    {instr:?}\n");
            }
        }
        text
    }
}

fn site(file: &'static str, line: u32, column: u32, function: &'static str) -> Site {
    let frame = Frame {
        file,
        line,
        column,
        function,
    };
    Site::intern(frame, &[])
}

/// What the function of a task is called.
pub(crate) fn function(task: usize) -> &'static str {
    const NAMES: [&str; 6] = ["main", "one", "two", "three", "four", "five"];
    NAMES.get(task).copied().unwrap_or("more")
}
