//! The atomic integers.

use std::fmt;
use std::sync::atomic::{self as real, Ordering};

use crate::sync::atomic::methods::{fetch, methods, real};
use crate::sync::atomic::tracked::{Real, Tracked, note, note_exchange};
use jostle_core::op::OpKind;

macro_rules! ints {
    ($($atomic:ident $name:literal $int:ty,)*) => {
        $(
            #[doc = concat!("See [`std::sync::atomic::", $name, "`].")]
            pub struct $atomic {
                tracked: Tracked<real::$atomic>,
            }

            // The report shows the low half of a wide number.
            real!([] real::$atomic, $name, $int, |value| Some(value as u32));
            methods!([] $atomic, real::$atomic, $int);

            impl $atomic {
                fetch! { real::$atomic, $int,
                    /// Adds, and wraps around on overflow; returns the old value.
                    fetch_add,
                    /// Subtracts, and wraps around on overflow; returns the old
                    /// value.
                    fetch_sub,
                    /// Bitwise "and"; returns the old value.
                    fetch_and,
                    /// Bitwise "nand"; returns the old value.
                    fetch_nand,
                    /// Bitwise "or"; returns the old value.
                    fetch_or,
                    /// Bitwise "xor"; returns the old value.
                    fetch_xor,
                    /// The greater of the two; returns the old value.
                    fetch_max,
                    /// The smaller of the two; returns the old value.
                    fetch_min,
                }
            }

            impl Default for $atomic {
                #[track_caller]
                fn default() -> $atomic {
                    $atomic::new(0)
                }
            }
        )*
    };
}

ints! {
    AtomicI8 "AtomicI8" i8,
    AtomicU8 "AtomicU8" u8,
    AtomicI16 "AtomicI16" i16,
    AtomicU16 "AtomicU16" u16,
    AtomicI32 "AtomicI32" i32,
    AtomicU32 "AtomicU32" u32,
    AtomicI64 "AtomicI64" i64,
    AtomicU64 "AtomicU64" u64,
    AtomicIsize "AtomicIsize" isize,
    AtomicUsize "AtomicUsize" usize,
}
