//! temp
use crate::scenario::Scenario;
/// temp
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// t
    Exit(i32),
    /// t
    Abort,
}
/// temp
pub fn start() {}
/// temp
pub fn on_stall(_a: Action) {}
/// temp
pub fn subject(_s: &Scenario, _seed: Option<u64>) {}
