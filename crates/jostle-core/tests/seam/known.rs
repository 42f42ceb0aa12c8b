//! Known bugs, each with a fixed twin.

use jostle_core::finding::Kind;

use crate::program::{Instr, Program, TIMEOUT, Value};
use Instr::*;

/// A bug that is known.
pub(crate) struct Bug {
    pub(crate) program: Program,
    /// The same without the bug.
    pub(crate) mended: Program,
    /// Executions within which the default search finds it.
    pub(crate) within: u64,
    /// Preemptions and other deviations of the smallest failing schedule.
    pub(crate) smallest: (u32, usize),
    /// Two operations whose order decides; `None` if no order of two on one object does.
    pub(crate) decides: Option<[&'static str; 2]>,
}

/// All of them.
pub(crate) fn bugs() -> Vec<Bug> {
    vec![
        lost_update(),
        deadlock(),
        lost_wakeup(),
        lost_waker(),
        leak(),
        livelock(),
        closed(),
        timeout(),
        argument(),
    ]
}

const PAIR: &[Instr] = &[Spawn(1), Spawn(2), Join(1), Join(2)];
const COUNTED: &[Instr] = &[Spawn(1), Spawn(2), Join(1), Join(2), Load(0), Assert(2)];

fn lost_update() -> Bug {
    let adds: &[Instr] = &[Load(0), Store(0, Value::Next)];
    let atomic: &[Instr] = &[Rmw(0, 1)];
    Bug {
        program: Program::new("lost_update", &[COUNTED, adds, adds])
            .expecting(Kind::Panic, "1 is not 2"),
        mended: Program::new("lost_update_mended", &[COUNTED, atomic, atomic]),
        within: 20,
        smallest: (1, 1),
        decides: Some(["load", "store"]),
    }
}

fn deadlock() -> Bug {
    let one: &[Instr] = &[Lock(0), Lock(1), Unlock(1), Unlock(0)];
    let other: &[Instr] = &[Lock(1), Lock(0), Unlock(0), Unlock(1)];
    Bug {
        program: Program::new("deadlock", &[PAIR, one, other])
            .expecting(Kind::Deadlock, "2 tasks wait for each other"),
        mended: Program::new("deadlock_mended", &[PAIR, one, one]),
        within: 20,
        smallest: (1, 1),
        decides: Some(["lock", "lock"]),
    }
}

fn lost_wakeup() -> Bug {
    let sets: &[Instr] = &[
        Spawn(1),
        Store(0, Value::Const(1)),
        Lock(0),
        NotifyOne(0),
        Unlock(0),
        Join(1),
    ];
    let looks_first: &[Instr] = &[Load(0), JumpIf(1, 5), Lock(0), Wait(0, 0), Unlock(0)];
    let locks_first: &[Instr] = &[
        Lock(0),
        Load(0),
        JumpIf(1, 5),
        Wait(0, 0),
        Jump(1),
        Unlock(0),
    ];
    Bug {
        program: Program::new("lost_wakeup", &[sets, looks_first])
            .expecting(Kind::LostWakeup, "notified while nobody waited"),
        mended: Program::new("lost_wakeup_mended", &[sets, locks_first]),
        within: 50,
        smallest: (1, 2),
        decides: Some(["load", "store"]),
    }
}

fn lost_waker() -> Bug {
    let drops: &[Instr] = &[Spawn(1), Forget(0), Wake(0), Join(1)];
    let wakes: &[Instr] = &[Spawn(1), Wake(0), Forget(0), Join(1)];
    Bug {
        program: Program::new("lost_waker", &[drops, &[Await(0)]])
            .expecting(Kind::LostWakeup, "no waker is left"),
        mended: Program::new("lost_waker_mended", &[wakes, &[Await(0)]]),
        within: 20,
        smallest: (0, 1),
        decides: None,
    }
}

fn leak() -> Bug {
    let gives_up: &[Instr] = &[Spawn(1), Load(0), JumpIf(0, 4), Send(0)];
    let closes: &[Instr] = &[Spawn(1), Load(0), JumpIf(0, 4), Send(0), Close(0)];
    let waits: &[Instr] = &[Store(0, Value::Const(1)), Recv(0)];
    Bug {
        program: Program::new("leak", &[gives_up, waits])
            .expecting(Kind::Leak, "[receive (leaked)]"),
        mended: Program::new("leak_mended", &[closes, waits]),
        within: 10,
        smallest: (0, 0),
        decides: Some(["load", "store"]),
    }
}

fn livelock() -> Bug {
    let main: &[Instr] = &[
        Spawn(1),
        Store(0, Value::Const(1)),
        Load(1),
        JumpIf(1, 6),
        Spin,
        Jump(2),
        Join(1),
    ];
    let sometimes: &[Instr] = &[Load(0), JumpIf(0, 3), Store(1, Value::Const(1))];
    let always: &[Instr] = &[Load(0), Store(1, Value::Const(1))];
    Bug {
        program: Program::new("livelock", &[main, sometimes])
            .expecting(Kind::Livelock, "no end within the step budget")
            .within(200),
        mended: Program::new("livelock_mended", &[main, always]).within(200),
        within: 20,
        smallest: (0, 1),
        decides: Some(["load", "store"]),
    }
}

fn closed() -> Bug {
    let early: &[Instr] = &[Spawn(1), Close(0), Join(1)];
    let late: &[Instr] = &[Spawn(1), Join(1), Close(0)];
    Bug {
        program: Program::new("closed", &[early, &[Send(0)]])
            .expecting(Kind::Misuse, "send on closed channel"),
        mended: Program::new("closed_mended", &[late, &[Send(0)]]),
        within: 10,
        smallest: (0, 0),
        decides: Some(["close", "send"]),
    }
}

fn timeout() -> Bug {
    let short: &[Instr] = &[
        Spawn(1),
        RecvFor(0, 5),
        JumpIf(TIMEOUT, 4),
        Jump(5),
        Panic,
        Join(1),
    ];
    let long: &[Instr] = &[
        Spawn(1),
        RecvFor(0, 500),
        JumpIf(TIMEOUT, 4),
        Jump(5),
        Panic,
        Join(1),
    ];
    let late: &[Instr] = &[Sleep(5), Send(0)];
    Bug {
        program: Program::new("timeout", &[short, late]).expecting(Kind::Panic, "explicit panic"),
        mended: Program::new("timeout_mended", &[long, late]),
        within: 20,
        smallest: (0, 0),
        decides: None,
    }
}

fn argument() -> Bug {
    let main: &[Instr] = &[
        Argument(1),
        JumpIf(0, 8),
        Spawn(1),
        Spawn(2),
        Join(1),
        Join(2),
        Load(0),
        Assert(2),
    ];
    let adds: &[Instr] = &[Load(0), Store(0, Value::Next)];
    let atomic: &[Instr] = &[Rmw(0, 1)];
    Bug {
        program: Program::new("argument", &[main, adds, adds])
            .expecting(Kind::Panic, "1 is not 2")
            .with_argument(2),
        mended: Program::new("argument_mended", &[main, atomic, atomic]).with_argument(2),
        within: 100,
        smallest: (1, 1),
        decides: Some(["load", "store"]),
    }
}
