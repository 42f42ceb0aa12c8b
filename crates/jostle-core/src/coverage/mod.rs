//! Coverage of interleavings: what an execution did that others need not have done.
//!
//! - `observed`: [`Observed`], an execution as operations of classes, and who reads
//!   from whom.
//! - `aspect`: [`Aspects`], what is looked at, each of which can be switched off.
//! - [`dependence`]: which events depend on each other.
//! - `equivalence`: [`Equivalence`], which executions are the same for all that anybody
//!   can tell.
//! - `features`: [`Features`], the hashes of all that is there to be seen.
//!
//! Coverage of code says little here: all interleavings of a program run the same
//! lines. What tells them apart is who got in between whom. Every feature is a hash of
//! classes (see [`Class`](crate::class::Class)) and values, so that it is the same in
//! every process, whatever numbers tasks and objects have.

mod aspect;
pub mod dependence;
mod equivalence;
mod features;
mod observed;

pub use aspect::{Aspect, Aspects, UnknownAspect};
pub use equivalence::Equivalence;
pub use features::Features;
pub use observed::{Observed, Seen};
