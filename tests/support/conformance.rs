//! The same body under std and under Jostle.

use std::fmt::Debug;

use crate::support::explore::explore;

/// Executes under Jostle enough for every outcome to come up.
const EXECUTIONS: u64 = 700;

/// Runs a body under both libraries. Under std it must end in one of `outcomes`,
/// under Jostle in all of them and nothing else.
#[track_caller]
pub(crate) fn conform<R: Debug + 'static>(
    on_std: fn() -> R,
    on_jostle: fn() -> R,
    outcomes: impl IntoIterator<Item = R>,
) {
    let outcomes: Vec<R> = outcomes.into_iter().collect();
    let allowed: Vec<String> = outcomes.iter().map(|o| format!("{o:?}")).collect();
    for _ in 0..20 {
        let outcome = format!("{:?}", on_std());
        assert!(allowed.contains(&outcome), "std gave {outcome}");
    }
    explore(EXECUTIONS, on_jostle).gives(outcomes);
}

/// Declares tests whose body is compiled twice, with `sync`, `thread`, `time`,
/// `hint` of std and of jostle, and the outcomes that it may and must have.
macro_rules! conformance {
    ($($(#[$attr:meta])* $name:ident() -> $ret:ty $body:block gives $outcomes:expr;)*) => {
        $(
            $(#[$attr])*
            #[test]
            fn $name() {
                fn on_std() -> $ret {
                    #[allow(unused_imports)]
                    use std::{hint, sync, thread, thread_local, time};
                    $body
                }
                fn on_jostle() -> $ret {
                    #[allow(unused_imports)]
                    use jostle::thread::thread_local;
                    #[allow(unused_imports)]
                    use jostle::{hint, sync, thread, time};
                    $body
                }
                $crate::support::conformance::conform(on_std, on_jostle, $outcomes);
            }
        )*
    };
}
pub(crate) use conformance;
