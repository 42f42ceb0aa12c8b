//! Kept schedules: files under the package of a test that `export` writes and `test`
//! executes again before it explores.
//!
//! A file says which test it is of. Its name does not matter, but for one that cannot be
//! read: that is a fault of the test whose name it begins with, so that a damaged file is
//! noticed and other tests are explored all the same.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jostle_core::regression::KeptFile;
use jostle_report::publish;

use crate::cargo::binary::Binary;

/// Where they are, seen from the package.
const FOLDER: &str = "tests/jostle";

const SUFFIX: &str = ".schedule.json";

/// The files of a test, in the order of their names.
///
/// # Errors
///
/// If one cannot be read that is of this test.
pub(crate) fn of(binary: &Binary, test: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    // Most packages have no such folder.
    let Ok(entries) = fs::read_dir(folder(binary)) else {
        return Ok(found);
    };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    let stem = stem(test) + "-";
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.ends_with(SUFFIX) {
            continue;
        }
        match read(&path) {
            Ok(file) if file.test == test => found.push(path),
            Err(error) if name.starts_with(&stem) => return Err(error),
            Ok(_) | Err(_) => {}
        }
    }
    Ok(found)
}

/// Where a schedule is kept unless the user says otherwise: one file for each bug of a
/// test.
pub(crate) fn place(binary: &Binary, file: &KeptFile) -> PathBuf {
    let hash = file.signature.rsplit('-').next().unwrap_or_default();
    let name = format!("{}-{}-{hash:.8}{SUFFIX}", stem(&file.test), file.kind);
    folder(binary).join(name)
}

/// The file that `export` has written.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) fn read(path: &Path) -> anyhow::Result<KeptFile> {
    let read = || Ok(KeptFile::read(&publish::read_file(path)?)?);
    let read: anyhow::Result<KeptFile> = read();
    read.with_context(|| format!("cannot read {}", path.display()))
}

fn folder(binary: &Binary) -> PathBuf {
    // A program of `cargo run` is started where the user is.
    let package = binary
        .start
        .environment
        .get(OsStr::new("CARGO_MANIFEST_DIR"));
    let package = package.map_or(binary.start.folder.as_path(), Path::new);
    package.join(FOLDER)
}

/// The name of a test as that of a file, without the package.
fn stem(test: &str) -> String {
    let path = test.split_once(':').map_or(test, |(_, path)| path);
    let word = |c: char| if c.is_alphanumeric() { c } else { '_' };
    path.chars().map(word).collect()
}
