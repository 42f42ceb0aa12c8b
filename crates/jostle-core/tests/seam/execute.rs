//! What each instruction does, piece by piece: up to a scheduling point, from there to the
//! next one, to its end.

use std::time::Duration;

use jostle_core::decision::ChoiceKind;
use jostle_core::finding::{Finding, Kind, Place};
use jostle_core::id::{ObjectId, TaskId};
use jostle_core::kernel::{Alarm, Side, TimerId, Woken};
use jostle_core::op::{Op, OpKind};
use jostle_core::strategy::Touch;
use jostle_core::vtime::VInstant;

use crate::carrier::{Execution, Flow, Post, Task};
use crate::program::{CLOSED, Instr, TIMEOUT, Value, function};
use crate::things::Thing;

impl Execution<'_> {
    pub(crate) fn piece(&mut self, me: TaskId, instr: Instr, piece: u8) -> Flow {
        match instr {
            Instr::Load(_) | Instr::Store(..) | Instr::Rmw(..) | Instr::ExchangeWeak(..) => {
                self.atomic(me, instr, piece)
            }
            Instr::Lock(_)
            | Instr::LockFor(..)
            | Instr::Unlock(_)
            | Instr::UnlockHeld(_)
            | Instr::TryLock(_) => self.mutex(me, instr, piece),
            Instr::ReadLock(_)
            | Instr::ReadUnlock(_)
            | Instr::WriteLock(_)
            | Instr::WriteUnlock(_) => self.rwlock(me, instr, piece),
            Instr::Wait(condvar, mutex) => self.wait(me, condvar, mutex, None, piece),
            Instr::WaitFor(condvar, mutex, ms) => self.wait(me, condvar, mutex, Some(ms), piece),
            Instr::NotifyOne(_) | Instr::NotifyAll(_) => self.notify(me, instr, piece),
            Instr::Send(_)
            | Instr::TrySend(_)
            | Instr::Recv(_)
            | Instr::RecvFor(..)
            | Instr::TryRecv(_)
            | Instr::Close(_) => self.channel(me, instr, piece),
            Instr::Await(_)
            | Instr::AwaitYield
            | Instr::Wake(_)
            | Instr::Forget(_)
            | Instr::After(..)
            | Instr::Stop(_) => self.event(me, instr, piece),
            _ => self.task(me, instr, piece),
        }
    }

    fn row(&mut self, me: TaskId) -> &mut Task {
        &mut self.tasks[me.index()]
    }

    /// An operation of the running task at its present instruction.
    fn op(&mut self, me: TaskId, kind: OpKind, object: ObjectId) -> Op {
        let row = &self.tasks[me.index()];
        let site = self.program.site(row.program, row.at);
        Op { kind, object, site }
    }

    fn point(&mut self, me: TaskId, kind: OpKind, thing: Thing) -> Flow {
        let object = self.object(thing);
        Flow::Post(Post::Point(self.op(me, kind, object)), 1)
    }

    fn plain_point(&mut self, me: TaskId, kind: OpKind) -> Flow {
        Flow::Post(Post::Point(self.op(me, kind, ObjectId::NONE)), 1)
    }

    fn gate(&mut self, me: TaskId, kind: OpKind, thing: Thing, side: Side, piece: u8) -> Flow {
        let object = self.object(thing);
        Flow::Post(Post::Gate(self.op(me, kind, object), side, None), piece)
    }

    /// The number of something, which its first use gives it.
    fn object(&mut self, thing: Thing) -> ObjectId {
        if let Some(&object) = self.things.objects.get(&thing) {
            return object;
        }
        let site = self.program.made_at(thing.column());
        let object = self.kernel.new_object(thing.kind(), site);
        self.things.objects.insert(thing, object);
        match thing {
            Thing::Mutex(_) => self.kernel.set_gate(object, Side::Exclusive, true),
            Thing::RwLock(_) => self.kernel.set_gates(object, [true, true]),
            Thing::Channel(_) => self.kernel.set_gate(object, Side::NOT_FULL, true),
            Thing::Atomic(_) | Thing::Condvar(_) | Thing::Event(_) => {}
        }
        object
    }

    fn deadline(&mut self, ms: u64) -> VInstant {
        self.kernel.now().after(Duration::from_millis(ms))
    }

    fn fails(&mut self, me: TaskId, kind: Kind, message: &str) -> Flow {
        let mut finding = Finding::new(kind, message);
        finding.task = Some(me);
        let op = self.op(me, OpKind::Start, ObjectId::NONE);
        finding.place = Some(Place::from(op.site));
        Flow::Fail(finding)
    }

    fn misuse(&mut self, me: TaskId, message: &str) -> Flow {
        self.fails(me, Kind::Misuse, message)
    }

    fn atomic(&mut self, me: TaskId, instr: Instr, piece: u8) -> Flow {
        let (kind, cell) = match instr {
            Instr::Load(cell) => (OpKind::Load, cell),
            Instr::Store(cell, _) => (OpKind::Store, cell),
            Instr::Rmw(cell, _) | Instr::ExchangeWeak(cell, ..) => (OpKind::Rmw, cell),
            _ => unreachable!(),
        };
        if piece == 0 {
            return self.point(me, kind, Thing::Atomic(cell));
        }
        let register = self.row(me).register;
        let seen = self.things.atomics.get(&cell).copied().unwrap_or(0);
        let new = match instr {
            Instr::Load(_) => seen,
            Instr::Store(_, Value::Const(value)) => value,
            Instr::Store(_, Value::Next) => register.wrapping_add(1),
            Instr::Rmw(_, by) => seen.wrapping_add(by),
            Instr::ExchangeWeak(_, from, to) => {
                let weak = seen == from && self.choose(ChoiceKind::WeakFailure, 2) == 1;
                match seen == from && !weak {
                    true => to,
                    false => {
                        self.kernel.note_futile();
                        seen
                    }
                }
            }
            _ => unreachable!(),
        };
        self.things.atomics.insert(cell, new);
        match instr {
            Instr::Store(..) => self.kernel.note(new),
            _ => {
                self.kernel.note(seen);
                self.row(me).register = seen;
            }
        }
        Flow::Next
    }

    fn choose(&mut self, kind: ChoiceKind, arity: u32) -> u32 {
        self.kernel.choose(kind, arity, &mut self.policy)
    }

    fn mutex(&mut self, me: TaskId, instr: Instr, piece: u8) -> Flow {
        let side = Side::Exclusive;
        match instr {
            Instr::Lock(mutex) => {
                let thing = Thing::Mutex(mutex);
                if piece == 0 {
                    return self.gate(me, OpKind::Lock, thing, side, 1);
                }
                assert!(self.row(me).was_open, "a shut lock was passed");
                let object = self.object(thing);
                self.kernel.acquire(object, side);
            }
            Instr::LockFor(mutex, ms) => {
                let object = self.object(Thing::Mutex(mutex));
                if piece == 0 {
                    let deadline = Some(self.deadline(ms));
                    let op = self.op(me, OpKind::Lock, object);
                    return Flow::Post(Post::Gate(op, side, deadline), 1);
                }
                let free = self.row(me).was_open;
                self.row(me).register = u32::from(free);
                if free {
                    self.kernel.acquire(object, side);
                }
            }
            Instr::TryLock(mutex) => {
                let object = self.object(Thing::Mutex(mutex));
                if piece == 0 {
                    self.kernel.set_tried(object);
                    return self.point(me, OpKind::TryLock, Thing::Mutex(mutex));
                }
                let free = self.kernel.is_open(object, side);
                self.kernel.note(u32::from(free));
                self.row(me).register = u32::from(free);
                if free {
                    self.kernel.acquire(object, side);
                }
            }
            Instr::Unlock(mutex) | Instr::UnlockHeld(mutex) => {
                let object = self.object(Thing::Mutex(mutex));
                if self.kernel.owner(object) != Some(me) {
                    self.kernel.touch(Touch::Object(object), false);
                    if let Instr::UnlockHeld(_) = instr {
                        return Flow::Next;
                    }
                    return self.misuse(me, "unlock of unlocked mutex");
                }
                let op = self.op(me, OpKind::Unlock, object);
                if piece == 1 {
                    self.kernel.give_up(object, side);
                } else if !self.kernel.unlock(object, side, op.kind, op.site) {
                    return Flow::Post(Post::Point(op), 1);
                }
            }
            _ => unreachable!(),
        }
        Flow::Next
    }

    fn rwlock(&mut self, me: TaskId, instr: Instr, piece: u8) -> Flow {
        let (Instr::ReadLock(number)
        | Instr::ReadUnlock(number)
        | Instr::WriteLock(number)
        | Instr::WriteUnlock(number)) = instr
        else {
            unreachable!()
        };
        let thing = Thing::RwLock(number);
        let object = self.object(thing);
        match instr {
            Instr::ReadLock(_) if piece == 0 => {
                return self.gate(me, OpKind::ReadLock, thing, Side::Shared, 1);
            }
            Instr::WriteLock(_) if piece == 0 => {
                return self.gate(me, OpKind::Lock, thing, Side::Exclusive, 1);
            }
            Instr::ReadUnlock(_) | Instr::WriteUnlock(_) => {
                let op = self.op(me, OpKind::Unlock, object);
                self.kernel.event(op);
            }
            _ => {}
        }
        // Also for a reader: others can tell who reads.
        self.kernel.touch(Touch::Object(object), true);
        let lock = self.things.rwlocks.entry(number).or_default();
        let holds = match instr {
            Instr::ReadLock(_) => {
                lock.readers.push(me);
                true
            }
            Instr::WriteLock(_) => {
                lock.writing = true;
                self.kernel.set_owner(object, Some(me));
                true
            }
            Instr::ReadUnlock(_) => {
                let at = lock.readers.iter().position(|&reader| reader == me);
                at.map(|at| lock.readers.remove(at)).is_some()
            }
            _ => {
                let mine = lock.writing && self.kernel.owner(object) == Some(me);
                lock.writing &= !mine;
                mine
            }
        };
        if !lock.writing {
            let only = match lock.readers[..] {
                [reader] => Some(reader),
                _ => None,
            };
            self.kernel.set_owner(object, only);
        }
        let open = [!lock.writing && lock.readers.is_empty(), !lock.writing];
        self.kernel.set_gates(object, open);
        match holds {
            true => Flow::Next,
            false => self.misuse(me, "unlock of unlocked rwlock"),
        }
    }

    fn wait(
        &mut self,
        me: TaskId,
        condvar: usize,
        mutex: usize,
        ms: Option<u64>,
        piece: u8,
    ) -> Flow {
        let (queue, lock) = (Thing::Condvar(condvar), Thing::Mutex(mutex));
        let again = |x: &mut Self| x.gate(me, OpKind::Lock, lock, Side::Exclusive, 3);
        match piece {
            0 => self.point(me, OpKind::Wait, queue),
            1 => {
                let object = self.object(lock);
                if self.kernel.owner(object) != Some(me) {
                    self.kernel.touch(Touch::Object(object), false);
                    return self.misuse(me, "wait without the lock");
                }
                let spurious = self.choose(ChoiceKind::Spurious, 2) == 1;
                let op = self.op(me, OpKind::Unlock, object);
                self.kernel.event(op);
                self.kernel.give_up(object, Side::Exclusive);
                self.row(me).register = 0;
                if spurious {
                    return again(self);
                }
                let waiters = self.things.condvars.entry(condvar).or_default();
                waiters.push_back(me);
                let deadline = ms.map(|ms| self.deadline(ms));
                Flow::Post(Post::Block(None, deadline), 2)
            }
            2 => {
                if self.kernel.dequeued() == Woken::TimedOut {
                    let object = self.object(queue);
                    self.kernel.touch(Touch::Object(object), true);
                    let waiters = self.things.condvars.entry(condvar).or_default();
                    waiters.retain(|&waiter| waiter != me);
                    self.row(me).register = 1;
                }
                again(self)
            }
            _ => {
                let object = self.object(lock);
                self.kernel.acquire(object, Side::Exclusive);
                Flow::Next
            }
        }
    }

    fn notify(&mut self, me: TaskId, instr: Instr, piece: u8) -> Flow {
        let (kind, condvar) = match instr {
            Instr::NotifyOne(condvar) => (OpKind::NotifyOne, condvar),
            Instr::NotifyAll(condvar) => (OpKind::NotifyAll, condvar),
            _ => unreachable!(),
        };
        let thing = Thing::Condvar(condvar);
        if piece == 0 {
            return self.point(me, kind, thing);
        }
        let object = self.object(thing);
        let waiting = self.things.condvars.entry(condvar).or_default().len() as u32;
        self.kernel.set_missed(object, waiting == 0);
        let nth = match (kind, waiting) {
            (_, 0) => return Flow::Next,
            (OpKind::NotifyOne, _) => Some(self.choose(ChoiceKind::Waiter, waiting) as usize),
            _ => None,
        };
        let waiters = self.things.condvars.entry(condvar).or_default();
        let woken: Vec<TaskId> = match nth {
            Some(nth) => waiters.remove(nth).into_iter().collect(),
            None => waiters.drain(..).collect(),
        };
        for waiter in woken {
            assert!(self.kernel.complete(waiter), "{waiter} did not wait");
        }
        Flow::Next
    }

    fn channel(&mut self, me: TaskId, instr: Instr, piece: u8) -> Flow {
        let (kind, number) = match instr {
            Instr::Send(number) => (OpKind::Send, number),
            Instr::TrySend(number) => (OpKind::TrySend, number),
            Instr::Recv(number) | Instr::RecvFor(number, _) => (OpKind::Recv, number),
            Instr::TryRecv(number) => (OpKind::TryRecv, number),
            Instr::Close(number) => (OpKind::Close, number),
            _ => unreachable!(),
        };
        let thing = Thing::Channel(number);
        if piece == 0 {
            return match instr {
                Instr::Send(_) => self.gate(me, kind, thing, Side::NOT_FULL, 1),
                Instr::Recv(_) => self.gate(me, kind, thing, Side::NOT_EMPTY, 1),
                Instr::RecvFor(_, ms) => {
                    let object = self.object(thing);
                    let deadline = Some(self.deadline(ms));
                    let op = self.op(me, kind, object);
                    Flow::Post(Post::Gate(op, Side::NOT_EMPTY, deadline), 1)
                }
                _ => self.point(me, kind, thing),
            };
        }
        let object = self.object(thing);
        let bound = self.program.bound;
        let (register, was_open) = (self.row(me).register, self.row(me).was_open);
        let channel = self.things.channels.entry(number).or_default();
        let mut given = register;
        match kind {
            OpKind::Send | OpKind::TrySend if channel.closed => {
                return self.misuse(me, "send on closed channel");
            }
            OpKind::Close if channel.closed => {
                return self.misuse(me, "close of closed channel");
            }
            OpKind::Close => channel.closed = true,
            OpKind::Send => channel.queue.push_back(register),
            OpKind::TrySend if channel.queue.len() < bound => channel.queue.push_back(register),
            OpKind::TrySend => given = TIMEOUT,
            OpKind::Recv if !was_open => given = TIMEOUT,
            _ => {
                let none = match channel.closed {
                    true => CLOSED,
                    false => TIMEOUT,
                };
                given = channel.queue.pop_front().unwrap_or(none);
            }
        }
        let open = [
            channel.closed || !channel.queue.is_empty(),
            channel.closed || channel.queue.len() < bound,
        ];
        let len = channel.queue.len() as u32;
        self.row(me).register = given;
        self.kernel.note(len);
        self.kernel.set_gates(object, open);
        Flow::Next
    }

    fn event(&mut self, me: TaskId, instr: Instr, piece: u8) -> Flow {
        let world = ObjectId::WORLD;
        let (Instr::Wake(number)
        | Instr::Forget(number)
        | Instr::Await(number)
        | Instr::After(number, _)
        | Instr::Stop(number)) = instr
        else {
            return self.await_yield(me, piece);
        };
        let thing = Thing::Event(number);
        match (instr, piece) {
            (Instr::Await(_), 0) => self.begin_loop(me),
            (Instr::Await(_), _) => {
                let depth = self.row(me).depth;
                self.kernel.begin_poll(depth);
                let event = self.things.events.entry(number).or_default();
                if event.set {
                    return self.end_loop(me);
                }
                event.wakers.push((me, depth));
                self.kernel.count_wakers(me, 1);
                let poll = self.op(me, OpKind::Poll, world);
                Flow::Post(Post::Poll(poll, depth, true), 1)
            }
            (Instr::Wake(_) | Instr::Forget(_), 0) => self.point(me, OpKind::Store, thing),
            (Instr::Wake(_), _) => {
                self.set(number);
                Flow::Next
            }
            (Instr::Forget(_), _) => {
                self.kernel.touch(Touch::Object(world), true);
                let event = self.things.events.entry(number).or_default();
                for (task, _) in std::mem::take(&mut event.wakers) {
                    self.kernel.count_wakers(task, -1);
                }
                Flow::Next
            }
            (_, 0) => self.point(me, OpKind::Timer, thing),
            (Instr::After(_, ms), _) => {
                self.disarm(number);
                let deadline = self.deadline(ms);
                let timer = self.kernel.arm(deadline, Alarm::Call);
                self.things.events.entry(number).or_default().timer = Some(timer);
                Flow::Next
            }
            _ => {
                self.disarm(number);
                Flow::Next
            }
        }
    }

    fn await_yield(&mut self, me: TaskId, piece: u8) -> Flow {
        let depth = self.row(me).depth;
        match piece {
            0 => self.begin_loop(me),
            1 => {
                self.kernel.begin_poll(depth);
                self.kernel.yield_between_polls();
                self.kernel.wake(me, depth);
                let poll = self.op(me, OpKind::Poll, ObjectId::WORLD);
                Flow::Post(Post::Poll(poll, depth, true), 2)
            }
            _ => {
                self.kernel.begin_poll(depth);
                self.end_loop(me)
            }
        }
    }

    fn begin_loop(&mut self, me: TaskId) -> Flow {
        let depth = self.kernel.begin_loop();
        self.kernel.count_wakers(me, 1);
        self.row(me).depth = depth;
        let poll = self.op(me, OpKind::Poll, ObjectId::WORLD);
        Flow::Post(Post::Poll(poll, depth, false), 1)
    }

    fn end_loop(&mut self, me: TaskId) -> Flow {
        self.kernel.count_wakers(me, -1);
        self.kernel.end_loop(me);
        Flow::Next
    }

    fn disarm(&mut self, number: usize) {
        let event = self.things.events.entry(number).or_default();
        if let Some(timer) = event.timer.take() {
            self.kernel.disarm(timer);
        }
    }

    /// Sets an event and wakes whoever awaits it. Those that poll look at it.
    fn set(&mut self, number: usize) {
        self.kernel.touch(Touch::Object(ObjectId::WORLD), true);
        let event = self.things.events.entry(number).or_default();
        event.set = true;
        for (task, depth) in std::mem::take(&mut event.wakers) {
            self.kernel.wake(task, depth);
            self.kernel.count_wakers(task, -1);
        }
    }

    /// A timer fires that is not the end of a wait.
    pub(crate) fn ring(&mut self, timer: TimerId) {
        let due = |(_, event): &(&usize, &crate::things::Event)| event.timer == Some(timer);
        if let Some((&number, _)) = self.things.events.iter().find(due) {
            self.things.events.entry(number).or_default().timer = None;
            self.set(number);
        }
    }

    /// A task that this one may know of.
    fn known(&mut self, me: TaskId, program: usize) -> TaskId {
        let spawned = &self.tasks[me.index()].spawned;
        let known = spawned.iter().find(|&&(number, _)| number == program);
        match (known, program) {
            (Some(&(_, task)), _) => task,
            (None, 0) => TaskId::MAIN,
            (None, _) => panic!("{me} does not know of program {program}"),
        }
    }

    fn task(&mut self, me: TaskId, instr: Instr, piece: u8) -> Flow {
        let register = self.row(me).register;
        match (instr, piece) {
            (Instr::Spawn(program), 0) => {
                let site = self.op(me, OpKind::Start, ObjectId::NONE).site;
                let name = Some(function(program).to_owned());
                match self.kernel.spawn(name, site) {
                    Ok(task) => {
                        self.row(me).spawned.push((program, task));
                        self.tasks.push(Task::new(program));
                        Flow::Leave(1)
                    }
                    Err(error) => self.fails(me, Kind::Panic, &error.to_string()),
                }
            }
            (Instr::Join(program), _) => {
                let task = self.known(me, program);
                if self.kernel.has_finished(task) {
                    return Flow::Next;
                }
                let op = self.op(me, OpKind::Join, ObjectId::NONE);
                Flow::Post(Post::Join(task, op), 1)
            }
            (Instr::Yield, 0) => self.plain_point(me, OpKind::Yield),
            (Instr::Spin, 0) => {
                Flow::Post(Post::Spin(self.op(me, OpKind::Spin, ObjectId::NONE)), 1)
            }
            (Instr::Sleep(_), 0) => self.plain_point(me, OpKind::Sleep),
            (Instr::Sleep(ms), 1) => {
                let deadline = self.deadline(ms);
                Flow::Post(Post::Block(None, Some(deadline)), 2)
            }
            (Instr::Park | Instr::ParkFor(_), 0) => self.plain_point(me, OpKind::Park),
            (Instr::Park | Instr::ParkFor(_), 1) => {
                if self.kernel.take_token(me) || self.choose(ChoiceKind::Spurious, 2) == 1 {
                    return Flow::Next;
                }
                let deadline = match instr {
                    Instr::ParkFor(ms) => Some(self.deadline(ms)),
                    _ => None,
                };
                Flow::Post(Post::Block(None, deadline), 2)
            }
            (Instr::Park | Instr::ParkFor(_), _) => {
                self.kernel.take_token(me);
                Flow::Next
            }
            (Instr::Unpark(_), 0) => self.plain_point(me, OpKind::Unpark),
            (Instr::Unpark(program), _) => {
                let task = self.known(me, program);
                self.kernel.leave_token(task);
                if self.kernel.is_parked(task) {
                    self.kernel.complete(task);
                }
                Flow::Next
            }
            (Instr::Choose(arity), _) => {
                let chosen = self.choose(ChoiceKind::Value, arity);
                self.row(me).register = chosen;
                Flow::Next
            }
            (Instr::Note(cell), _) => {
                let object = self.object(Thing::Atomic(cell));
                let op = self.op(me, OpKind::Add, object);
                self.kernel.event(op);
                Flow::Next
            }
            (Instr::Now, _) => {
                let now = self.kernel.now().since_start();
                self.row(me).register = now.as_millis() as u32;
                Flow::Next
            }
            (Instr::Argument(at), _) => {
                self.row(me).register = u32::from(self.data[at]);
                Flow::Next
            }
            (Instr::Jump(to), _) => Flow::Jump(to),
            (Instr::JumpIf(value, to), _) if register == value => Flow::Jump(to),
            (Instr::Assert(value), _) if register != value => {
                self.fails(me, Kind::Panic, &format!("{register} is not {value}"))
            }
            (Instr::Panic, _) => self.fails(me, Kind::Panic, "explicit panic"),
            _ => Flow::Next,
        }
    }
}
