//! Instrumented files on disk, by the content they were made from.
//!
//! An entry is two files: the result, and *metadata* beside it, a JSON document with length
//! and checksum of the result and with what was learnt when it was made. The result is
//! put in place first, each by an atomic rename, so that metadata never name a result that
//! is not there in full. An entry whose metadata do not fit counts as missing and is made
//! again.
//!
//! Any number of processes use a cache at once. Two that make the same entry write the
//! same content, so that it does not matter whose rename is last; locks only keep them
//! from doing the work twice.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use fd_lock::RwLock;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sha1_smol::Sha1;

use super::checksum::checksum;
use super::trim;
use crate::toolchain::store;

/// Raised whenever the same input would give another result: other passes, other marks,
/// other facts.
pub(crate) const INSTRUMENTATION: u32 = 1;

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    /// The object of one module.
    Objects,
    /// An archive whose members are such objects.
    Archives,
}

impl EntryKind {
    /// The folder and the extension.
    fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Objects => ("objects", "o"),
            Self::Archives => ("archives", "rlib"),
        }
    }
}

/// Names the content that an entry was made from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key(String);

impl Key {
    /// The key of a content.
    pub(crate) fn of(content: &[u8]) -> Self {
        Self(Sha1::from(content).digest().to_string())
    }

    /// Which of the lock files guards the entry. More than one entry may share a lock.
    fn stripe(&self) -> &str {
        &self.0[..2]
    }
}

/// What the second file of an entry holds.
#[derive(Serialize, Deserialize)]
struct Metadata<F> {
    length: u64,
    checksum: u64,
    facts: F,
}

/// An entry that is there and whole.
#[derive(Debug)]
pub(crate) struct Entry<F> {
    /// The result.
    pub(crate) path: PathBuf,
    /// What was learnt when it was made.
    pub(crate) facts: F,
}

/// The results of one toolchain and one version of the instrumentation.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: PathBuf,
}

impl Cache {
    /// The part of the cache below `directory` that belongs to a toolchain.
    pub(crate) fn open(directory: &Path, toolchain: &str) -> Result<Self> {
        let root = directory
            .join("instrumented")
            .join(format!("{toolchain}-{INSTRUMENTATION}"));
        for folder in ["objects", "archives"] {
            store::create(&root.join(folder))?;
        }
        Ok(Self { root })
    }

    /// Looks for an entry.
    pub(crate) fn get<F: DeserializeOwned>(&self, kind: EntryKind, key: &Key) -> Option<Entry<F>> {
        let path = self.path(kind, key);
        let metadata: Metadata<F> =
            serde_json::from_slice(&fs::read(metadata_path(&path)).ok()?).ok()?;
        let result = fs::read(&path).ok()?;
        let whole =
            result.len() as u64 == metadata.length && checksum(&result) == metadata.checksum;
        if !whole {
            return None;
        }
        trim::used(&path);
        trim::used(&metadata_path(&path));
        Some(Entry {
            path,
            facts: metadata.facts,
        })
    }

    /// Makes an entry.
    pub(crate) fn put<F: Serialize>(
        &self,
        kind: EntryKind,
        key: &Key,
        result: &[u8],
        facts: F,
    ) -> Result<Entry<F>> {
        let path = self.path(kind, key);
        let metadata = Metadata {
            length: result.len() as u64,
            checksum: checksum(result),
            facts,
        };
        let json = serde_json::to_vec(&metadata).context("metadata cannot be written as JSON")?;
        store::write(&path, result)?;
        store::write(&metadata_path(&path), &json)?;
        Ok(Entry {
            path,
            facts: metadata.facts,
        })
    }

    /// A file with assembly for the linker's C compiler.
    pub(crate) fn assembly(&self, text: &str) -> Result<PathBuf> {
        let Key(key) = Key::of(text.as_bytes());
        let path = self.root.join("assembly").join(format!("{key}.s"));
        store::write(&path, text.as_bytes())?;
        Ok(path)
    }

    /// The lock that guards the making of an object.
    ///
    /// Whoever holds one must not wait for another: that makes deadlocks impossible.
    pub(crate) fn lock(&self, key: &Key) -> Result<RwLock<File>> {
        store::lock_file(&self.root.join("locks").join(key.stripe()))
    }

    /// Where the result of an entry lies.
    fn path(&self, kind: EntryKind, key: &Key) -> PathBuf {
        let (folder, extension) = kind.names();
        let Key(key) = key;
        self.root
            .join(folder)
            .join(&key[..2])
            .join(format!("{key}.{extension}"))
    }
}

/// The metadata beside a result.
fn metadata_path(result: &Path) -> PathBuf {
    result.with_extension("json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, Cache) {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), "toolchain").unwrap();
        (folder, cache)
    }

    #[test]
    fn an_entry_is_found_under_its_content_only() {
        let (_folder, cache) = cache();
        let key = Key::of(b"source");
        assert!(cache.get::<u32>(EntryKind::Objects, &key).is_none());
        cache
            .put(EntryKind::Objects, &key, b"result", 7_u32)
            .unwrap();
        let entry = cache.get::<u32>(EntryKind::Objects, &key).unwrap();
        assert_eq!(
            (fs::read(entry.path).unwrap().as_slice(), entry.facts),
            (&b"result"[..], 7)
        );
        assert!(cache.get::<u32>(EntryKind::Archives, &key).is_none());
        assert!(
            cache
                .get::<u32>(EntryKind::Objects, &Key::of(b"other"))
                .is_none()
        );
    }

    #[test]
    fn a_damaged_entry_counts_as_missing_until_it_is_made_again() {
        let (_folder, cache) = cache();
        let key = Key::of(b"source");
        let path = cache
            .put(EntryKind::Objects, &key, b"result", ())
            .unwrap()
            .path;
        for damage in [&b"resulT"[..], b"resul", b""] {
            fs::write(&path, damage).unwrap();
            assert!(
                cache.get::<()>(EntryKind::Objects, &key).is_none(),
                "{damage:?}"
            );
        }
        fs::remove_file(&path).unwrap();
        assert!(cache.get::<()>(EntryKind::Objects, &key).is_none());
        cache.put(EntryKind::Objects, &key, b"result", ()).unwrap();
        assert!(cache.get::<()>(EntryKind::Objects, &key).is_some());
        fs::write(metadata_path(&path), "{").unwrap();
        assert!(cache.get::<()>(EntryKind::Objects, &key).is_none());
    }

    #[test]
    fn toolchains_do_not_share_entries() {
        let (folder, cache) = cache();
        cache
            .put(EntryKind::Objects, &Key::of(b"source"), b"result", ())
            .unwrap();
        let other = Cache::open(folder.path(), "other").unwrap();
        assert!(
            other
                .get::<()>(EntryKind::Objects, &Key::of(b"source"))
                .is_none()
        );
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named_with_a_remedy() {
        let (folder, _cache) = cache();
        let file = folder.path().join("file");
        fs::write(&file, "").unwrap();
        let error = Cache::open(&file, "toolchain").unwrap_err().to_string();
        assert!(
            error.contains("file") && error.contains("JOSTLE_CACHE"),
            "{error}"
        );
    }
}
