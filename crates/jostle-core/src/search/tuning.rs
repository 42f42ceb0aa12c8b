//! The tuned constants of the search, each with the command that measures it again.
//!
//! The commands are given in `benches/suite`. Each counts the executions to the first bug
//! on seeds that the search was not tuned on, so that a change is worth keeping if the
//! medians fall without a program being missed more often; take other seeds each time.
//! Where a constant matters on few programs, its command names them; the whole suite has
//! to be measured before the change is kept:
//!
//! ```text
//! cargo run --release -- --strategies default --cap 2000 --first-seed 8001
//! ```
//!
//! The order in which the ways of searching take turns is tuned, too; it is the table in
//! [`plan`](crate::search::plan), measured by the same command. Limits on memory are not
//! tuned and are next to what they limit.

/// Executions that are asked for orders of operations wherever they are, counted from 1.
///
/// There are fewer of those than of operations at one place, so that the directions
/// that matter are met sooner. Going on with them keeps the finer ones from their turn:
/// measured, bugs that need those take up to twice as long.
///
/// `cargo run --release -- --strategies default --first-seed 20001 --seeds 200
/// --programs 'CS/reorder_*' --programs 'CB/*' --programs 'Chess/*' --programs held/aba`
pub(super) const ANYWHERE: u64 = 6;

/// Up to this many pairs of site classes all are ordered, and every vector of directions
/// is drawn once: 64 vectors are gone through in a useful time, and more are not.
///
/// `cargo run --release -- --strategies default --first-seed 8001 --programs 'CS/*'`
pub(super) const FEW_PAIRS: usize = 6;

/// How many orders are asked for, about, where there are more pairs than [`FEW_PAIRS`].
///
/// Each order that is asked for without need makes it harder to have the ones that
/// matter: measured, four do best.
///
/// `cargo run --release -- --strategies default --first-seed 8001 --cap 2000`
pub(super) const ORDERS_OF_MANY: u32 = 4;

/// Draws of a vector of directions that has not been tried before, at most.
///
/// `cargo run --release -- --strategies default --first-seed 8001 --programs 'CS/*'`
pub(super) const DRAWS: u32 = 12;

/// A direction that was asked for at least so often and never came about is taken to
/// be impossible, such as the child's first operation before the parent's that
/// precedes the spawn. It is asked for again one time in eight.
///
/// `cargo run --release -- --strategies default --first-seed 8001 --programs 'CS/*'`
pub(super) const HOPELESS: u32 = 3;

/// Entries of the corpus that count as new when one is rearranged.
///
/// `cargo run --release -- --strategies default --first-seed 8001
/// --programs 'handshake*' --programs SafeStack`
pub(super) const NEWEST_TO_REARRANGE: u32 = 8;

/// Entries of the corpus that count as new when one is continued.
///
/// The same command as for [`NEWEST_TO_REARRANGE`].
pub(super) const NEWEST_TO_CONTINUE: u32 = 6;

/// Choices that are moved or overwritten together, at most.
///
/// The same command as for [`NEWEST_TO_REARRANGE`].
pub(super) const BLOCK: u32 = 4;

/// How far a block of choices is moved, at most.
///
/// The same command as for [`NEWEST_TO_REARRANGE`].
pub(super) const FAR: u32 = 8;

/// How far back a conflicting operation is looked for, in accesses to one object.
///
/// `cargo run --release -- --strategies default --first-seed 8001 --programs 'held/*'`
pub(super) const BACK: usize = 64;
