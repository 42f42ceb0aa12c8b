//! The scheduling kernel of Jostle and everything that is policy, judgement or record:
//! plain data and pure functions, without stacks, operating system or unsafe code.
//!
//! The modules from the bottom up; each imports only modules of rows above its own
//! (except `subject`, which also uses [`backend::Capabilities`]), which `tests/it/layers.rs`
//! of the workspace checks:
//!
//! | modules | what they hold |
//! | --- | --- |
//! | [`budget`], [`choice`], [`hash`], [`id`], [`vtime`] | limits of an execution; kinds of choices; stable hashes; numbers of tasks and objects; virtual time |
//! | [`op`], [`task_set`] | operations and their sites; sets of tasks |
//! | [`finding`], [`site_class`], [`snapshot`], [`view`] | what an oracle found; site classes of operations; a stopped execution; what a strategy sees |
//! | [`oracle`], [`prescription`], [`subject`] | rules that judge a snapshot; what is prescribed about an execution; metadata of what can be executed |
//! | [`decision`] | choices, answered from a prescription or at random |
//! | [`history`], [`strategy`] | the events of an execution; the strategies |
//! | [`coverage`], [`input`], [`minimize`], [`regression`], [`trace`] | features and equivalence of executions; inputs and their bytes; the minimizer; schedules in words; traces and trace files |
//! | [`explain`], [`log`], [`search`] | which orders decide; the kernel's log; the search for new inputs |
//! | [`recording`] | the log of an execution with its tables, from which history and trace are computed |
//! | [`backend`] | the traits of a backend, which executes subjects |
//! | [`campaign`], [`kernel`] | many executions of a target; the scheduling kernel |
//! | [`verify`] | every behaviour of a small target, each once |
//!
//! Five records of an execution are easily confused:
//!
//! | record | made by | for |
//! | --- | --- | --- |
//! | [`Log`](log::Log) | the kernel, while it runs | everything below |
//! | [`Recording`](recording::Recording) | a backend: the log and its tables, borrowed | computing the next two |
//! | [`History`](history::History) | a recording | the search and coverage: events, no names |
//! | [`Trace`](trace::Trace) | a recording | reports and trace files: choices, steps, names |
//! | [`Transcript`](strategy::Transcript) | a [`Directed`](strategy::Directed) strategy | the minimizer: decisions with their alternatives |

#![forbid(unsafe_code)]

pub mod budget;
pub mod choice;
pub mod hash;
pub mod id;
pub mod vtime;

pub mod op;
pub mod task_set;

pub mod finding;
pub mod site_class;
pub mod snapshot;
pub mod view;

pub mod oracle;
pub mod prescription;

pub mod decision;

pub mod history;
pub mod strategy;

pub mod coverage;
pub mod input;
pub mod minimize;
pub mod regression;
pub mod trace;

pub mod explain;
pub mod log;
pub mod search;

pub mod recording;

pub mod subject;

pub mod backend;

pub mod campaign;
pub mod kernel;

pub mod verify;

/// The folder of this crate's sources as debug information names it, by which a backend
/// tells the crate's stack frames from a user's.
#[doc(hidden)]
pub const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/");
