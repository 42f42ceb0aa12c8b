//! Starts threads: `spawn`, `Builder` and `JoinHandle`.

use std::any::Any;
use std::fmt;
use std::io;

use crate::rt::{self, Shared};
use crate::thread::Thread;
use crate::thread::started::Started;
use jostle_core::op::Site;

/// What joining a thread gives: its value, or what it panicked with. See
/// [`std::thread::Result`].
pub type Result<T> = std::result::Result<T, Box<dyn Any + Send + 'static>>;

/// Starts a thread; see [`std::thread::spawn`].
///
/// The thread runs at once, up to the first thing that others could see.
///
/// # Panics
///
/// Outside a scenario, or if the scenario's budget of tasks is used up.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    start(None, Site::caller(), f)
}

fn start<F, T>(name: Option<String>, site: Site, f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    let packet = Shared::new(None);
    let theirs = packet.clone();
    let body = Box::new(move || {
        let value = f();
        *theirs.get() = Some(value);
    });
    JoinHandle(Started::new(rt::spawn(name, site, body), packet))
}

/// Names a thread before it is started; see [`std::thread::Builder`].
#[derive(Debug)]
#[must_use = "must eventually spawn the thread"]
pub struct Builder {
    name: Option<String>,
}

// Without `Default`, as std's.
#[allow(clippy::new_without_default)]
impl Builder {
    /// A thread without a name.
    pub fn new() -> Builder {
        Builder { name: None }
    }

    /// Gives the thread a name, which reports then use.
    pub fn name(mut self, name: String) -> Builder {
        self.name = Some(name);
        self
    }

    /// Accepted and ignored: a scenario sets the size of all its stacks with
    /// `#[jostle::scenario(stack = …)]`.
    pub fn stack_size(self, _size: usize) -> Builder {
        self
    }

    /// Starts the thread; see [`std::thread::Builder::spawn`].
    ///
    /// # Errors
    ///
    /// Never; the signature is std's.
    ///
    /// # Panics
    ///
    /// As [`spawn`].
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        Ok(start(self.name, Site::caller(), f))
    }

    /// Starts a scoped thread; see [`std::thread::Builder::spawn_scoped`].
    ///
    /// # Errors
    ///
    /// Never; the signature is std's.
    ///
    /// # Panics
    ///
    /// As [`spawn`].
    #[track_caller]
    pub fn spawn_scoped<'scope, 'env, F, T>(
        self,
        scope: &'scope crate::thread::Scope<'scope, 'env>,
        f: F,
    ) -> io::Result<crate::thread::ScopedJoinHandle<'scope, T>>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        Ok(scope.start(self.name, Site::caller(), f))
    }
}

/// The right to wait for a thread; see [`std::thread::JoinHandle`].
pub struct JoinHandle<T>(Started<T>);

impl<T> JoinHandle<T> {
    /// Waits for the thread and gives its value.
    ///
    /// # Errors
    ///
    /// What the thread panicked with, if the scenario allows that panic.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.0.join(Site::caller(), || {})
    }

    /// Whether the thread has finished. It is a scheduling point.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished(Site::caller())
    }

    /// The thread itself.
    pub fn thread(&self) -> &Thread {
        self.0.thread()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show("JoinHandle", f)
    }
}
