//! Makes instrumented objects of modules, each at most once on this machine.
//!
//! The work is done on a few threads, the largest modules first. Several linkers run at
//! once, most with the same dependencies. A module that another one is making is
//! deferred, and only waited for when nothing else is left: they share the work instead
//! of standing in line. A thread holds at most one lock at a time, so that no circle of
//! waiting can arise.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

use anyhow::{Context as _, Result};

use super::assembly;
use super::cache::{Cache, Entry, EntryKind, Key};
use super::facts::Facts;
use super::llvm::{Fault, Llvm};
use crate::toolchain::Toolchain;

/// More threads would take more memory than they save time: a large crate takes some
/// hundred megabytes.
const THREADS: usize = 8;

/// A module to be made, and where it was found.
pub(crate) struct Module<'a> {
    /// Names its content.
    pub(crate) key: &'a Key,
    /// Its content.
    pub(crate) bitcode: &'a [u8],
    /// The file that it was found in.
    pub(crate) path: &'a Path,
    /// Where in that file, if it is an archive.
    pub(crate) member: Option<&'a str>,
}

impl Display for Module<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.member {
            None => write!(f, "{}", self.path.display()),
            Some(member) => write!(f, "{}({member})", self.path.display()),
        }
    }
}

/// Makes modules and counts them.
pub(crate) struct Maker<'a> {
    toolchain: &'a Toolchain,
    cache: &'a Cache,
    /// Loading takes longer than a link in which nothing is to be made.
    llvm: OnceLock<Result<Llvm, Fault>>,
    made: AtomicUsize,
    reused: AtomicUsize,
}

impl<'a> Maker<'a> {
    /// One for a toolchain and its cache.
    pub(crate) fn new(toolchain: &'a Toolchain, cache: &'a Cache) -> Self {
        Self {
            toolchain,
            cache,
            llvm: OnceLock::new(),
            made: AtomicUsize::new(0),
            reused: AtomicUsize::new(0),
        }
    }

    /// How many modules were made, and how many were there.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let count = |it: &AtomicUsize| it.load(Ordering::Relaxed);
        (count(&self.made), count(&self.reused))
    }

    /// The entries of all modules, each made if it is not there.
    pub(crate) fn make_all<'k>(
        &self,
        mut modules: Vec<Module<'k>>,
    ) -> Result<HashMap<&'k Key, Entry<Facts>>> {
        // Equal ones stand side by side then, as they are of the same size.
        modules.sort_by(|a, b| (b.bitcode.len(), b.key).cmp(&(a.bitcode.len(), a.key)));
        modules.dedup_by_key(|it| it.key);
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let threads = threads.min(THREADS).min(modules.len());
        let next = AtomicUsize::new(0);
        let done = Mutex::new(HashMap::new());
        let finish = |key, entry| {
            done.lock()
                .expect("nobody panics with it")
                .insert(key, entry)
        };
        let work = || -> Result<()> {
            let mut deferred = Vec::new();
            while let Some(module) = modules.get(next.fetch_add(1, Ordering::Relaxed)) {
                match self.make(module, false)? {
                    Some(entry) => drop(finish(module.key, entry)),
                    None => deferred.push(module),
                }
            }
            for module in deferred {
                let entry = self.make(module, true)?.context("waiting was allowed")?;
                finish(module.key, entry);
            }
            Ok(())
        };
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            workers
                .into_iter()
                .try_for_each(|worker| match worker.join() {
                    Ok(result) => result,
                    Err(panic) => std::panic::resume_unwind(panic),
                })
        })?;
        Ok(done.into_inner().expect("nobody panics with it"))
    }

    /// The entry of a module, made if it is not there. None if another process or thread
    /// is making one and `wait` is not set.
    fn make(&self, module: &Module<'_>, wait: bool) -> Result<Option<Entry<Facts>>> {
        let key = module.key;
        let known = || {
            let entry = self.cache.get(EntryKind::Objects, key)?;
            self.reused.fetch_add(1, Ordering::Relaxed);
            Some(entry)
        };
        if let Some(entry) = known() {
            return Ok(Some(entry));
        }
        let mut lock = self.cache.lock(key)?;
        let _guard = if wait {
            lock.write()
                .context("the cache cannot be locked; set JOSTLE_CACHE to a local disk")?
        } else if let Ok(guard) = lock.try_write() {
            guard
        } else {
            return Ok(None);
        };
        // Whoever held the lock may have made it.
        if let Some(entry) = known() {
            return Ok(Some(entry));
        }
        let made = self.llvm()?.instrument(module.bitcode);
        let made = made.with_context(|| format!("{module}"))?;
        self.made.fetch_add(1, Ordering::Relaxed);
        let facts = Facts {
            objects: 1,
            functions: made.functions,
            assembly: assembly::summarize(&made.assembly),
            ..Facts::default()
        };
        self.cache
            .put(EntryKind::Objects, key, &made.object, facts)
            .map(Some)
    }

    /// The toolchain's LLVM, loaded at the first use.
    fn llvm(&self) -> Result<&Llvm> {
        let llvm = self.llvm.get_or_init(|| Llvm::load(self.toolchain.llvm()));
        llvm.as_ref().map_err(|fault| anyhow::anyhow!("{fault}"))
    }
}
