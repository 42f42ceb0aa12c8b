//! From the inputs of a link to instrumented ones, by way of the cache.
//!
//! 1. Every input is looked at. An archive whose content is known is done.
//! 2. All modules of the others, of every archive and object alike, are made. Each is an
//!    entry of the cache by itself, so that after a change only the modules that differ
//!    are made.
//! 3. The archives are put together from them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result};

use super::archive::{self, Member};
use super::bitcode::{self, Content};
use super::cache::{Cache, Entry, EntryKind, Key};
use super::facts::Facts;
use super::maker::{Maker, Module};
use super::standard;
use super::tokio::Constructors;
use crate::toolchain::Toolchain;

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
    maker: Maker<'a>,
}

/// An input that step 1 has looked at.
enum Stage<'a> {
    /// Linked as it is.
    Ready(PathBuf, Facts),
    /// Put together before.
    Known(Entry<Facts>),
    /// A module by itself.
    Object(Key, &'a [u8]),
    /// Members to be put together.
    Archive(Key, Vec<Part<'a>>),
}

/// A member of an archive to be put together.
struct Part<'a> {
    name: String,
    source: Source<'a>,
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
            maker: Maker::new(toolchain, cache),
        }
    }

    /// Instruments files that a linker is given.
    pub(crate) fn run(&self, paths: &[PathBuf]) -> Result<Outcome> {
        let contents: Vec<OnceLock<Vec<u8>>> = paths.iter().map(|_| OnceLock::new()).collect();
        let mut stages = Vec::with_capacity(paths.len());
        for (path, content) in paths.iter().zip(&contents) {
            stages.push(self.look(path, content)?);
        }
        let mut modules: Vec<Module<'_>> = Vec::new();
        for (path, stage) in paths.iter().zip(&stages) {
            match stage {
                Stage::Ready(..) | Stage::Known(_) => {}
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
        let entries = self.maker.make_all(modules)?;
        let mut inputs = Vec::with_capacity(paths.len());
        for (path, stage) in paths.iter().zip(&stages) {
            let owner = archive::owner(path);
            let standard = standard::is_standard(path, self.toolchain.sysroot());
            let (path, facts) = match stage {
                Stage::Ready(path, facts) => (path.clone(), facts.clone()),
                Stage::Known(entry) => (entry.path.clone(), entry.facts.clone()),
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
        let known = stages.iter().filter(|it| matches!(it, Stage::Known(_)));
        let archives = known.count();
        let (made, reused) = self.maker.counts();
        Ok(Outcome {
            inputs,
            made,
            reused: reused + archives,
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
            return Ok(Stage::Known(entry));
        }
        let read = fs::read(path)
            .with_context(|| format!("{} cannot be read; build again", path.display()))?;
        let content = content.get_or_init(|| read);
        if content.starts_with(b"!<arch>\n") || content.starts_with(b"!<thin>\n") {
            let key = known.unwrap_or_else(|| Key::of(content));
            if let Some(entry) = self.archive(&key) {
                return Ok(Stage::Known(entry));
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
        self.cache.get(EntryKind::Archives, key)
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
            .put(EntryKind::Archives, key, &archive::write(members)?, facts)
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
