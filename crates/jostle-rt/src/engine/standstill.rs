//! Threads that go round for ever and get nowhere.
//!
//! A loop that looks for something that never comes makes the same state again and again: the
//! registers that survive a call and the stack above the call into this library are what they
//! were at an earlier look, and nobody has written anything meanwhile or looked at a clock. If
//! that holds for every thread that is able to go on, none of them ever does anything else.
//!
//! A loop that counts its rounds changes a register or its stack with each, so that it is not
//! taken for one of these, however long it is. (One that counts in other memory without an
//! atomic operation would be.) To look costs some microseconds for the unwinder. So it is done
//! after many rounds only, for a while, and again after many more.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::hash::{DefaultHasher, Hasher};
use std::slice;

use crate::engine::end::End;
use crate::engine::{Engine, with};
use crate::hot;

/// Rounds without an effect after which states are compared for the first time.
const FIRST: u32 = 1_000;

/// Comparisons of a thread in a row; a loop that looks at more places is not recognized.
const WINDOW: u32 = 64;

/// What a thread was at an earlier look.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Earlier {
    state: u64,
    /// The number of effects then.
    effects: u64,
    looks: u32,
    /// It was in the same state again without an effect since.
    repeats: bool,
}

/// How long nothing has had an effect.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standstill {
    /// Writes and looks at clocks.
    effects: u64,
    /// How many there were at the first of the rounds that are counted.
    seen: u64,
    rounds: u32,
    next: u32,
}

impl Standstill {
    pub(crate) const NONE: Standstill = Standstill {
        effects: 1,
        seen: 0,
        rounds: 0,
        next: FIRST,
    };

    /// Something happened that another thread can see, or that depends on the time.
    #[inline(always)]
    pub(crate) fn effect(&mut self) {
        self.effects += 1;
    }

    /// A thread has gone round. Returns whether it is time to compare its state, with those of
    /// `threads` threads.
    #[inline]
    fn round(&mut self, threads: u32) -> bool {
        if self.seen != self.effects {
            *self = Standstill {
                effects: self.effects,
                seen: self.effects,
                ..Standstill::NONE
            };
        }
        self.rounds += 1;
        if self.rounds == self.next + WINDOW * threads {
            self.next = self.next.saturating_mul(4);
        }
        self.rounds >= self.next
    }
}

impl Earlier {
    /// The thread is in this state. Returns whether it was before, with no effect since.
    fn look(&mut self, state: u64, effects: u64) -> bool {
        if self.effects != effects || self.looks >= WINDOW / 2 {
            *self = Earlier {
                state,
                effects,
                looks: 0,
                repeats: self.effects == effects && self.repeats,
            };
            return false;
        }
        self.looks += 1;
        self.repeats |= self.state == state;
        self.repeats
    }
}

/// The running thread, which has nothing to do until something happens, goes on at `pc`.
/// Ends the execution if no thread will ever do anything else.
pub(crate) fn round(pc: usize) {
    with(|e| {
        let threads = e.threads.used().len() as u32;
        if !e.standstill.round(threads) {
            return;
        }
        let effects = e.standstill.effects;
        let Some(state) = e.inside(|_| state(pc)) else {
            return;
        };
        let slot = hot::slot();
        let row = e.threads.row_mut(slot);
        if row.earlier.look(state, effects) && e.all_repeat(effects) {
            e.kernel().stop_as_endless();
            e.leave(End::Endless);
        }
    });
}

impl Engine {
    /// Whether every thread that is able to go on was seen in the same state twice.
    fn all_repeat(&mut self, effects: u64) -> bool {
        let mut slots = self.threads.used().map(|slot| slot as u16);
        !self.waiters.has_descriptors()
            && slots.all(|slot| {
                let row = self.threads.row(slot);
                let (task, earlier) = (row.task, row.earlier);
                match task {
                    _ if !self.threads.is_live(slot) => true,
                    _ if earlier.effects == effects && earlier.repeats => true,
                    Some(task) => !self.kernel().is_live(task),
                    None => self.harness.is(slot),
                }
            })
    }
}

/// What the unwinder looks for, and what it finds.
struct Search {
    pc: usize,
    /// The stack pointer there, and the registers that survive a call.
    found: Option<(usize, [usize; 6])>,
}

#[link(name = "gcc_s")]
unsafe extern "C" {
    fn _Unwind_Backtrace(
        each: unsafe extern "C" fn(*mut c_void, *mut c_void) -> c_int,
        argument: *mut c_void,
    ) -> c_int;
    fn _Unwind_GetIP(context: *mut c_void) -> usize;
    fn _Unwind_GetCFA(context: *mut c_void) -> usize;
    fn _Unwind_GetGR(context: *mut c_void, register: c_int) -> usize;
}

/// The state of the running thread where its code goes on at `pc`; `None` if it is not found.
fn state(pc: usize) -> Option<u64> {
    let mut search = Search { pc, found: None };
    // SAFETY: The callback gets `search`, which outlives the call.
    unsafe { _Unwind_Backtrace(frame, (&raw mut search).cast()) };
    let (stack, registers) = search.found?;
    let (low, size) = with(|e| e.stacks.extent(hot::slot()));
    let end = low + size;
    if !(low..end).contains(&stack) {
        return None;
    }
    // SAFETY: The running thread's stack from that frame on, which nobody writes to meanwhile.
    let bytes = unsafe {
        slice::from_raw_parts(std::ptr::with_exposed_provenance::<u8>(stack), end - stack)
    };
    let mut hasher = DefaultHasher::new();
    hasher.write_usize(stack);
    for register in registers {
        hasher.write_usize(register);
    }
    hasher.write(bytes);
    Some(hasher.finish())
}

unsafe extern "C" fn frame(context: *mut c_void, search: *mut c_void) -> c_int {
    /// rbx, rbp and r12 to r15 by their numbers in DWARF.
    const PRESERVED: [c_int; 6] = [3, 6, 12, 13, 14, 15];
    /// `_URC_NO_REASON` and `_URC_END_OF_STACK`.
    const GO_ON: c_int = 0;
    const ENOUGH: c_int = 5;
    // SAFETY: The unwinder gives its context and what it was given.
    unsafe {
        let search = &mut *search.cast::<Search>();
        if _Unwind_GetIP(context) != search.pc {
            return GO_ON;
        }
        let registers = PRESERVED.map(|register| _Unwind_GetGR(context, register));
        search.found = Some((_Unwind_GetCFA(context), registers));
        ENOUGH
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_compared_after_many_rounds_without_an_effect() {
        let mut standstill = Standstill::NONE;
        let early = (1..FIRST).any(|_| standstill.round(2));
        assert!(!early && standstill.round(2));
        standstill.effect();
        assert!(!standstill.round(2));
    }

    #[test]
    fn a_state_repeats_if_it_comes_again_without_an_effect() {
        let mut earlier = Earlier::default();
        assert!(!earlier.look(1, 1));
        assert!(!earlier.look(2, 1));
        assert!(earlier.look(1, 1));
        assert!(!earlier.look(1, 2), "an effect since");
        let mut counts = Earlier::default();
        assert!(!(0..1000).any(|state| counts.look(state, 1)));
    }
}
