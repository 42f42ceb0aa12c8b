//! `Select`: a `select!` whose arms are known only at run time.

use std::fmt;

use crate::go::chan::{Receiver, Sender};
use crate::go::select::{self, Arm, Arms, Outcome};

/// A [`select!`](crate::go::select!) with any number of arms, as Go's
/// `reflect.Select` has. Each arm has a function that runs when the arm is taken.
///
/// ```no_run
/// use jostle::go::{self, Select};
///
/// # fn first(inputs: &[go::Receiver<u32>]) -> Option<(usize, u32)> {
/// let mut arms = Select::new();
/// for (i, input) in inputs.iter().enumerate() {
///     arms = arms.recv(input, move |value| value.map(|value| (i, value)));
/// }
/// arms.run()
/// # }
/// ```
#[must_use = "nothing is selected before run"]
pub struct Select<'a, R> {
    arms: Vec<Box<dyn Case<R> + 'a>>,
    default: Option<Box<dyn FnOnce() -> R + 'a>>,
}

impl<'a, R: 'a> Select<'a, R> {
    /// No arms: it would wait for ever.
    pub fn new() -> Select<'a, R> {
        Select {
            arms: Vec::new(),
            default: None,
        }
    }

    /// Adds an arm that receives from `receiver`; `then` gets what
    /// [`recv`](Receiver::recv) would have given.
    pub fn recv<T: 'a>(
        mut self,
        receiver: &Receiver<T>,
        then: impl FnOnce(Option<T>) -> R + 'a,
    ) -> Select<'a, R> {
        self.arms.push(Box::new((select::recv(receiver), then)));
        self
    }

    /// Adds an arm that sends `value` to `sender`.
    pub fn send<T: 'a>(
        mut self,
        sender: &Sender<T>,
        value: T,
        then: impl FnOnce() -> R + 'a,
    ) -> Select<'a, R> {
        let then = move |()| then();
        self.arms
            .push(Box::new((select::send(sender, value), then)));
        self
    }

    /// Sets what is done if no arm can go on. The last default holds.
    pub fn default(mut self, then: impl FnOnce() -> R + 'a) -> Select<'a, R> {
        self.default = Some(Box::new(then));
        self
    }

    /// Takes one arm and runs its function; see
    /// [`select!`](crate::go::select!).
    ///
    /// # Panics
    ///
    /// With "send on closed channel" if a send arm is taken whose channel is
    /// closed. Outside a scenario.
    #[track_caller]
    pub fn run(self) -> R {
        select::run(self)()
    }
}

impl<'a, R: 'a> Default for Select<'a, R> {
    fn default() -> Self {
        Select::new()
    }
}

impl<R> fmt::Debug for Select<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Select")
            .field("arms", &self.arms.len())
            .field("default", &self.default.is_some())
            .finish()
    }
}

/// An arm with its function.
trait Case<R> {
    fn arm(&mut self) -> &mut dyn Arm;
    /// Ends the arm; the function, ready to be called, comes back.
    fn taken<'a>(self: Box<Self>) -> Box<dyn FnOnce() -> R + 'a>
    where
        Self: 'a;
}

impl<R, A: Outcome, F: FnOnce(A::Value) -> R> Case<R> for (A, F) {
    fn arm(&mut self) -> &mut dyn Arm {
        &mut self.0
    }

    fn taken<'a>(self: Box<Self>) -> Box<dyn FnOnce() -> R + 'a>
    where
        Self: 'a,
    {
        Box::new(move || (self.1)(self.0.outcome()))
    }
}

impl<'a, R: 'a> Arms for Select<'a, R> {
    type Taken = Box<dyn FnOnce() -> R + 'a>;

    fn count(&self) -> u32 {
        self.arms.len() as u32
    }

    fn has_default(&self) -> bool {
        self.default.is_some()
    }

    fn arm(&mut self, n: u32) -> &mut dyn Arm {
        self.arms[n as usize].arm()
    }

    fn taken(mut self, n: u32) -> Self::Taken {
        if let Some(default) = self.default.filter(|_| n as usize == self.arms.len()) {
            return default;
        }
        if self.arms.is_empty() {
            select::for_ever();
        }
        self.arms.swap_remove(n as usize).taken()
    }
}
