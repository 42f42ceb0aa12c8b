//! Campaigns: many executions of a target, and what they came to.
//!
//! - `runner`: one execution of a target, from an input or a record.
//! - `profile`: what strategies know of a target beforehand.
//! - `follow`: schedules executed, for minimizing and explaining.
//! - `explain`: a minimized failure explained.
//! - `keep`: schedules put into rows, and rows followed.
//! - `confirm`: every finding is replayed before it counts.
//! - `census`: how many classes of executions there were, and may be.
//! - `explore`: the campaign on one target, on one or several OS threads; `lane`: one
//!   of them; `tally`: their sum; `summary`: what it came to; `progress`: what it has
//!   come to so far.
//!
//! Where strategies are taken in turn, execution number `i` of a campaign is a
//! function of the campaign's seed, the target and `i` alone: not of the clock, not
//! of the number of threads. In a search it is a function of the seed, the target, the
//! number of threads and the executions before.

mod census;
mod confirm;
mod explain;
mod explore;
mod follow;
mod keep;
mod lane;
mod profile;
mod progress;
mod runner;
mod summary;
mod tally;

pub use census::{Census, DISTINCT_LIMIT};
pub use confirm::{Confirmed, confirm};
pub use explore::Campaign;
pub use follow::{Followed, Follower};
pub use keep::Revisit;
pub use profile::profile;
pub use progress::Progress;
pub use runner::{Run, Runner, apart};
pub use summary::{Found, Summary, Unseen, Verdict};
