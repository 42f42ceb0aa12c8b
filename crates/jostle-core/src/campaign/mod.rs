//! Campaigns: many executions of a target, and their result.
//!
//! - `runner`: executes a target once, from an input or a record.
//! - `profile`: measures a target, so strategies know its size.
//! - `replay`: re-executes schedules, for minimizing and explaining.
//! - `explain`: explains a minimized failure.
//! - `regression`: converts schedules to rows and re-tests targets against them.
//! - `confirm`: confirms a finding by replaying it on a fresh backend.
//! - `species`: counts classes of executions, and estimates how many are unseen.
//! - `explore`: runs a campaign on one target, on one or several OS threads; `lane`: the
//!   part that one OS thread runs; `tally`: adds up the parts; `summary`: the result;
//!   `progress`: the counters of a running campaign.
//!
//! Where strategies are taken in turn, execution number `i` of a campaign is a
//! function of the campaign's seed, the target and `i` alone: not of the clock, not
//! of the number of threads. In a search it is a function of the seed, the target, the
//! number of threads and the executions before.

mod confirm;
mod explain;
mod explore;
mod lane;
mod profile;
mod progress;
mod regression;
mod replay;
mod runner;
mod species;
mod summary;
mod tally;

pub use confirm::{Confirmed, confirm};
pub use explore::Campaign;
pub use profile::profile;
pub use progress::Progress;
pub use regression::Retest;
pub use replay::{Replayed, Replayer};
pub use runner::{Run, Runner, apart};
pub use species::{DISTINCT_LIMIT, SpeciesCount};
pub use summary::{Found, Summary, Unseen, Verdict};
