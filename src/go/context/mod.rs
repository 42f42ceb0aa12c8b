//! Contexts: Go's package [`context`](https://pkg.go.dev/context).
//!
//! - `handle`: `Context`, `background`, `Error`, `Cause`.
//! - `cancel`: `with_cancel`, `with_cancel_cause`, `without_cancel`.
//! - `deadline`: `with_deadline`, `with_timeout`.
//! - `func`: `after_func`.
//! - `value`: `with_value`.
//! - `node`: the tree that a cancellation runs down.

mod cancel;
mod deadline;
mod func;
mod handle;
mod node;
mod value;

pub use cancel::{CancelCauseFunc, CancelFunc, with_cancel, with_cancel_cause, without_cancel};
pub use deadline::{with_deadline, with_timeout};
pub use func::{StopFunc, after_func};
pub use handle::{Cause, Context, Error, background, todo};
pub use value::with_value;
