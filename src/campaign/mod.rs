//! Campaigns: many executions of scenarios, and what they came to.
//!
//! - `runner`: one execution of a scenario, from an input or a record.
//! - `profile`: what strategies know of a scenario beforehand.
//! - `follow`: schedules executed, for minimizing and explaining.
//! - `explain`: a minimized failure explained.
//! - `keep`: schedules put into rows, and rows followed.
//! - `confirm`: every finding is replayed before it counts.
//! - `census`: how many classes of executions there were, and may be.
//! - `explore`: the campaign on one scenario, on one or several
//!   OS threads.
//! - `guided`: the same where executions build on each other.
//!
//! Where strategies are taken in turn, execution number `i` of a campaign is a
//! function of the campaign's seed, the scenario and `i` alone: not of the clock, not
//! of the number of threads. In a guided campaign it is a function of the seed, the
//! scenario, the number of threads and the executions before.

mod census;
mod confirm;
mod explain;
mod explore;
mod follow;
mod guided;
mod keep;
mod profile;
mod runner;

pub use census::{Census, DISTINCT_LIMIT};
pub use confirm::{Confirmed, confirm};
pub use explore::{Campaign, Found, Progress, Summary, Unseen, Verdict};
pub use follow::{Followed, Follower};
pub use keep::Revisit;
pub use profile::profile;
pub use runner::{Run, Runner};
