//! The scheduling kernel of Jostle and everything that is policy, judgement or record:
//! plain data and pure functions, without stacks, operating system or unsafe code.
#![forbid(unsafe_code)]

pub mod choice;
pub mod hash;
pub mod id;
pub mod vtime;

pub mod budget;
pub mod op;
pub mod task_set;

pub mod site_class;
pub mod view;

pub mod prescription;

pub mod decision;
pub mod finding;
pub mod history;
pub mod log;
pub mod recording;
pub mod snapshot;

pub mod coverage;
pub mod strategy;

pub mod backend;
pub mod input;
pub mod kernel;
pub mod oracle;
pub mod subject;
pub mod trace;

pub mod explain;

pub mod minimize;
pub mod regression;
pub mod search;

pub mod campaign;
pub mod verify;
