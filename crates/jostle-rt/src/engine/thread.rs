//! The life of a logical thread.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::ptr;

use jostle_core::id::TaskId;
use jostle_core::kernel::Woken;
use jostle_core::op::{Op, OpKind};
use jostle_core::vtime::VInstant;

use crate::carrier::context::{self, Context};
use crate::carrier::stack::{DEFAULT, SLOTS};
use crate::carrier::tls::Tls;
use crate::detector::Slot;
use crate::engine::end::End;
use crate::engine::point::{go_on, point};
use crate::engine::spin::Reads;
use crate::engine::standstill::Earlier;
use crate::engine::{Engine, harness, wait, with};
use crate::hot::{self, Call, Calls, DEPTH, Phase};
use crate::raw;
use crate::real::Entry;
use crate::symbols::EMPTY;

/// A destructor that a thread calls at its end.
pub(crate) type Destructor = unsafe extern "C" fn(*mut c_void);

/// Where a thread is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// There is none in this slot.
    Free,
    /// It runs, or waits.
    Live,
    /// Its function has returned, and nobody has joined it.
    Finished,
}

/// The name of a thread, with a zero after it.
pub(crate) type Name = [u8; 16];

/// A logical thread.
#[derive(Debug)]
pub(crate) struct Row {
    state: State,
    /// Its task in the kernel; the harness has none.
    pub(crate) task: Option<TaskId>,
    /// Where it goes on, while it does not run.
    pub(crate) context: Context,
    /// Its calls, while it does not run.
    pub(crate) calls: Calls,
    /// Its thread control block, which is what `pthread_self` gives.
    pub(crate) block: usize,
    entry: Option<(Entry, *mut c_void)>,
    result: *mut c_void,
    detached: bool,
    /// As `pthread_getname_np` gives it; that of the process if it is empty.
    name: Name,
    /// The harness waits for its end.
    joined_by_harness: bool,
    /// What it has read lately.
    reads: Reads,
    /// What it was at an earlier look; see `standstill`.
    pub(crate) earlier: Earlier,
    /// Destructors of thread-local variables, in the order of registration.
    destructors: Vec<(Destructor, *mut c_void)>,
}

/// All logical threads.
#[derive(Debug)]
pub(crate) struct Threads {
    rows: Box<[Row]>,
    /// By number of the task.
    slots: Vec<Slot>,
    /// Slots below this one have been used in this execution.
    high: usize,
    /// Control blocks made in this execution, to be given back.
    blocks: Vec<usize>,
    /// A thread that has ended, whose slot is free once its stack is left.
    leaving: Option<Slot>,
    /// Keys of thread-specific data with their destructors.
    keys: Vec<(libc::pthread_key_t, Option<Destructor>)>,
    /// What the main thread had at the fork point.
    marked_keys: usize,
    marked: Mark,
}

/// The main thread at the fork point.
#[derive(Debug)]
struct Mark {
    context: Context,
    calls: Vec<Call>,
    name: Name,
    destructors: Vec<(Destructor, *mut c_void)>,
}

impl Threads {
    /// Rows for all slots, and shadow call stacks for them.
    ///
    /// # Errors
    ///
    /// If the system does not give the address space, in words.
    pub(crate) fn new() -> Result<Threads, &'static str> {
        let size = SLOTS * DEPTH * size_of::<Call>();
        let calls = raw::map(0, size).map_err(|_| "no memory for the calls of threads")?;
        let row = |slot: usize| {
            let base = calls.cast::<Call>().wrapping_add(slot * DEPTH);
            // SAFETY: The first entry of the slot's part of the mapping.
            unsafe { base.write(Call { pc: 0, hash: EMPTY }) };
            Row {
                state: State::Free,
                task: None,
                context: Context::NONE,
                calls: Calls { base, depth: 0 },
                block: 0,
                entry: None,
                result: ptr::null_mut(),
                detached: false,
                name: [0; 16],
                joined_by_harness: false,
                reads: Reads::NONE,
                earlier: Earlier::default(),
                destructors: Vec::new(),
            }
        };
        Ok(Threads {
            rows: (0..SLOTS).map(row).collect(),
            slots: Vec::new(),
            high: 1,
            blocks: Vec::new(),
            leaving: None,
            keys: Vec::new(),
            marked_keys: 0,
            marked: Mark {
                context: Context::NONE,
                calls: Vec::new(),
                name: [0; 16],
                destructors: Vec::new(),
            },
        })
    }

    #[inline]
    pub(crate) fn row(&self, slot: Slot) -> &Row {
        &self.rows[usize::from(slot)]
    }

    #[inline]
    pub(crate) fn row_mut(&mut self, slot: Slot) -> &mut Row {
        &mut self.rows[usize::from(slot)]
    }

    /// What the thread in `slot` has read lately.
    #[inline]
    pub(crate) fn reads(&mut self, slot: Slot) -> &mut Reads {
        &mut self.rows[usize::from(slot)].reads
    }

    /// The slot of a task.
    #[inline]
    pub(crate) fn slot_of(&self, task: TaskId) -> Slot {
        self.slots
            .get(task.index())
            .copied()
            .unwrap_or(harness::SLOT)
    }

    /// The slot of the live or finished thread with this control block.
    pub(crate) fn find(&self, thread: libc::pthread_t) -> Option<Slot> {
        let used = self.rows[..self.high].iter();
        let slot = used
            .enumerate()
            .find(|(_, row)| row.state != State::Free && row.block == thread as usize);
        slot.map(|(slot, _)| slot as Slot)
    }

    /// Slots that have been used in this execution.
    pub(crate) fn used(&self) -> std::ops::Range<usize> {
        0..self.high
    }

    /// Whether there is a thread in `slot`.
    pub(crate) fn is_live(&self, slot: Slot) -> bool {
        self.row(slot).state == State::Live
    }

    /// Addresses that the runtime holds for the thread in `slot`: the argument of one that has
    /// not begun, the result of one that nobody has joined, what its destructors destroy.
    pub(crate) fn held(&self, slot: Slot) -> impl Iterator<Item = usize> + '_ {
        let row = self.row(slot);
        let is_there = row.state != State::Free;
        let entry = row.entry.map(|(_, argument)| argument);
        let values = entry.into_iter().chain([row.result]);
        let objects = row.destructors.iter().map(|(_, object)| *object);
        values
            .chain(objects)
            .filter(move |_| is_there)
            .map(<*mut c_void>::addr)
    }

    /// The main thread is there, with this control block.
    pub(crate) fn begin_main(&mut self, block: usize) {
        let row = self.row_mut(harness::SLOT);
        row.state = State::Live;
        row.block = block;
    }

    /// The fork point is here: what the main thread has now, it has in each execution.
    pub(crate) fn mark(&mut self) {
        self.marked_keys = self.keys.len();
        let main = self.row(harness::SLOT);
        self.marked = Mark {
            context: main.context,
            calls: hot::calls().to_vec(),
            name: main.name,
            destructors: main.destructors.clone(),
        };
    }

    /// Goes back to the fork point.
    pub(crate) fn restore(&mut self, tls: &Tls) {
        for block in self.blocks.drain(..) {
            // SAFETY: Made in the execution that is over.
            unsafe { tls.deallocate(block) };
        }
        for row in &mut self.rows[1..self.high] {
            row.state = State::Free;
            row.task = None;
            row.destructors.clear();
        }
        self.high = 1;
        self.slots.clear();
        self.leaving = None;
        self.keys.truncate(self.marked_keys);
        let main = &mut self.rows[0];
        main.task = None;
        main.reads = Reads::NONE;
        main.earlier = Earlier::default();
        main.name = self.marked.name;
        main.destructors.clone_from(&self.marked.destructors);
        main.context = self.marked.context;
        main.calls.depth = self.marked.calls.len();
        for (at, call) in self.marked.calls.iter().enumerate() {
            // SAFETY: Entry 0 is none, and there were as many at the fork point.
            unsafe { main.calls.base.add(at + 1).write(*call) };
        }
    }

    /// The main thread is the main task.
    pub(crate) fn main_is(&mut self, task: TaskId) {
        self.note_task(harness::SLOT, task);
    }

    fn note_task(&mut self, slot: Slot, task: TaskId) {
        let at = task.index();
        if self.slots.len() <= at {
            self.slots.resize(at + 1, harness::SLOT);
        }
        self.slots[at] = slot;
        self.row_mut(slot).task = Some(task);
    }

    /// A key was made.
    pub(crate) fn add_key(&mut self, key: libc::pthread_key_t, destructor: Option<Destructor>) {
        self.keys.push((key, destructor));
    }

    /// A key was deleted.
    pub(crate) fn remove_key(&mut self, key: libc::pthread_key_t) {
        // One from before the fork point keeps its row, which counts there.
        if let Some(row) = self.keys.iter_mut().rfind(|row| row.0 == key) {
            row.1 = None;
        }
    }

    /// The running thread is to call this at its end.
    pub(crate) fn add_destructor(&mut self, destructor: Destructor, object: *mut c_void) {
        let me = hot::slot();
        self.row_mut(me).destructors.push((destructor, object));
    }
}

/// A new thread that calls `entry`. Returns its control block, or an error number. `tell` is
/// told of the block before the thread runs.
pub(crate) fn create(
    stack: usize,
    entry: Entry,
    arg: *mut c_void,
    pc: usize,
    tell: impl FnOnce(usize),
) -> Result<usize, c_int> {
    if hot::phase() == Phase::Start {
        fork_point();
    }
    let made = with(|e| e.create(stack, entry, arg, pc));
    if let Ok(block) = made {
        tell(block);
    }
    if made.is_ok() && hot::is_watched() {
        // The new thread runs to its first operation.
        go_on();
    }
    made
}

/// The main thread is about to make its first thread. Every execution goes on here.
fn fork_point() {
    let (from, root) = with(|e| {
        e.end = Some(End::Fork);
        let root = e.root;
        let row = e.threads.row_mut(harness::SLOT);
        (&raw mut row.context, root)
    });
    hot::set_phase(Phase::Root);
    // SAFETY: The root waits in `run`; no reference to the engine is held.
    unsafe { context::switch(from, root) };
}

impl Engine {
    fn create(
        &mut self,
        stack: usize,
        entry: Entry,
        arg: *mut c_void,
        pc: usize,
    ) -> Result<usize, c_int> {
        let rows = &self.threads.rows;
        let free = |slot: &usize| rows[*slot].state == State::Free;
        let slot = (1..SLOTS).find(free).ok_or(libc::EAGAIN)? as Slot;
        let size = if stack == 0 { DEFAULT } else { stack };
        let top = self.stacks.prepare(slot, size).ok_or(libc::EAGAIN)?;
        let site = self.site(pc);
        let first = self.kernel().task_count() == 1;
        if !hot::is_watched() && !first {
            // The harness makes one thread for the one test.
            return Err(libc::EAGAIN);
        }
        let spawned = self.inside(|e| match first {
            true => e.kernel().spawn_main(site),
            false => e.kernel().spawn(None, site),
        });
        let task = spawned.map_err(|_| libc::EAGAIN)?;
        // In memory of the runtime, that of the process's allocator.
        let block = self.inside(|e| e.tls.allocate(slot));
        if block == 0 {
            return Err(libc::EAGAIN);
        }
        self.threads.blocks.push(block);
        self.threads.high = self.threads.high.max(usize::from(slot) + 1);
        self.threads.note_task(slot, task);
        let name = self.threads.row(hot::slot()).name;
        let row = self.threads.row_mut(slot);
        row.state = State::Live;
        row.name = name;
        row.block = block;
        row.entry = Some((entry, arg));
        row.result = ptr::null_mut();
        row.detached = false;
        row.joined_by_harness = false;
        row.destructors.clear();
        row.reads = Reads::NONE;
        row.earlier = Earlier::default();
        row.calls.depth = 0;
        // SAFETY: The slot's stack is prepared, and nobody runs on it.
        row.context = unsafe { context::fresh(top, block, begin) };
        let me = hot::slot();
        self.outside.signals.begin(me, slot);
        self.detector.thread_start(Some(me), slot);
        let (low, size) = self.stacks.extent(slot);
        self.detector.allocated(slot, low, size, pc);
        Ok(block)
    }
}

/// Where a new thread begins.
extern "C" fn begin() -> ! {
    settle();
    let (tls, entry) = with(|e| (e.tls, e.threads.row(hot::slot()).entry));
    tls.start();
    let result = match entry {
        Some((entry, arg)) => entry(arg),
        None => ptr::null_mut(),
    };
    finish(result)
}

/// The running thread's function has returned: its destructors run, and it ends.
pub(crate) fn finish(result: *mut c_void) -> ! {
    run_destructors();
    let block = with(|e| e.threads.row(hot::slot()).block);
    wait::wake(block, usize::MAX, wait::ANY);
    with(|e| {
        let me = hot::slot();
        let row = e.threads.row_mut(me);
        row.state = State::Finished;
        row.result = result;
        if row.joined_by_harness {
            e.harness.wake();
        }
        if e.threads.row(me).detached {
            e.threads.leaving = Some(me);
        }
        e.detector.thread_end(me);
        e.asking(|kernel, policy| {
            kernel.finish();
            kernel.decide(policy);
        });
    });
    go_on();
    unreachable_thread()
}

/// A thread that has ended never goes on.
fn unreachable_thread() -> ! {
    with(|e| e.leave(End::Broken("a thread that had ended went on".to_owned())))
}

/// Rounds in which destructors of thread-specific data are called at most; see
/// `pthread_key_create(3)`: PTHREAD_DESTRUCTOR_ITERATIONS.
const ROUNDS: u32 = 4;

/// Calls the destructors of the running thread: of variables, the last one first, then of
/// thread-specific data, in rounds, since they may register others.
pub(crate) fn run_destructors() {
    for _ in 0..ROUNDS {
        while let Some((destructor, object)) =
            with(|e| e.threads.row_mut(hot::slot()).destructors.pop())
        {
            // SAFETY: Registered by the program for this.
            unsafe { destructor(object) };
        }
        let mut called = false;
        let mut at = 0;
        while let Some((key, destructor)) = with(|e| e.threads.keys.get(at).copied()) {
            at += 1;
            let Some(destructor) = destructor else {
                continue;
            };
            // SAFETY: The key exists. Its value belongs to the running thread.
            unsafe {
                let value = libc::pthread_getspecific(key);
                if !value.is_null() {
                    libc::pthread_setspecific(key, ptr::null());
                    destructor(value);
                    called = true;
                }
            }
        }
        if !called && with(|e| e.threads.row(hot::slot()).destructors.is_empty()) {
            return;
        }
    }
}

/// Called where a thread goes on: frees the slot of the one that has just ended.
#[inline]
pub(crate) fn settle() {
    with(|e| {
        if let Some(slot) = e.threads.leaving.take() {
            e.free(slot);
        }
    });
}

impl Engine {
    /// Nobody wants anything of the ended thread in `slot` any more.
    fn free(&mut self, slot: Slot) {
        self.threads.row_mut(slot).state = State::Free;
    }
}

/// Waits for the end of `thread`. Returns its result, or an error number.
pub(crate) fn join(thread: libc::pthread_t, pc: usize) -> Result<*mut c_void, c_int> {
    enum Then {
        Wait,
        Ready,
    }
    let (slot, then) = with(|e| {
        let slot = e.threads.find(thread).ok_or(libc::ESRCH)?;
        let row = e.threads.row_mut(slot);
        if row.detached {
            return Err(libc::EINVAL);
        }
        if slot == hot::slot() {
            return Err(libc::EDEADLK);
        }
        if row.state == State::Finished {
            return Ok((slot, Then::Ready));
        }
        match row.task {
            Some(task) if hot::is_watched() => {
                let object = e.op(OpKind::Join, thread as usize, pc).object;
                let site = e.site(pc);
                let op = Op {
                    kind: OpKind::Join,
                    object,
                    site,
                };
                e.asking(|kernel, policy| kernel.join(task, op, policy));
            }
            _ => row.joined_by_harness = true,
        }
        Ok((slot, Then::Wait))
    })?;
    if let Then::Wait = then {
        go_on();
    }
    Ok(with(|e| {
        if hot::is_watched() {
            e.kernel().dequeued();
        }
        e.detector.thread_join(hot::slot(), slot);
        let result = e.threads.row(slot).result;
        e.free(slot);
        result
    }))
}

/// As [`join`], until `deadline` at most. With `None` it does not wait at all.
pub(crate) fn join_until(
    thread: libc::pthread_t,
    deadline: Option<VInstant>,
    pc: usize,
) -> Result<*mut c_void, c_int> {
    let find = || with(|e| e.threads.find(thread).ok_or(libc::ESRCH));
    let slot = find()?;
    match deadline {
        None => point(OpKind::Inspect, thread as usize, pc),
        Some(_) if with(|e| e.threads.row(slot).detached) => return Err(libc::EINVAL),
        Some(_) if slot == hot::slot() => return Err(libc::EDEADLK),
        Some(_) => point(OpKind::Join, thread as usize, pc),
    }
    // It may have ended, and been joined, meanwhile.
    let slot = find()?;
    if with(|e| e.threads.row(slot).state != State::Finished) {
        let Some(deadline) = deadline else {
            return Err(libc::EBUSY);
        };
        if wait::wait(thread as usize, wait::ANY, Some(deadline)) == Woken::TimedOut {
            return Err(libc::ETIMEDOUT);
        }
    }
    Ok(with(|e| {
        e.detector.thread_join(hot::slot(), slot);
        let result = e.threads.row(slot).result;
        e.free(slot);
        result
    }))
}

/// Nobody will join `thread`.
pub(crate) fn detach(thread: libc::pthread_t) -> c_int {
    with(|e| {
        let Some(slot) = e.threads.find(thread) else {
            return libc::ESRCH;
        };
        let row = e.threads.row_mut(slot);
        if std::mem::replace(&mut row.detached, true) {
            return libc::EINVAL;
        }
        if row.state == State::Finished {
            e.free(slot);
        }
        0
    })
}

/// A thread's name, if it is one of ours.
pub(crate) fn name_of(thread: libc::pthread_t) -> Option<Name> {
    with(|e| Some(e.threads.row(e.threads.find(thread)?).name))
}

/// The lowest address and the size of a thread's stack, if it is one of ours.
pub(crate) fn stack_of(thread: libc::pthread_t) -> Option<(usize, usize)> {
    with(|e| {
        let slot = e.threads.find(thread)?;
        Some(e.stacks.extent(slot))
    })
}

impl Engine {
    /// Gives a thread's task a name.
    pub(crate) fn set_name(&mut self, thread: libc::pthread_t, name: &str) {
        let slot = self.threads.find(thread);
        if let Some(slot) = slot {
            let known = &mut self.threads.row_mut(slot).name;
            let length = name.len().min(known.len() - 1);
            known.fill(0);
            known[..length].copy_from_slice(&name.as_bytes()[..length]);
        }
        let task = slot.and_then(|slot| self.threads.row(slot).task);
        if let Some(task) = task {
            self.kernel().set_name(task, name.to_owned());
        }
    }
}
