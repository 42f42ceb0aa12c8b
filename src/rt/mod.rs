//! The fiber runtime: runs tasks on separate stacks, one at a time, as the kernel says.
//!
//! The [kernel](jostle_core::kernel) decides which task runs. The runtime tells it what tasks
//! are about to do, switches stacks, and unwinds what is left at the end of an execution.
//!
//! One execution:
//! - `executor`: the run loop, the judgement and the teardown.
//! - `execution`: the state of one execution besides the kernel.
//! - `current`: access to the execution of this OS thread. `policy`: its strategy.
//! - `lifecycle`: spawning, finishing and joining tasks.
//!
//! For primitives:
//! - `object`: how a primitive joins executions.
//! - `point`: scheduling points, waiting and yielding. `poll`: loops that poll a future.
//! - `gate`: the gates and holders of objects. `tasks`: task queries and wake-ups.
//! - `record`: events, notes and environment choices. `task_locals`: values of tasks.
//! - `timer`: virtual time and timers; `timer_actions`: their actions.
//! - `cell`: state shared by tasks. `shared`: reference-counted cells; `block_pool`: their
//!   memory. `waker`: wakers of tasks.
//!
//! Stacks and unwinding:
//! - `coroutine`: stacks; the only user of corosensei. `switch`: changes stacks.
//! - `panics`: panics of tasks. `forced_unwind`: leaves the panic hook without returning.
//!
//! For reports and strategies:
//! - `race`: data races as findings. `functions`: the functions that contain operations.
//! - `footprint`: tells an exhaustive exploration what a step touches.
//!
//! For other OS threads:
//! - `thread_status`: shows the watchdog what a thread does. `stack_label`: names the task
//!   on a stack. `static_pool`: objects that are reused and never freed.
//! - `os_threads`: detects OS threads that the scenario starts. `sys`: wrappers for libc.
//!
//! Primitives are built from four functions: [`point()`] before an operation that is always
//! enabled, [`pass`] before one that is enabled while a gate is open, [`wait`] for one that
//! another task completes, and [`choose`] for choices of the environment.

pub(crate) mod block_pool;
pub(crate) mod cell;
pub(crate) mod coroutine;
pub(crate) mod current;
pub(crate) mod execution;
pub(crate) mod executor;
pub(crate) mod footprint;
pub(crate) mod forced_unwind;
pub(crate) mod functions;
pub(crate) mod gate;
pub(crate) mod lifecycle;
pub(crate) mod object;
pub(crate) mod os_threads;
pub(crate) mod panics;
pub(crate) mod point;
pub(crate) mod policy;
pub(crate) mod poll;
pub(crate) mod race;
pub(crate) mod record;
pub(crate) mod shared;
pub(crate) mod stack_label;
pub(crate) mod static_pool;
pub(crate) mod switch;
pub(crate) mod sys;
pub(crate) mod task_locals;
pub(crate) mod tasks;
pub(crate) mod thread_status;
pub(crate) mod timer;
pub(crate) mod timer_actions;
pub(crate) mod waker;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use cell::{Exclusive, LockCell, ShareCell, Sharing, TaskCell};
pub(crate) use gate::{
    acquire, first_at, give_up, is_open, new_object, note_and_set_gates, owner, release, set_gate,
    set_gates, set_missed, set_owner, set_tried, unlock,
};
pub(crate) use jostle_core::kernel::{Side, TimerId, Woken};
pub(crate) use lifecycle::{join, judge_panic, spawn, take_panic};
pub(crate) use object::{Attached, Handle};
pub(crate) use panics::misuse;
pub(crate) use point::{
    complete, is_queued, pass, pass_until, point, point_in_drop, wait, yield_now,
};
pub(crate) use poll::PollLoop;
pub(crate) use record::{choose, event, note, note_futile};
pub(crate) use shared::Shared;
pub(crate) use task_locals::{add_local, with_local};
pub(crate) use tasks::{
    current_task, is_finished, is_inside, is_parked, is_teardown, leave_token, may_cancel, notify,
    panicking, take_token, task_name, unwind_or_wait, wait_unwound, yield_between_polls,
};
pub(crate) use timer::{arm_call, arm_waker, deadline, disarm, now};
