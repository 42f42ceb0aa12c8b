//! The fiber carrier: tasks on coroutines, one at a time, as the kernel says.
//!
//! The kernel ([`jostle_core::kernel`]) decides; what is here runs tasks on stacks of
//! their own, unwinds them, and tells the kernel what they are about to do.
//!
//! - `executor`: the run loop, the judgement, the teardown.
//! - `execution`: the state of one execution besides the kernel.
//! - `current`: the execution of this OS thread. `policy`: its strategy.
//! - `point`: scheduling points, waiting and yielding, as primitives see them.
//! - `gate`: objects, their gates and who holds them.
//! - `timer`: virtual time and timers; `actions`: what timers do.
//! - `here`: what primitives record, choose, ask and tell about tasks.
//! - `lifecycle`: spawning, finishing and joining tasks.
//! - `switch`: changing stacks from inside a task.
//! - `coroutine`: stacks; the only place that knows corosensei.
//! - `object`: how a primitive joins executions.
//! - `cell`: state shared by tasks. `shared`: reference-counted cells. `blocks`: memory
//!   for small things.
//! - `waker`: wakers of tasks. `poll`: loops that poll a future.
//! - `panics`: panics of tasks. `escape`: a way out of the panic hook.
//! - `race`: data races of tasks.
//! - `footprint`: telling an exhaustive exploration what a step touches.
//! - `functions`: the functions in which operations stand.
//! - `badge`: who runs on a stack, for the watchdog and signal handlers. `pulse`: signs
//!   of life for the watchdog. `registry`: what is lent and never freed.
//! - `sys`: the operating system.
//! - `foreign`: OS threads that the scenario starts behind our back.
//!
//! What primitives are built from is [`point`] before an operation that
//! is always enabled, [`pass`] before one that is enabled while a gate is open,
//! [`wait`] for one that another task completes, [`choose`] for the environment's
//! choices.

pub(crate) mod actions;
pub(crate) mod badge;
pub(crate) mod blocks;
pub(crate) mod cell;
pub(crate) mod coroutine;
pub(crate) mod current;
pub(crate) mod escape;
pub(crate) mod execution;
pub(crate) mod executor;
pub(crate) mod footprint;
pub(crate) mod foreign;
pub(crate) mod functions;
pub(crate) mod gate;
pub(crate) mod here;
pub(crate) mod lifecycle;
pub(crate) mod object;
pub(crate) mod panics;
pub(crate) mod point;
pub(crate) mod policy;
pub(crate) mod poll;
pub(crate) mod pulse;
pub(crate) mod race;
pub(crate) mod registry;
pub(crate) mod shared;
pub(crate) mod switch;
pub(crate) mod sys;
pub(crate) mod timer;
pub(crate) mod waker;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use cell::{Exclusive, LockCell, ShareCell, Sharing, TaskCell};
pub(crate) use gate::{
    acquire, first_at, give_up, is_open, new_object, note_and_set_gates, owner, release, set_gate,
    set_gates, set_missed, set_owner, set_tried, unlock,
};
pub(crate) use here::{
    add_local, choose, current_task, event, is_finished, is_inside, is_parked, is_teardown,
    leave_token, may_cancel, misuse, note, note_futile, notify, panicking, stuck, take_token,
    task_name, wait_unwound, with_local, yield_between_polls,
};
pub(crate) use jostle_core::kernel::{Side, TimerId, Woken};
pub(crate) use lifecycle::{join, judge_panic, spawn, take_panic};
pub(crate) use object::{Attached, Handle};
pub(crate) use point::{
    complete, is_queued, pass, pass_until, point, point_in_drop, wait, yield_now,
};
pub(crate) use poll::PollLoop;
pub(crate) use shared::Shared;
pub(crate) use timer::{arm_call, arm_waker, deadline, disarm, now};
