//! A naive interpreter of programs: it recomputes from the state at every step which tasks
//! can run, and shares no code with the kernel or the carrier.
//!
//! It takes the choices of an execution and computes its steps.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jostle_core::choice::{Choice, ChoiceKind};
use jostle_core::finding::Kind;
use jostle_core::op::OpKind;

use crate::program::{CLOSED, Instr, Program, TIMEOUT, Value};

const CLOCK: usize = 0;
const MS: u64 = 1_000_000;

/// A step, as far as the two are compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Deed {
    pub(crate) task: usize,
    pub(crate) kind: OpKind,
    pub(crate) object: Option<usize>,
    pub(crate) value: Option<u32>,
    pub(crate) line: u32,
    pub(crate) choices: usize,
    pub(crate) preemption: bool,
    pub(crate) blocks: bool,
    /// Whether it was a scheduling point; a trace does not tell.
    point: bool,
}

/// What an execution comes to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Told {
    pub(crate) steps: Vec<Deed>,
    pub(crate) time: u64,
    pub(crate) found: Option<Kind>,
    pub(crate) choices: usize,
}

/// What there has to be for an operation to be possible.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum If {
    Always,
    Free(usize),
    Readable(usize),
    Writable(usize),
    NotEmpty(usize),
    NotFull(usize),
    Woken,
    /// Somebody has made a step after so many.
    StepsAfter(usize),
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Status {
    Runs,
    AboutTo(OpKind, Option<usize>, If),
    /// Waits for another one to do something for it.
    Sleeps {
        on: Option<usize>,
        kind: OpKind,
        object: Option<usize>,
    },
    Finished,
}

#[derive(Clone, Debug)]
struct Task {
    program: usize,
    at: usize,
    part: u32,
    status: Status,
    register: u32,
    /// The deadline of its wait, if that has one.
    timer: Option<u64>,
    timed_out: bool,
    token: bool,
    woken: bool,
    spawned: BTreeMap<usize, usize>,
}

impl Task {
    /// At the beginning of the program with this number.
    fn new(program: usize) -> Task {
        Task {
            program,
            at: 0,
            part: 0,
            status: Status::Runs,
            register: 0,
            timer: None,
            timed_out: false,
            token: false,
            woken: false,
            spawned: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Alarm {
    Wait(usize),
    Event(usize),
}

/// The names of what tasks share, to number them by first use.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Name {
    Atomic(usize),
    Mutex(usize),
    RwLock(usize),
    Condvar(usize),
    Channel(usize),
    Event(usize),
}

#[derive(Default, Debug)]
struct World {
    atomics: BTreeMap<usize, u32>,
    mutexes: BTreeMap<usize, usize>,
    tried: BTreeSet<usize>,
    writers: BTreeMap<usize, usize>,
    readers: BTreeMap<usize, Vec<usize>>,
    waiters: BTreeMap<usize, Vec<usize>>,
    missed: BTreeSet<usize>,
    queues: BTreeMap<usize, VecDeque<u32>>,
    closed: BTreeSet<usize>,
    set: BTreeSet<usize>,
    wakers: BTreeMap<usize, Vec<usize>>,
    event_timers: BTreeMap<usize, u64>,
}

pub(crate) struct Naive<'a> {
    program: &'a Program,
    choices: &'a [Choice],
    made: usize,
    tasks: Vec<Task>,
    /// Tasks that have to run before the next decision, the next one last.
    running: Vec<usize>,
    world: World,
    names: BTreeMap<Name, usize>,
    steps: Vec<Deed>,
    points: usize,
    last: usize,
    now: u64,
    moved: usize,
    /// By number, which is the order of arming.
    timers: BTreeMap<u64, (u64, Alarm)>,
    armed: u64,
    found: Option<Kind>,
    over: bool,
}

/// What a program does with these choices.
pub(crate) fn tell(program: &Program, choices: &[Choice]) -> Told {
    let mut naive = Naive {
        program,
        choices,
        made: 0,
        tasks: vec![Task::new(0), Task::new(0)],
        running: vec![1],
        world: World::default(),
        names: BTreeMap::new(),
        steps: Vec::new(),
        points: 0,
        last: CLOCK,
        now: 0,
        moved: 0,
        timers: BTreeMap::new(),
        armed: 0,
        found: None,
        over: false,
    };
    naive.tasks[CLOCK].status = Status::Finished;
    while !naive.over {
        match naive.running.pop() {
            Some(task) => naive.run(task),
            None => naive.decide(),
        }
    }
    Told {
        steps: naive.steps,
        time: naive.now,
        found: naive.found,
        choices: naive.made,
    }
}

impl Naive<'_> {
    fn may(&self, task: usize) -> bool {
        let row = &self.tasks[task];
        let Status::AboutTo(_, _, wanted) = row.status else {
            return false;
        };
        row.timed_out || self.holds(wanted, row)
    }

    fn holds(&self, wanted: If, row: &Task) -> bool {
        let world = &self.world;
        let readers = |lock| world.readers.get(lock).is_some_and(|list| !list.is_empty());
        match wanted {
            If::Always => true,
            If::Free(lock) => !world.mutexes.contains_key(&lock),
            If::Readable(lock) => !world.writers.contains_key(&lock),
            If::Writable(lock) => !world.writers.contains_key(&lock) && !readers(&lock),
            If::NotEmpty(channel) => world.closed.contains(&channel) || self.len(channel) > 0,
            If::NotFull(channel) => {
                world.closed.contains(&channel) || self.len(channel) < self.program.bound
            }
            If::Woken => row.woken,
            If::StepsAfter(points) => self.points > points,
        }
    }

    fn len(&self, channel: usize) -> usize {
        self.world.queues.get(&channel).map_or(0, VecDeque::len)
    }

    fn decide(&mut self) {
        let step_time = self.program.subject.options.budget.step_time.as_nanos() as u64;
        let first = self.timers.values().map(|&(at, _)| at).min();
        let passed = (self.points - self.moved) as u64 * step_time;
        let mut able: Vec<usize> = (1..self.tasks.len()).filter(|&t| self.may(t)).collect();
        if first.is_some_and(|at| at <= self.now + passed) || (able.is_empty() && first.is_some()) {
            able.insert(0, CLOCK);
        }
        if able.is_empty() {
            let spins =
                |task: &Task| matches!(task.status, Status::AboutTo(_, _, If::StepsAfter(_)));
            if self.tasks.iter().any(spins) {
                self.now += step_time;
                for task in self.tasks.iter_mut().filter(|task| spins(task)) {
                    task.timed_out = true;
                }
            } else {
                self.stops();
            }
            return;
        }
        let picked = match able.len() {
            1 => able[0],
            arity => {
                let picked = self.choice(ChoiceKind::Task, arity as u32) as usize;
                assert!(able.contains(&picked), "{picked} of {able:?}");
                picked
            }
        };
        let last = &self.tasks[self.last];
        let offers = match last.status {
            Status::AboutTo(kind, ..) => matches!(kind, OpKind::Yield | OpKind::Spin),
            _ => false,
        };
        let could = self.last != CLOCK && able.contains(&self.last) && !offers;
        let (kind, object) = match self.tasks[picked].status {
            Status::AboutTo(kind, object, _) => (kind, object),
            _ => (OpKind::Fire, None),
        };
        self.log(picked, kind, object, true);
        let step = self.steps.last_mut().unwrap();
        step.preemption = picked != self.last && could;
        self.points += 1;
        self.last = picked;
        if picked == CLOCK {
            self.fire(first.unwrap());
        } else {
            self.tasks[picked].status = Status::Runs;
            self.running.push(picked);
        }
    }

    fn log(&mut self, task: usize, kind: OpKind, object: Option<usize>, point: bool) {
        let row = &self.tasks[task];
        let line = match task {
            CLOCK => 1,
            _ => self.program.site(row.program, row.at).line(),
        };
        self.steps.push(Deed {
            task,
            kind,
            object,
            value: None,
            line,
            choices: self.made,
            preemption: false,
            blocks: false,
            point,
        });
    }

    fn choice(&mut self, kind: ChoiceKind, arity: u32) -> u32 {
        if arity < 2 {
            return 0;
        }
        let choice = self.choices.get(self.made);
        let &Choice {
            kind: theirs,
            arity: of,
            picked,
        } = choice.unwrap_or_else(|| panic!("no {kind} among {arity} is chosen"));
        assert_eq!((theirs, of), (kind, arity), "choice {}", self.made);
        self.made += 1;
        picked
    }

    fn fire(&mut self, first: u64) {
        let due = self.timers.iter().filter(|(_, (at, _))| *at == first);
        let due: Vec<u64> = due.map(|(&number, _)| number).collect();
        let rank = self.choice(ChoiceKind::Timer, due.len() as u32) as usize;
        self.moved = self.points;
        self.now = self.now.max(first);
        let (_, alarm) = self.timers.remove(&due[rank]).unwrap();
        match alarm {
            Alarm::Event(event) => {
                self.world.event_timers.remove(&event);
                self.set(event);
            }
            Alarm::Wait(task) => {
                let row = &mut self.tasks[task];
                row.timer = None;
                row.timed_out = true;
                if matches!(row.status, Status::Sleeps { .. }) {
                    row.status = Status::Runs;
                    self.running.push(task);
                }
            }
        }
    }

    fn arm(&mut self, ms: u64, alarm: Alarm) -> u64 {
        self.armed += 1;
        self.timers.insert(self.armed, (self.now + ms * MS, alarm));
        self.armed
    }

    /// Nobody can go on, and no timer is armed.
    fn stops(&mut self) {
        self.over = true;
        let blocked: Vec<usize> = (1..self.tasks.len())
            .filter(|&task| self.tasks[task].status != Status::Finished)
            .collect();
        if blocked.is_empty() {
            return;
        }
        let misses = |&task: &usize| match self.tasks[task].status {
            Status::AboutTo(_, _, If::Woken) => {
                !self.world.wakers.values().any(|list| list.contains(&task))
            }
            Status::Sleeps { kind, object, .. } => {
                kind == OpKind::Wait && object.is_some_and(|o| self.world.missed.contains(&o))
            }
            _ => false,
        };
        let circle = blocked.iter().any(|&task| self.comes_back(task));
        self.found = Some(if circle {
            Kind::Deadlock
        } else if blocked.iter().any(misses) {
            Kind::LostWakeup
        } else if self.tasks[1].status != Status::Finished {
            Kind::Deadlock
        } else {
            Kind::Leak
        });
    }

    /// Whom `task` waits for, if it is somebody in particular.
    fn waits_for(&self, task: usize) -> Option<usize> {
        match self.tasks[task].status {
            Status::Sleeps { on, .. } => on,
            Status::AboutTo(_, _, wanted) if !self.may(task) => match wanted {
                If::Free(lock) => self.world.mutexes.get(&lock).copied(),
                If::Readable(lock) | If::Writable(lock) => {
                    let reader = match self.world.readers.get(&lock).map(Vec::as_slice) {
                        Some(&[reader]) => Some(reader),
                        _ => None,
                    };
                    self.world.writers.get(&lock).copied().or(reader)
                }
                _ => None,
            },
            _ => None,
        }
    }

    fn comes_back(&self, task: usize) -> bool {
        let next = std::iter::successors(self.waits_for(task), |&t| self.waits_for(t));
        next.take(self.tasks.len()).any(|other| other == task)
    }

    /// Whether a task that has just come to a lock waits for itself, through locks alone
    /// and with nobody's time running.
    fn closes_a_circle(&self, task: usize) -> bool {
        let locks = |&t: &usize| {
            matches!(self.tasks[t].status, Status::AboutTo(..)) && self.tasks[t].timer.is_none()
        };
        let mut at = Some(task);
        for _ in 0..self.tasks.len() {
            at = at.filter(locks).and_then(|t| self.waits_for(t));
            if at == Some(task) {
                return true;
            }
        }
        false
    }

    /// Runs a task until it is about to do something that others can see.
    fn run(&mut self, me: usize) {
        while !self.over && self.tasks[me].status == Status::Runs {
            let row = &self.tasks[me];
            let Some(&instr) = self.program.tasks[row.program].get(row.at) else {
                return self.ends(me);
            };
            let part = row.part;
            self.tasks[me].part += 1;
            if !self.does(me, instr, part) {
                continue;
            }
            let row = &mut self.tasks[me];
            row.at += 1;
            row.part = 0;
            if matches!(instr, Instr::Spawn(_)) {
                return;
            }
        }
    }

    fn ends(&mut self, me: usize) {
        self.tasks[me].status = Status::Finished;
        let joins = |task: &Task| matches!(task.status, Status::Sleeps { on: Some(t), kind: OpKind::Join, .. } if t == me);
        // In the order in which they came, of which there is one: only who has spawned a
        // task joins it.
        for task in 1..self.tasks.len() {
            if joins(&self.tasks[task]) {
                self.wakes(task);
            }
        }
    }

    fn fails(&mut self, kind: Kind) -> bool {
        self.found = Some(kind);
        self.over = true;
        false
    }

    /// Ends the wait of a task that sleeps.
    fn wakes(&mut self, task: usize) {
        let row = &mut self.tasks[task];
        row.status = Status::Runs;
        if let Some(timer) = row.timer.take() {
            self.timers.remove(&timer);
        }
        self.running.push(task);
    }

    fn about_to(&mut self, me: usize, kind: OpKind, name: Option<Name>, wanted: If) -> bool {
        let object = name.map(|name| self.number(name));
        self.posts(me, kind, object, wanted)
    }

    fn posts(&mut self, me: usize, kind: OpKind, object: Option<usize>, wanted: If) -> bool {
        let row = &mut self.tasks[me];
        row.timed_out = false;
        row.status = Status::AboutTo(kind, object, wanted);
        if self.closes_a_circle(me) {
            return self.fails(Kind::Deadlock);
        }
        false
    }

    fn number(&mut self, name: Name) -> usize {
        // Object 0 is what polls touch.
        let next = self.names.len() + 1;
        *self.names.entry(name).or_insert(next)
    }

    fn sleeps(&mut self, me: usize, on: Option<usize>, ms: Option<u64>) -> bool {
        let step = self.steps.iter_mut().rev();
        let mut mine = step.filter(|s| s.task == me && (s.point || s.kind == OpKind::Join));
        let step = mine.next().unwrap();
        step.blocks = true;
        let (kind, object) = (step.kind, step.object);
        let timer = ms.map(|ms| self.arm(ms, Alarm::Wait(me)));
        let row = &mut self.tasks[me];
        row.timer = timer;
        row.timed_out = false;
        row.status = Status::Sleeps { on, kind, object };
        false
    }

    fn notes(&mut self, value: u32) {
        self.steps.last_mut().unwrap().value = Some(value);
    }

    fn set(&mut self, event: usize) {
        self.world.set.insert(event);
        for task in self.world.wakers.remove(&event).unwrap_or_default() {
            self.tasks[task].woken = true;
        }
    }

    fn friend(&self, me: usize, program: usize) -> usize {
        self.tasks[me].spawned.get(&program).copied().unwrap_or(1)
    }

    /// Does a part of an instruction: what comes before its first scheduling point, before
    /// its second one... Returns whether that was the last part.
    fn does(&mut self, me: usize, instr: Instr, part: u32) -> bool {
        use OpKind as Op;
        let register = self.tasks[me].register;
        match (instr, part) {
            (Instr::Load(cell), 0) => {
                self.about_to(me, Op::Load, Some(Name::Atomic(cell)), If::Always)
            }
            (Instr::Store(cell, _), 0) => {
                self.about_to(me, Op::Store, Some(Name::Atomic(cell)), If::Always)
            }
            (Instr::Rmw(cell, _) | Instr::ExchangeWeak(cell, ..), 0) => {
                self.about_to(me, Op::Rmw, Some(Name::Atomic(cell)), If::Always)
            }
            (Instr::Store(cell, value), _) => {
                let value = match value {
                    Value::Const(value) => value,
                    Value::Next => register.wrapping_add(1),
                };
                self.world.atomics.insert(cell, value);
                self.notes(value);
                true
            }
            (Instr::Load(cell) | Instr::Rmw(cell, _) | Instr::ExchangeWeak(cell, ..), _) => {
                let seen = self.world.atomics.get(&cell).copied().unwrap_or(0);
                match instr {
                    Instr::Rmw(_, by) => {
                        self.world.atomics.insert(cell, seen.wrapping_add(by));
                    }
                    Instr::ExchangeWeak(_, from, to)
                        if seen == from && self.choice(ChoiceKind::WeakFailure, 2) == 0 =>
                    {
                        self.world.atomics.insert(cell, to);
                    }
                    _ => {}
                }
                self.notes(seen);
                self.tasks[me].register = seen;
                true
            }
            (Instr::Lock(lock), 0) => {
                self.about_to(me, Op::Lock, Some(Name::Mutex(lock)), If::Free(lock))
            }
            (Instr::LockFor(lock, ms), 0) => {
                self.tasks[me].timer = Some(self.arm(ms, Alarm::Wait(me)));
                self.about_to(me, Op::Lock, Some(Name::Mutex(lock)), If::Free(lock))
            }
            (Instr::LockFor(lock, _), _) => {
                if let Some(timer) = self.tasks[me].timer.take() {
                    self.timers.remove(&timer);
                }
                let free = !self.world.mutexes.contains_key(&lock);
                self.tasks[me].register = u32::from(free);
                self.world.mutexes.entry(lock).or_insert(me);
                true
            }
            (Instr::Lock(lock), _) => self.world.mutexes.insert(lock, me).is_none(),
            (Instr::TryLock(lock), 0) => {
                self.world.tried.insert(lock);
                self.about_to(me, Op::TryLock, Some(Name::Mutex(lock)), If::Always)
            }
            (Instr::TryLock(lock), _) => {
                let free = !self.world.mutexes.contains_key(&lock);
                self.notes(u32::from(free));
                self.tasks[me].register = u32::from(free);
                self.world.mutexes.entry(lock).or_insert(me);
                true
            }
            (Instr::Unlock(lock) | Instr::UnlockHeld(lock), _) => {
                let object = self.number(Name::Mutex(lock));
                if self.world.mutexes.get(&lock) != Some(&me) {
                    if let Instr::UnlockHeld(_) = instr {
                        return true;
                    }
                    return self.fails(Kind::Misuse);
                }
                if part == 0 && self.world.tried.contains(&lock) {
                    return self.posts(me, Op::Unlock, Some(object), If::Always);
                }
                if part == 0 {
                    self.log(me, Op::Unlock, Some(object), false);
                }
                self.world.mutexes.remove(&lock);
                true
            }
            (Instr::ReadLock(lock), 0) => self.about_to(
                me,
                Op::ReadLock,
                Some(Name::RwLock(lock)),
                If::Readable(lock),
            ),
            (Instr::ReadLock(lock), _) => {
                self.world.readers.entry(lock).or_default().push(me);
                true
            }
            (Instr::WriteLock(lock), 0) => {
                self.about_to(me, Op::Lock, Some(Name::RwLock(lock)), If::Writable(lock))
            }
            (Instr::WriteLock(lock), _) => self.world.writers.insert(lock, me).is_none(),
            (Instr::ReadUnlock(lock), _) => {
                let object = self.number(Name::RwLock(lock));
                self.log(me, Op::Unlock, Some(object), false);
                let readers = self.world.readers.entry(lock).or_default();
                match readers.iter().position(|&reader| reader == me) {
                    Some(at) => readers.remove(at) == me,
                    None => self.fails(Kind::Misuse),
                }
            }
            (Instr::WriteUnlock(lock), _) => {
                let object = self.number(Name::RwLock(lock));
                self.log(me, Op::Unlock, Some(object), false);
                match self.world.writers.get(&lock) == Some(&me) {
                    true => self.world.writers.remove(&lock).is_some(),
                    false => self.fails(Kind::Misuse),
                }
            }
            (Instr::Wait(condvar, _) | Instr::WaitFor(condvar, ..), 0) => {
                self.about_to(me, Op::Wait, Some(Name::Condvar(condvar)), If::Always)
            }
            (Instr::Wait(condvar, lock) | Instr::WaitFor(condvar, lock, _), 1) => {
                let object = self.number(Name::Mutex(lock));
                if self.world.mutexes.get(&lock) != Some(&me) {
                    return self.fails(Kind::Misuse);
                }
                let spurious = self.choice(ChoiceKind::Spurious, 2) == 1;
                self.log(me, Op::Unlock, Some(object), false);
                self.world.mutexes.remove(&lock);
                self.tasks[me].register = 0;
                if spurious {
                    self.tasks[me].part = 3;
                    return self.posts(me, Op::Lock, Some(object), If::Free(lock));
                }
                self.world.waiters.entry(condvar).or_default().push(me);
                let ms = match instr {
                    Instr::WaitFor(_, _, ms) => Some(ms),
                    _ => None,
                };
                self.sleeps(me, None, ms)
            }
            (Instr::Wait(condvar, lock) | Instr::WaitFor(condvar, lock, _), 2) => {
                if self.tasks[me].timed_out {
                    self.tasks[me].register = 1;
                    let waiters = self.world.waiters.entry(condvar).or_default();
                    waiters.retain(|&waiter| waiter != me);
                }
                self.about_to(me, Op::Lock, Some(Name::Mutex(lock)), If::Free(lock))
            }
            (Instr::Wait(_, lock) | Instr::WaitFor(_, lock, _), _) => {
                self.world.mutexes.insert(lock, me).is_none()
            }
            (Instr::NotifyOne(condvar), 0) => {
                self.about_to(me, Op::NotifyOne, Some(Name::Condvar(condvar)), If::Always)
            }
            (Instr::NotifyAll(condvar), 0) => {
                self.about_to(me, Op::NotifyAll, Some(Name::Condvar(condvar)), If::Always)
            }
            (Instr::NotifyOne(condvar) | Instr::NotifyAll(condvar), _) => {
                let object = self.number(Name::Condvar(condvar));
                let waiters = self.world.waiters.remove(&condvar).unwrap_or_default();
                if waiters.is_empty() {
                    self.world.missed.insert(object);
                    return true;
                }
                self.world.missed.remove(&object);
                let mut left = waiters.clone();
                let woken = match instr {
                    Instr::NotifyOne(_) => {
                        let arity = waiters.len() as u32;
                        let nth = self.choice(ChoiceKind::Waiter, arity) as usize;
                        vec![left.remove(nth)]
                    }
                    _ => std::mem::take(&mut left),
                };
                self.world.waiters.insert(condvar, left);
                for task in woken {
                    self.wakes(task);
                }
                true
            }
            (Instr::Send(channel), 0) => {
                let name = Some(Name::Channel(channel));
                self.about_to(me, Op::Send, name, If::NotFull(channel))
            }
            (Instr::TrySend(channel), 0) => {
                self.about_to(me, Op::TrySend, Some(Name::Channel(channel)), If::Always)
            }
            (Instr::TryRecv(channel), 0) => {
                self.about_to(me, Op::TryRecv, Some(Name::Channel(channel)), If::Always)
            }
            (Instr::Close(channel), 0) => {
                self.about_to(me, Op::Close, Some(Name::Channel(channel)), If::Always)
            }
            (Instr::Recv(channel) | Instr::RecvFor(channel, _), 0) => {
                let name = Some(Name::Channel(channel));
                if let Instr::RecvFor(_, ms) = instr {
                    self.tasks[me].timer = Some(self.arm(ms, Alarm::Wait(me)));
                }
                self.about_to(me, Op::Recv, name, If::NotEmpty(channel))
            }
            (Instr::Send(channel) | Instr::TrySend(channel), _) => {
                if self.world.closed.contains(&channel) {
                    return self.fails(Kind::Misuse);
                }
                let len = self.len(channel);
                if len < self.program.bound {
                    self.world
                        .queues
                        .entry(channel)
                        .or_default()
                        .push_back(register);
                } else {
                    self.tasks[me].register = TIMEOUT;
                }
                self.notes(self.len(channel) as u32);
                true
            }
            (Instr::Close(channel), _) => {
                if !self.world.closed.insert(channel) {
                    return self.fails(Kind::Misuse);
                }
                self.notes(self.len(channel) as u32);
                true
            }
            (Instr::Recv(channel) | Instr::RecvFor(channel, _) | Instr::TryRecv(channel), _) => {
                if let Some(timer) = self.tasks[me].timer.take() {
                    self.timers.remove(&timer);
                }
                let closed = self.world.closed.contains(&channel);
                let message = self.world.queues.entry(channel).or_default().pop_front();
                let none = if closed { CLOSED } else { TIMEOUT };
                self.tasks[me].register = message.unwrap_or(none);
                self.notes(self.len(channel) as u32);
                true
            }
            (Instr::Spawn(program), _) => {
                let child = self.tasks.len();
                self.tasks.push(Task::new(program));
                self.tasks[me].spawned.insert(program, child);
                self.running.extend([me, child]);
                true
            }
            (Instr::Join(program), _) => {
                let task = self.friend(me, program);
                if self.tasks[task].status == Status::Finished {
                    return true;
                }
                self.log(me, Op::Join, None, false);
                self.sleeps(me, Some(task), None)
            }
            (Instr::Yield, 0) => self.about_to(me, Op::Yield, None, If::Always),
            (Instr::Spin, 0) => {
                let since = If::StepsAfter(self.points);
                self.about_to(me, Op::Spin, None, since)
            }
            (Instr::Sleep(_), 0) => self.about_to(me, Op::Sleep, None, If::Always),
            (Instr::Sleep(ms), 1) => self.sleeps(me, None, Some(ms)),
            (Instr::Park | Instr::ParkFor(_), 0) => self.about_to(me, Op::Park, None, If::Always),
            (Instr::Park | Instr::ParkFor(_), 1) => {
                if std::mem::take(&mut self.tasks[me].token)
                    || self.choice(ChoiceKind::Spurious, 2) == 1
                {
                    return true;
                }
                let ms = match instr {
                    Instr::ParkFor(ms) => Some(ms),
                    _ => None,
                };
                self.sleeps(me, None, ms)
            }
            (Instr::Park | Instr::ParkFor(_), _) => {
                self.tasks[me].token = false;
                true
            }
            (Instr::Unpark(_), 0) => self.about_to(me, Op::Unpark, None, If::Always),
            (Instr::Unpark(program), _) => {
                let task = self.friend(me, program);
                self.tasks[task].token = true;
                if matches!(
                    self.tasks[task].status,
                    Status::Sleeps { kind: Op::Park, .. }
                ) {
                    self.wakes(task);
                }
                true
            }
            (Instr::Choose(arity), _) => {
                self.tasks[me].register = self.choice(ChoiceKind::Value, arity);
                true
            }
            (Instr::Await(_) | Instr::AwaitYield, 0) => {
                self.tasks[me].woken = false;
                self.posts(me, Op::Poll, Some(0), If::Always)
            }
            (Instr::Await(event), _) => {
                self.tasks[me].woken = false;
                if self.world.set.contains(&event) {
                    return true;
                }
                self.world.wakers.entry(event).or_default().push(me);
                self.posts(me, Op::Poll, Some(0), If::Woken)
            }
            (Instr::AwaitYield, 1) => self.posts(me, Op::Yield, None, If::Always),
            (Instr::AwaitYield, 2) => self.posts(me, Op::Poll, Some(0), If::Always),
            (Instr::Wake(event) | Instr::Forget(event), 0) => {
                self.about_to(me, Op::Store, Some(Name::Event(event)), If::Always)
            }
            (Instr::Wake(event), _) => {
                self.set(event);
                true
            }
            (Instr::Forget(event), _) => {
                self.world.wakers.remove(&event);
                true
            }
            (Instr::After(event, _) | Instr::Stop(event), 0) => {
                self.about_to(me, Op::Timer, Some(Name::Event(event)), If::Always)
            }
            (Instr::After(event, _) | Instr::Stop(event), _) => {
                if let Some(timer) = self.world.event_timers.remove(&event) {
                    self.timers.remove(&timer);
                }
                if let Instr::After(_, ms) = instr {
                    let timer = self.arm(ms, Alarm::Event(event));
                    self.world.event_timers.insert(event, timer);
                }
                true
            }
            (Instr::Note(cell), _) => {
                let object = self.number(Name::Atomic(cell));
                self.log(me, Op::Add, Some(object), false);
                true
            }
            (Instr::Now, _) => {
                self.tasks[me].register = (self.now / MS) as u32;
                true
            }
            (Instr::Jump(to), _) => self.jumps(me, to),
            (Instr::JumpIf(value, to), _) if register == value => self.jumps(me, to),
            (Instr::Assert(value), _) if register != value => self.fails(Kind::Panic),
            (Instr::Panic, _) => self.fails(Kind::Panic),
            _ => true,
        }
    }

    fn jumps(&mut self, me: usize, to: usize) -> bool {
        (self.tasks[me].at, self.tasks[me].part) = (to, 0);
        false
    }
}
