//! Scheduling points, and who goes on after them.

#![allow(unsafe_code)]

use std::time::Duration;

use jostle_core::id::{ObjectId, TaskId};
use jostle_core::kernel::{Alarm, Fast, Next};
use jostle_core::op::{Op, OpKind, Site};
use jostle_core::snapshot::Stop;

use crate::carrier::context;
use crate::detector::Slot;
use crate::engine::end::End;
use crate::engine::name::Named;
use crate::engine::spin::{self, Spin};
use crate::engine::{Engine, harness, object, signal, standstill, thread, wait, with};
use crate::hot;

/// So much time passes with each round of a loop that only time can end.
const ROUND: Duration = Duration::from_millis(1);

/// The running thread is about to do something to what lies at `address` (0: to nothing
/// that another thread could see): who goes on? Returns when it is this thread's turn.
///
/// `pc` is where the program's code goes on. Only in [`Phase::Run`](hot::Phase::Run).
#[inline]
pub(crate) fn point(kind: OpKind, address: usize, pc: usize) {
    if !hot::is_watched() {
        return;
    }
    hot::forget_accesses();
    let fast = with(|e| {
        let Some(op) = e.scheduled_op(kind, address, pc) else {
            return Fast::Stay;
        };
        match e.kernel().any_fast_point(op) {
            Fast::Slow => {
                e.asking(|kernel, policy| kernel.at_point(op, policy));
                Fast::Switch
            }
            fast => fast,
        }
    });
    if fast == Fast::Switch {
        go_on();
    }
    if hot::has_signals() {
        signal::deliver();
    }
}

/// The running thread has read at `address` what it had read before: it may have nothing to do
/// until another one has done something.
#[cold]
pub(crate) fn spin(spin: Spin, address: usize, pc: usize) {
    match spin {
        Spin::No => {}
        Spin::Perhaps => {
            if with(|e| spin::is_lock(e.site(pc))) {
                wait::wait_for_write(address);
            }
        }
        Spin::Yes => spin_on(address, pc),
    }
}

/// The running thread has read what it had read before so often that it waits.
fn spin_on(address: usize, pc: usize) {
    let before = with(|e| {
        if e.kernel().is_alone() {
            if !e.threads.reads(hot::slot()).is_long() {
                return None;
            }
            // Whoever looks at the clock in the loop sees it move on.
            e.kernel().elapse(ROUND);
        }
        Some(e.kernel().steps())
    });
    let Some(before) = before else { return };
    spin_point(address, pc);
    with(|e| {
        // One of them is its own.
        if e.kernel().steps() > before + 1 {
            e.threads.reads(hot::slot()).look_again();
        }
    });
}

/// As [`point`] for a thread that has nothing to do until another one has done something.
#[cold]
pub(crate) fn spin_point(address: usize, pc: usize) {
    if !hot::is_watched() {
        return;
    }
    hot::restart_accesses();
    standstill::round(pc);
    with(|e| {
        let op = e.op(OpKind::Spin, address, pc);
        e.asking(|kernel, policy| kernel.at_spin(op, policy));
    });
    go_on();
}

impl Engine {
    /// What the running thread is about to do; `None` if nobody schedules what is done
    /// there.
    #[inline]
    fn scheduled_op(&mut self, kind: OpKind, address: usize, pc: usize) -> Option<Op> {
        let op = self.op(kind, address, pc);
        (op.object != object::UNSCHEDULED).then_some(op)
    }

    /// What the running thread is about to do.
    #[inline]
    pub(crate) fn op(&mut self, kind: OpKind, address: usize, pc: usize) -> Op {
        let site = self.site(pc);
        let object = match address {
            0 => ObjectId::NONE,
            _ => self.object(kind, address, site),
        };
        Op { kind, object, site }
    }

    /// The place of the running thread's code that goes on at `pc`.
    #[inline]
    pub(crate) fn site(&mut self, pc: usize) -> Site {
        match self.places.get(pc, hot::calls_hash()) {
            Some(site) => site,
            None => self.inside(|e| e.places.learn(pc)),
        }
    }

    /// Something with this name lies at `address`.
    #[inline]
    pub(crate) fn introduce(&mut self, name: &'static str, address: usize, pc: usize) {
        if self.objects.get(address).is_none() {
            let site = self.site(pc);
            let object = self.inside(|e| e.kernel().new_object(name, site));
            self.objects.insert(address, object);
        }
    }

    /// The number of what lies at `address`.
    #[inline]
    fn object(&mut self, kind: OpKind, address: usize, site: Site) -> ObjectId {
        match self.objects.get(address) {
            Some(object) => object,
            None => {
                let object =
                    self.inside(
                        |e| match e.names.of(address, kind, site, e.places.symbols()) {
                            Named::Bookkeeping => object::UNSCHEDULED,
                            Named::Object(name) => e.kernel().new_object(name, site),
                        },
                    );
                self.objects.insert(address, object);
                object
            }
        }
    }
}

/// What comes next for the running thread.
enum Then {
    /// It goes on.
    Stay,
    /// This other one does.
    Change(Slot),
    /// The question has to be asked again.
    Again,
    /// As `Again`, once the signals from outside have been delivered.
    Deliver,
}

/// Has whoever goes on go on. Returns when it is the running thread's turn.
#[inline]
pub(crate) fn go_on() {
    loop {
        let then = with(|e| {
            if e.harness.take_ready() {
                return Then::Change(harness::SLOT);
            }
            match e.kernel().next() {
                Next::Run(TaskId::CLOCK) => {
                    if !e.wait_for_children() {
                        e.tick();
                    }
                    Then::Again
                }
                Next::Run(task) => {
                    e.kernel().set_current(task);
                    let slot = e.threads.slot_of(task);
                    match slot == hot::slot() {
                        true => Then::Stay,
                        false => Then::Change(slot),
                    }
                }
                Next::Stop(Stop::Quiescent) if hot::has_signals() => Then::Deliver,
                Next::Stop(Stop::Quiescent) if e.release_spinners() => Then::Again,
                Next::Stop(Stop::Quiescent) if e.look_outside() => Then::Again,
                Next::Stop(_) | Next::Over => e.leave(End::Stopped),
            }
        });
        match then {
            Then::Stay => return,
            Then::Change(slot) => return change(slot),
            Then::Again => {}
            Then::Deliver => signal::deliver(),
        }
    }
}

/// Changes to the thread in `slot`. Returns when something changes back.
fn change(slot: Slot) {
    let (from, to) = with(|e| {
        hot::set_phase(e.harness.phase(slot));
        let mine = hot::slot();
        let next = e.threads.row(slot);
        let (to, calls) = (next.context, next.calls);
        let calls = hot::enter(slot, calls);
        let row = e.threads.row_mut(mine);
        row.calls = calls;
        (&raw mut row.context, to)
    });
    // SAFETY: Rows stay where they are. The context was saved here, or made with the
    // thread, and it is not running. No reference to the engine is held.
    unsafe { context::switch(from, to) };
    thread::settle();
}

impl Engine {
    /// It is the clock's turn: a timer fires. All timers of this backend end waits.
    #[cold]
    fn tick(&mut self) {
        self.asking(|kernel, policy| {
            kernel.set_current(TaskId::CLOCK);
            if let Some((_, Alarm::Timeout(task))) = kernel.fire(policy) {
                kernel.stop_if_starved(task);
            }
            kernel.decide(policy);
        });
    }
}
