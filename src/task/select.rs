//! The macro `select!` and the functions that it expands to.
//!
//! The macro takes its arms apart one at a time and gives each a name and a number. The futures
//! are pinned in a separate block, so that all of them are gone when a body runs. That is
//! also why bodies may `break`, `return` and `.await`. An enum with a variant for each arm
//! carries the value from that block to the bodies.
//!
//! Whether a value matches its pattern has to be known inside the block, where it decides
//! whether the others are polled on, and the bindings are needed outside. So the value is
//! matched twice: the first time with a guard that records the match and then refuses it, which
//! moves nothing.

use crate::rt;
use jostle_core::decision::ChoiceKind;
use jostle_core::id::ObjectId;
use jostle_core::op::{OpKind, Site};

/// The scheduling point of a `select!`. What it expands to calls it.
///
/// # Panics
///
/// Outside a scenario.
#[track_caller]
pub fn begin() {
    rt::point(OpKind::Select, ObjectId::WORLD, Site::caller());
}

/// Which arm to poll first: a choice among those that are `enabled`. What
/// `select!` expands to calls it.
///
/// # Panics
///
/// Outside a scenario.
#[must_use]
pub fn first(enabled: &[bool]) -> usize {
    let live = enabled.iter().filter(|e| **e).count();
    let chosen = rt::choose(ChoiceKind::Arm, live as u32) as usize;
    let mut arms = (0..enabled.len()).filter(|&arm| enabled[arm]);
    arms.nth(chosen).unwrap_or(0)
}

/// See [`jostle::task::select!`](crate::task::select!).
#[doc(hidden)]
#[macro_export]
macro_rules! __task_select {
    (@name $mode:ident $arms:tt) => {
        $crate::__task_select!(@arms $mode $arms [] [
            (A 0) (B 1) (C 2) (D 3) (E 4) (F 5) (G 6) (H 7)
            (I 8) (J 9) (K 10) (L 11) (M 12) (N 13) (O 14) (P 15)
        ])
    };

    // One arm at a time off the first list, onto the second one. What is left of
    // the third are the names and numbers of arms to come.
    (@arms $mode:ident [] $done:tt $names:tt) => {
        $crate::__task_select!(@emit $mode $done [
            ::core::panic!("all branches are disabled and there is no else branch")
        ])
    };
    (@arms $mode:ident [else => $body:expr $(,)?] $done:tt $names:tt) => {
        $crate::__task_select!(@emit $mode $done [$body])
    };
    (@arms $mode:ident [$($rest:tt)+] $done:tt []) => {
        ::core::compile_error!("select! takes at most 16 arms")
    };
    (@arms $mode:ident [$pat:pat = $fut:expr, if $if:expr => $body:block, $($rest:tt)*] $done:tt $names:tt) => {
        $crate::__task_select!(@arm $mode [$($rest)*] $done $names [$pat] [$fut] [$if] [$body])
    };
    (@arms $mode:ident [$pat:pat = $fut:expr => $body:block, $($rest:tt)*] $done:tt $names:tt) => {
        $crate::__task_select!(@arm $mode [$($rest)*] $done $names [$pat] [$fut] [true] [$body])
    };
    (@arms $mode:ident [$pat:pat = $fut:expr, if $if:expr => $body:block $($rest:tt)*] $done:tt $names:tt) => {
        $crate::__task_select!(@arm $mode [$($rest)*] $done $names [$pat] [$fut] [$if] [$body])
    };
    (@arms $mode:ident [$pat:pat = $fut:expr => $body:block $($rest:tt)*] $done:tt $names:tt) => {
        $crate::__task_select!(@arm $mode [$($rest)*] $done $names [$pat] [$fut] [true] [$body])
    };
    (@arms $mode:ident [$pat:pat = $fut:expr, if $if:expr => $body:expr $(, $($rest:tt)*)?] $done:tt $names:tt) => {
        $crate::__task_select!(@arm $mode [$($($rest)*)?] $done $names [$pat] [$fut] [$if] [$body])
    };
    (@arms $mode:ident [$pat:pat = $fut:expr => $body:expr $(, $($rest:tt)*)?] $done:tt $names:tt) => {
        $crate::__task_select!(@arm $mode [$($($rest)*)?] $done $names [$pat] [$fut] [true] [$body])
    };
    (@arm $mode:ident $rest:tt [$($done:tt)*] [($name:ident $at:tt) $($names:tt)*] $pat:tt $fut:tt $if:tt $body:tt) => {
        $crate::__task_select!(
            @arms $mode $rest [$($done)* { $name $at $pat $fut $if $body }] [$($names)*]
        )
    };

    (@emit $mode:ident
        [$({ $name:ident $at:tt [$pat:pat] [$fut:expr] [$if:expr] [$body:expr] })*] [$else:expr]
    ) => {{
        enum __JostleArm<$($name),*> {
            $($name($name),)*
            __Else,
        }
        $crate::task::select::begin();
        let arm = {
            let mut enabled = [$($if),*];
            $(
                #[allow(non_snake_case)]
                let mut $name =
                    ::core::pin::pin!(::core::future::IntoFuture::into_future($fut));
            )*
            let arm = ::core::future::poll_fn(|cx| {
                let mut pending = false;
                let first: usize = $crate::__task_select!(@first $mode enabled);
                for nth in 0..enabled.len() {
                    let at = (first + nth) % enabled.len();
                    if !enabled[at] {
                        continue;
                    }
                    match at {
                        $($at => match ::core::future::Future::poll($name.as_mut(), cx) {
                            ::core::task::Poll::Pending => pending = true,
                            ::core::task::Poll::Ready(value) => {
                                enabled[at] = false;
                                let mut matches = false;
                                #[allow(unused_variables, unused_mut)]
                                match value {
                                    $pat if { matches = true; false } => ::core::unreachable!(),
                                    _ => {}
                                }
                                if matches {
                                    return ::core::task::Poll::Ready(__JostleArm::$name(value));
                                }
                            }
                        },)*
                        _ => ::core::unreachable!(),
                    }
                }
                if pending {
                    ::core::task::Poll::Pending
                } else {
                    ::core::task::Poll::Ready(__JostleArm::__Else)
                }
            })
            .await;
            arm
        };
        match arm {
            $(__JostleArm::$name($pat) => $body,)*
            __JostleArm::__Else => $else,
            #[allow(unreachable_patterns)]
            _ => ::core::unreachable!(),
        }
    }};

    (@first random $enabled:ident) => { $crate::task::select::first(&$enabled) };
    (@first biased $enabled:ident) => { 0 };

    (@ $($other:tt)*) => {
        ::core::compile_error!(
            "select! expects arms of the form `pattern = future => body`, with `, if condition` \
             before the arrow, and `else => body` at the end"
        )
    };
    (biased; $($arms:tt)+) => { $crate::__task_select!(@name biased [$($arms)+]) };
    ($($arms:tt)+) => { $crate::__task_select!(@name random [$($arms)+]) };
}
