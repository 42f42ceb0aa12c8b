//! The runtime: tasks on coroutines, one at a time, under a strategy.
//!
//! - `execution`: the state of one execution, and how a decision is made.
//! - `point`: scheduling points, waiting and yielding, as primitives see them.
//! - `gate`: objects, their gates and who holds them.
//! - `timer`: virtual time and timers.
//! - `here`: what primitives record, choose, ask and tell about tasks.
//! - `turn`: the usual way through a scheduling point.
//! - `schedule`: the long way: posting, deciding, recording steps.
//! - `waiting`: at gates and in queues.
//! - `wake`: waiting for wakers.
//! - `limit`: the end of executions that do not end by themselves.
//! - `lifecycle`: spawning, finishing and joining tasks.
//! - `executor`: the run loop, the judgement, the teardown.
//! - `duties`: what an execution sees to besides the running task.
//! - `switch`: changing stacks from inside a task.
//! - `coroutine`: stacks; the only place that knows corosensei.
//! - `badge`: who runs on a stack, for the watchdog and signal handlers.
//! - `task`, `object`, `clock`: the tables.
//! - `current`: the execution of this OS thread.
//! - `blocks`: memory for small things.
//! - `cell`: state shared by tasks.
//! - `shared`: reference-counted cells.
//! - `waker`: wakers of tasks.
//! - `poll`: loops that poll a future.
//! - `panics`: panics of tasks.
//! - `escape`: a way out of the panic hook.
//! - `race`: data races of tasks.
//! - `record`: what was chosen and done.
//! - `footprint`: telling an exhaustive exploration what a step touches.
//! - `registry`: what is lent to OS threads and executors, and never freed.
//! - `sys`: the operating system.
//! - `pulse`: signs of life for the watchdog.
//! - `foreign`: OS threads that the scenario starts behind our back.
//!
//! What primitives are built from is [`point`] before an operation that
//! is always enabled, [`pass`] before one that is enabled while a gate is open,
//! [`wait`] for one that another task completes, [`choose`] for the environment's
//! choices.

pub(crate) mod badge;
pub(crate) mod blocks;
pub(crate) mod cell;
pub(crate) mod clock;
pub(crate) mod coroutine;
pub(crate) mod current;
pub(crate) mod duties;
pub(crate) mod escape;
pub(crate) mod execution;
pub(crate) mod executor;
pub(crate) mod footprint;
pub(crate) mod foreign;
pub(crate) mod gate;
pub(crate) mod here;
pub(crate) mod lifecycle;
pub(crate) mod limit;
pub(crate) mod object;
pub(crate) mod panics;
pub(crate) mod point;
pub(crate) mod poll;
pub(crate) mod pulse;
pub(crate) mod race;
pub(crate) mod record;
pub(crate) mod registry;
pub(crate) mod schedule;
pub(crate) mod shared;
pub(crate) mod switch;
pub(crate) mod sys;
pub(crate) mod task;
pub(crate) mod timer;
pub(crate) mod turn;
pub(crate) mod waiting;
pub(crate) mod wake;
pub(crate) mod waker;

#[cfg(test)]
mod tests;

pub use execution::Outcome;
pub use executor::{Executor, Plan};

pub(crate) use cell::{Exclusive, LockCell, ShareCell, Sharing, TaskCell};
pub(crate) use clock::TimerId;
pub(crate) use gate::{
    acquire, first_at, give_up, is_open, new_object, note_and_set_gates, owner, release, set_gate,
    set_gates, set_missed, set_owner, set_tried, unlock,
};
pub(crate) use here::{
    add_local, choose, current_task, event, is_finished, is_inside, is_parked, is_teardown,
    leave_token, may_cancel, misuse, note, note_futile, notify, panicking, stuck, take_token,
    task_name, wait_unwound, with_local, yield_between_polls,
};
pub(crate) use lifecycle::{join, judge_panic, spawn, take_panic};
pub(crate) use object::{Attached, Handle, Side};
pub(crate) use point::{
    complete, is_queued, pass, pass_until, point, point_in_drop, wait, yield_now,
};
pub(crate) use poll::PollLoop;
pub(crate) use shared::Shared;
pub(crate) use task::Woken;
pub(crate) use timer::{arm_call, arm_waker, deadline, disarm, now};
