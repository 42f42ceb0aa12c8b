//! The macro `select!`: parses the arms and calls `select`.

/// Takes one of several communications: Go's `select`
/// ([Select statements](https://go.dev/ref/spec#Select_statements)).
///
/// ```no_run
/// use jostle::go;
///
/// # fn work(jobs: go::Receiver<u32>, done: go::Receiver<()>, results: go::Sender<u32>) {
/// loop {
///     go::select! {
///         recv(jobs) -> job => match job {
///             Some(job) => results.send(job * 2),
///             None => break,
///         },
///         send(results, 0) => {}
///         recv(done) => return,
///         default => go::sleep(std::time::Duration::from_millis(1)),
///     }
/// }
/// # }
/// ```
///
/// - `recv(channel) -> pattern => body` receives from a
///   [`Receiver`](crate::go::Receiver); the pattern is matched with what
///   [`recv`](crate::go::Receiver::recv) gives, an `Option`. Without
///   `-> pattern` the value is dropped before the body.
/// - `send(channel, value) => body` sends on a [`Sender`](crate::go::Sender). The
///   value of an arm that is not taken is dropped before the body of the one
///   that is.
/// - `default => body`, at most once and anywhere, is taken if no other arm can
///   go on. Without it the task waits.
///
/// Channels and values are evaluated once, in the order of the source, before
/// anything else. Of several arms that can go on the decision source chooses one.
/// An arm whose channel is nil is never ready; `select! {}` waits for ever. Two
/// arms of one `select!` never meet each other. Bodies stand in the scope of the
/// caller: `break`, `continue`, `return` and `?` leave the `select!` as they would
/// leave a `match`, which is what it is an expression like.
///
/// The whole is one scheduling point.
///
/// # Panics
///
/// With "send on closed channel" if a send arm is taken whose channel is closed
/// (a closed channel is ready). Outside a scenario.
#[doc(inline)]
pub use crate::__go_select as select;

#[doc(hidden)]
#[macro_export]
macro_rules! __go_select {
    // @read [arms so far] [default] rest
    (@read $arms:tt $default:tt , $($rest:tt)*) => {
        $crate::__go_select!(@read $arms $default $($rest)*)
    };
    (@read [$($arm:tt)*] $default:tt recv($rx:expr $(,)?) -> $got:pat => $body:block $($rest:tt)*) => {
        $crate::__go_select!(@read [$($arm)* (recv($rx) $got => $body)] $default $($rest)*)
    };
    (@read [$($arm:tt)*] $default:tt recv($rx:expr $(,)?) -> $got:pat => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__go_select!(@read [$($arm)* (recv($rx) $got => $body)] $default $($($rest)*)?)
    };
    (@read [$($arm:tt)*] $default:tt recv($rx:expr $(,)?) => $body:block $($rest:tt)*) => {
        $crate::__go_select!(@read [$($arm)* (recv($rx) _ => $body)] $default $($rest)*)
    };
    (@read [$($arm:tt)*] $default:tt recv($rx:expr $(,)?) => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__go_select!(@read [$($arm)* (recv($rx) _ => $body)] $default $($($rest)*)?)
    };
    (@read [$($arm:tt)*] $default:tt send($tx:expr, $value:expr $(,)?) => $body:block $($rest:tt)*) => {
        $crate::__go_select!(@read [$($arm)* (send($tx, $value) _ => $body)] $default $($rest)*)
    };
    (@read [$($arm:tt)*] $default:tt send($tx:expr, $value:expr $(,)?) => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__go_select!(@read [$($arm)* (send($tx, $value) _ => $body)] $default $($($rest)*)?)
    };
    (@read $arms:tt [] default => $body:block $($rest:tt)*) => {
        $crate::__go_select!(@read $arms [$body] $($rest)*)
    };
    (@read $arms:tt [] default => $body:expr $(, $($rest:tt)*)?) => {
        $crate::__go_select!(@read $arms [$body] $($($rest)*)?)
    };
    (@read $arms:tt [$first:expr] default => $($rest:tt)*) => {
        ::std::compile_error!("a select! has at most one default")
    };
    // The list first, in a statement of its own, so that what the channel
    // expressions borrow is given back before the task waits and before a body
    // runs.
    (@read $arms:tt $default:tt) => {{
        let arms = $crate::__go_select!(@list $arms $default);
        let taken = $crate::go::select::run(arms);
        $crate::__go_select!(@match taken $arms $default)
    }};
    (@read $arms:tt $default:tt $($rest:tt)*) => {
        ::std::compile_error!(::std::concat!(
            "select! expects `recv(channel) -> pattern => body`, `recv(channel) => body`, \
             `send(channel, value) => body` or `default => body`, found `",
            ::std::stringify!($($rest)*),
            "`"
        ))
    };

    (@list [] []) => { $crate::go::select::Blocks };
    (@list [] [$default:expr]) => { $crate::go::select::OrDefault };
    (@list [($op:ident($chan:expr $(, $value:expr)?) $($arm:tt)*) $($rest:tt)*] $default:tt) => {
        (
            // The match lets a reference to an end stand for the end.
            match &$chan {
                chan => $crate::go::select::$op(chan $(, $value)?),
            },
            $crate::__go_select!(@list [$($rest)*] $default),
        )
    };

    (@match $taken:ident [] []) => { match $taken {} };
    (@match $taken:ident [] [$default:expr]) => {{
        let () = $taken;
        $default
    }};
    (@match $taken:ident [($op:ident $args:tt $got:pat => $body:expr) $($rest:tt)*] $default:tt) => {
        match $taken {
            $crate::go::select::Taken::This($got) => $body,
            $crate::go::select::Taken::Later(later) => {
                $crate::__go_select!(@match later [$($rest)*] $default)
            }
        }
    };

    // Must stand last: it takes everything.
    ($($arms:tt)*) => { $crate::__go_select!(@read [] [] $($arms)*) };
}
