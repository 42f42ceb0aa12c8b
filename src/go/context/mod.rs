//! Contexts: Go's package [`context`](https://pkg.go.dev/context).
//!
//! - `handle`: `Context`, `background`, `todo`, `with_value`. `values`: its values.
//! - `error`: `Error`, `Cause`.
//! - `cancel`: `with_cancel`, `with_cancel_cause`, `without_cancel`.
//! - `deadline`: `with_deadline`, `with_timeout`.
//! - `func`: `after_func`.
//! - `node`: the tree that a cancellation runs down.

mod cancel;
mod deadline;
mod error;
mod func;
mod handle;
mod node;
mod values;

pub use cancel::{CancelCauseFunc, CancelFunc, with_cancel, with_cancel_cause, without_cancel};
pub use deadline::{with_deadline, with_timeout};
pub use error::{Cause, Error};
pub use func::{StopFunc, after_func};
pub use handle::{Context, background, todo, with_value};
