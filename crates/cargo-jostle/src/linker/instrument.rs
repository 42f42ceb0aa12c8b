//! From the inputs of a link to instrumented ones, by way of the cache.
//!
//! 1. Every input is looked at. An archive whose content is known is done.
//! 2. All modules of the others, of every archive and object alike, are made on a few
//!    threads, the largest first. Each is an entry of the cache by itself, so that after
//!    a change only the modules that differ are made.
//! 3. The archives are put together from them.
//!
//! Several linkers run at once, most with the same dependencies. A module that another
//! one is making is deferred, and only waited for when nothing else is left: they share
//! the work instead of standing in line.

use std::collections::HashMap;
use std::fmt::{self, Display, Formatter};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::thread;

use anyhow::{Context as _, Result};

use super::archive::{self, Member};
use super::assembly;
use super::bitcode::{self, Content};
use super::cache::{Cache, Entry, Key, Shelf};
use super::facts::Facts;
use super::llvm::Llvm;
use super::standard;
use super::tokio::Constructors;
use crate::toolchain::Toolchain;

/// More threads would take more memory than they save time: a large crate takes some
/// hundred megabytes.
const THREADS: usize = 8;

/// An input and what became of it.
#[derive(Debug)]
pub(crate) struct Input {
    /// The file to link in its place.
    pub(crate) path: PathBuf,
    /// The crate or library that it belongs to.
    pub(crate) owner: String,
    /// Whether it belongs to the toolchain.
    pub(crate) standard: bool,
    /// What is known about it.
    pub(crate) facts: Facts,
}

/// What came of all inputs.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// One for each path that was given, in that order.
    pub(crate) inputs: Vec<Input>,
    /// Modules that were made.
    pub(crate) made: usize,
    /// Modules and archives that were there.
    pub(crate) reused: usize,
}

/// Makes instrumented files.
pub(crate) struct Instrumenter<'a> {
    toolchain: &'a Toolchain,
    cache: &'a Cache,
    /// Loading takes longer than a link in which nothing is to be made.
    llvm: OnceLock<Llvm>,
    made: AtomicUsize,
    reused: AtomicUsize,
}

/// An input that step 1 has looked at.
enum Stage<'a> {
    Ready(PathBuf, Facts),
    Object(Key, &'a [u8]),
    Archive(Key, Vec<Part<'a>>),
}

/// A member of an archive to be put together.
struct Part<'a> {
    name: String,
    source: Source<'a>,
}

/// A module to be made, and where it was found.
struct Module<'a> {
    key: &'a Key,
    bitcode: &'a [u8],
    path: &'a Path,
    member: Option<&'a str>,
}

impl Display for Module<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.member {
            None => write!(f, "{}", self.path.display()),
            Some(member) => write!(f, "{}({member})", self.path.display()),
        }
    }
}

/// Where the content of a member comes from.
enum Source<'a> {
    Module(Key, &'a [u8]),
    Native(&'a [u8], Facts),
}

impl<'a> Instrumenter<'a> {
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

    /// Instruments files that a linker is given.
    pub(crate) fn run(self, paths: &[PathBuf]) -> Result<Outcome> {
        let contents: Vec<OnceLock<Vec<u8>>> = paths.iter().map(|_| OnceLock::new()).collect();
        let mut stages = Vec::with_capacity(paths.len());
        for (path, content) in paths.iter().zip(&contents) {
            stages.push(self.look(path, content)?);
        }
        let mut modules: Vec<Module<'_>> = Vec::new();
        for (path, stage) in paths.iter().zip(&stages) {
            match stage {
                Stage::Ready(..) => {}
                Stage::Object(key, bitcode) => {
                    modules.push(Module {
                        key,
                        bitcode,
                        path,
                        member: None,
                    });
                }
                Stage::Archive(_, parts) => {
                    modules.extend(parts.iter().filter_map(|part| part.module(path)));
                }
            }
        }
        let entries = self.make_all(modules)?;
        let mut inputs = Vec::with_capacity(paths.len());
        for (path, stage) in paths.iter().zip(&stages) {
            let owner = archive::owner(path);
            let standard = standard::is_standard(path, self.toolchain.sysroot());
            let (path, facts) = match stage {
                Stage::Ready(path, facts) => (path.clone(), facts.clone()),
                Stage::Object(key, _) => {
                    let entry = &entries[key];
                    (entry.path.clone(), entry.facts.clone())
                }
                Stage::Archive(key, parts) => {
                    let entry = self
                        .assemble(&owner, key, parts, &entries)
                        .with_context(|| format!("{} cannot be put together", path.display()))?;
                    (entry.path, entry.facts)
                }
            };
            inputs.push(Input {
                path,
                owner,
                standard,
                facts,
            });
        }
        let (made, reused) = (self.made.into_inner(), self.reused.into_inner());
        Ok(Outcome {
            inputs,
            made,
            reused,
        })
    }

    /// Step 1 for one input.
    fn look<'c>(&self, path: &Path, content: &'c OnceLock<Vec<u8>>) -> Result<Stage<'c>> {
        let sysroot = self.toolchain.sysroot();
        if standard::is_left_alone(path, sysroot) {
            return Ok(Stage::Ready(path.to_owned(), Facts::default()));
        }
        // Files of the toolchain do not change under its identity, and reading all of
        // them for each link would take longer than linking.
        let known = match standard::is_standard(path, sysroot) {
            true => Some(Key::of(path.as_os_str().as_encoded_bytes())),
            false => None,
        };
        if let Some(entry) = known.as_ref().and_then(|key| self.archive(key)) {
            return Ok(Stage::Ready(entry.path, entry.facts));
        }
        let read = fs::read(path)
            .with_context(|| format!("{} cannot be read; build again", path.display()))?;
        let content = content.get_or_init(|| read);
        if content.starts_with(b"!<arch>\n") || content.starts_with(b"!<thin>\n") {
            let key = known.unwrap_or_else(|| Key::of(content));
            if let Some(entry) = self.archive(&key) {
                return Ok(Stage::Ready(entry.path, entry.facts));
            }
            let parts = self.parts(path, content)?;
            return Ok(match parts.iter().any(|part| part.module(path).is_some()) {
                true => Stage::Archive(key, parts),
                // Nothing to be made: the file itself will do.
                false => Stage::Ready(path.to_owned(), sum(&parts, &HashMap::new())),
            });
        }
        let inspected = bitcode::inspect(content).with_context(|| format!("{}", path.display()))?;
        Ok(match inspected {
            Content::Bitcode(bitcode) => Stage::Object(Key::of(bitcode), bitcode),
            Content::Nothing => Stage::Ready(path.to_owned(), Facts::default()),
            Content::Machine(machine) => {
                let name = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                Stage::Ready(path.to_owned(), Facts::of_native(name, &machine))
            }
        })
    }

    /// An archive that was put together before.
    fn archive(&self, key: &Key) -> Option<Entry<Facts>> {
        let entry = self.cache.get(Shelf::Archives, key)?;
        self.reused.fetch_add(1, Ordering::Relaxed);
        Some(entry)
    }

    /// The members of an archive.
    fn parts<'c>(&self, path: &Path, content: &'c [u8]) -> Result<Vec<Part<'c>>> {
        let mut parts = Vec::new();
        for Member { name, data } in archive::read(content, path.display())? {
            let inspected =
                bitcode::inspect(data).with_context(|| format!("{}({name})", path.display()))?;
            let source = match inspected {
                Content::Bitcode(bitcode) => Source::Module(Key::of(bitcode), bitcode),
                Content::Nothing => Source::Native(data, Facts::default()),
                Content::Machine(machine) => {
                    Source::Native(data, Facts::of_native(name.clone(), &machine))
                }
            };
            parts.push(Part { name, source });
        }
        Ok(parts)
    }

    /// Step 2: makes every module that is not there.
    fn make_all<'k>(&self, mut modules: Vec<Module<'k>>) -> Result<HashMap<&'k Key, Entry<Facts>>> {
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
            let entry = self.cache.get(Shelf::Objects, key)?;
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
            .put(Shelf::Objects, key, &made.object, facts)
            .map(Some)
    }

    /// The toolchain's LLVM, loaded at the first use.
    fn llvm(&self) -> Result<&Llvm> {
        if let Some(llvm) = self.llvm.get() {
            return Ok(llvm);
        }
        let llvm = Llvm::load(self.toolchain.llvm())?;
        Ok(self.llvm.get_or_init(|| llvm))
    }

    /// Step 3 for one archive.
    fn assemble(
        &self,
        owner: &str,
        key: &Key,
        parts: &[Part<'_>],
        entries: &HashMap<&Key, Entry<Facts>>,
    ) -> Result<Entry<Facts>> {
        let mut members = Vec::with_capacity(parts.len());
        for part in parts {
            let data = match &part.source {
                Source::Native(data, _) => data.to_vec(),
                Source::Module(key, _) => fs::read(&entries[key].path)?,
            };
            members.push(Member {
                name: part.name.clone(),
                data,
            });
        }
        let mut facts = sum(parts, entries);
        if owner == "tokio" {
            facts.tokio = Constructors::find(members.iter().map(|it| it.data.as_slice()));
        }
        self.cache
            .put(Shelf::Archives, key, &archive::write(members)?, facts)
    }
}

impl Part<'_> {
    /// The module, if it is one.
    fn module<'p>(&'p self, archive: &'p Path) -> Option<Module<'p>> {
        match &self.source {
            Source::Module(key, bitcode) => Some(Module {
                key,
                bitcode,
                path: archive,
                member: Some(&self.name),
            }),
            Source::Native(..) => None,
        }
    }
}

/// The facts of all members.
fn sum(parts: &[Part<'_>], entries: &HashMap<&Key, Entry<Facts>>) -> Facts {
    let mut facts = Facts::default();
    for part in parts {
        facts.add(match &part.source {
            Source::Native(_, facts) => facts.clone(),
            Source::Module(key, _) => entries[key].facts.clone(),
        });
    }
    facts
}
