//! Happens-before race detection. API SKETCH, the bodies follow in the next commits.
//!
//! impl Detector {
//!   pub(crate) fn new() -> Result<Self, Errno>;                 // maps its tables; root context
//!   pub(crate) fn reset(&mut self);                             // a new execution
//!   pub(crate) fn thread_start(&mut self, parent: Option<Slot>, child: Slot);
//!   pub(crate) fn thread_end(&mut self, slot: Slot);
//!   pub(crate) fn thread_join(&mut self, me: Slot, other: Slot);   // after other's thread_end
//!   pub(crate) fn reusable(&self, parent: Slot, slot: Slot) -> bool; // prefer such slots: nothing is lost then
//!   pub(crate) fn read (&mut self, slot: Slot, address: usize, size: usize, pc: usize); // inline, size a constant of 1,2,4,8,16; unaligned fine
//!   pub(crate) fn write(&mut self, slot: Slot, address: usize, size: usize, pc: usize);
//!   pub(crate) fn read_range (&mut self, slot, address, size, pc);
//!   pub(crate) fn write_range(&mut self, slot, address, size, pc);
//!   pub(crate) fn load (&mut self, slot, address, size, Order, pc);   // also a failed compare-exchange, with its failure order
//!   pub(crate) fn store(&mut self, slot, address, size, Order, pc);
//!   pub(crate) fn rmw  (&mut self, slot, address, size, Order, pc);
//!   pub(crate) fn fence(&mut self, slot, Order);
//!   pub(crate) fn acquire(&mut self, slot, key: u64);  release(..); forget(key)
//!   pub(crate) fn allocated(&mut self, slot, address, size, pc);  // also each thread's stack at its start
//!   pub(crate) fn freed(&mut self, slot, address, size, pc);
//!   pub(crate) fn unmapped(&mut self, address, size);             // munmap, madvise(DONTNEED), mmap: no history
//!   pub(crate) fn is_private(&self, slot, address, size) -> bool;
//!   pub(crate) fn take_report(&mut self) -> Option<Report>;  has_report() is one load
//!   pub(crate) fn watch(&mut self, report: &Report);  unwatch();
//!   pub(crate) fn watched(&mut self) -> bool;   // asked after each access while watching: true = take the stack now (the last one counts)
//! }
//! enum Order { Relaxed, Acquire, Release, AcqRel, SeqCst }  impl Order { fn from_tsan(i32) -> Order }  // Consume = Acquire

mod report;

/// Where a logical thread stands in the tables: 0 to 1023, used again after its end.
pub(crate) type Slot = u16;
