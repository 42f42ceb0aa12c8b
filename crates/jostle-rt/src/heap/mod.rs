//! The program's heap. API SKETCH, the bodies follow in the next commits.
//!
//! impl Heap {
//!   pub(crate) fn new(base: usize, size: usize) -> Result<Self, Errno>;
//!   pub(crate) fn allocate(&mut self, size: usize, align: usize, zeroed: bool) -> *mut u8;   // null: ENOMEM
//!   pub(crate) fn free(&mut self, pointer: *mut u8) -> Freed;  // Freed::{Done{size}, Double(Block), NotOurs}; Done{size} then Detector::freed(slot, pointer, size, pc)
//!   pub(crate) fn reallocate(&mut self, pointer: *mut u8, size: usize) -> Reallocated; // {Done{pointer, old_size, moved}, NoMemory, Bad(Freed)}
//!   pub(crate) fn usable_size(&self, pointer) -> usize;  // 0 if not a live block
//!   pub(crate) fn block_of(&self, address: usize) -> Option<Block>;  // Block{base,size,ordinal,freed}
//!   pub(crate) fn set_reuse(&mut self, Reuse);   // Never | AtOnce, per execution
//!   pub(crate) fn used(&self) -> Range<usize>;   // what the image must copy at mark() and restore beside rollback()
//!   pub(crate) fn mark(&mut self);  rollback(&mut self);
//!   pub(crate) fn freed_from_before(&self) -> impl Iterator<Item = Block>; // allocated before the mark, freed since
//!   pub(crate) fn live_since_mark(&self) -> impl Iterator<Item = Block>;
//!   pub(crate) unsafe fn unreachable(&self, roots: &[(usize, usize)]) -> Vec<Block>; // root context
//! }
//! All tables are outside the arena: rollback() restores them; the image restores bytes only.
