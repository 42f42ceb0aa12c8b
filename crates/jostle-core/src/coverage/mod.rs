//! Interleaving coverage: features that distinguish one execution from another.
//!
//! - `accesses`: [`Accesses`], an execution as accesses: site class, and which write each
//!   reads from.
//! - `feature_kind`: [`FeatureKinds`], the kinds of features, each of which can be switched
//!   off.
//! - [`dependence`]: which events depend on each other.
//! - `equivalence`: [`Equivalence`], which executions differ only in the order of
//!   independent steps.
//! - `features`: [`Features`], the hashes of an execution's features.
//!
//! Coverage of code says little here: all interleavings of a program run the same
//! lines. What tells them apart is which task came between which two steps of another.
//! Every feature is a hash of site classes (see [`SiteClass`](crate::site_class::SiteClass))
//! and values, so that it is the same in every process, whatever numbers tasks and objects
//! have.

mod accesses;
pub mod dependence;
mod equivalence;
mod feature_kind;
mod features;

pub use accesses::{Accesses, ClassedAccess};
pub use equivalence::Equivalence;
pub use feature_kind::{FeatureKind, FeatureKinds, UnknownFeatureKind};
pub use features::Features;
