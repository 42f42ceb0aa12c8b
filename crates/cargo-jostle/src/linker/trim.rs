//! Removes from the cache what no link has used for a long time.
//!
//! Every change of a program leaves entries behind that nothing will ask for again. The
//! time of change of an entry's files says when it was last used, to a day.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::toolchain::store;

/// A day.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Entries that were not used for so long are removed.
const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Notes that a file is used.
///
/// A failure only makes it look older than it is, and it is made again if it is removed.
pub(crate) fn used(path: &Path) {
    if is_older(path, DAY)
        && let Ok(file) = File::options().write(true).open(path)
    {
        drop(file.set_modified(SystemTime::now()));
    }
}

/// Removes what is too old, at most once a day.
///
/// A linker that has found an entry has noted its use, so that what it is about to read
/// is not removed. Failures are passed over: there is nobody whom they keep from work.
pub(crate) fn trim(cache: &Path) {
    let root = cache.join("instrumented");
    let last = root.join("trimmed");
    if !root.is_dir() || last.exists() && !is_older(&last, DAY) {
        return;
    }
    drop(store::write(&last, b""));
    remove_old(&root);
}

/// Removes old files below a folder, and folders that are empty then.
fn remove_old(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|it| it.is_dir()) {
            remove_old(&path);
            // Fails if something is left in it, as it should.
            drop(fs::remove_dir(&path));
        } else if is_older(&path, KEPT) {
            drop(fs::remove_file(&path));
        }
    }
}

/// Whether a file was last changed longer ago than `age`.
fn is_older(path: &Path, age: Duration) -> bool {
    let changed = fs::metadata(path).and_then(|it| it.modified());
    changed.is_ok_and(|it| it.elapsed().is_ok_and(|elapsed| elapsed > age))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(cache: &Path, name: &str, age: Duration) -> std::path::PathBuf {
        let path = cache.join("instrumented").join(name);
        store::write(&path, b"content").unwrap();
        let file = File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
        path
    }

    #[test]
    fn what_is_old_goes_with_its_folder_and_what_is_used_stays() {
        let cache = tempfile::tempdir().unwrap();
        let old = file(cache.path(), "a/objects/old.o", 2 * KEPT);
        let used_now = file(cache.path(), "b/objects/used.o", 2 * KEPT);
        let new = file(cache.path(), "b/objects/new.o", DAY);
        used(&used_now);
        trim(cache.path());
        assert!(!old.exists() && !old.parent().unwrap().exists());
        assert!(used_now.exists() && new.exists());
    }

    #[test]
    fn it_is_done_once_a_day() {
        let cache = tempfile::tempdir().unwrap();
        file(cache.path(), "a/objects/new.o", DAY);
        trim(cache.path());
        let old = file(cache.path(), "a/objects/old.o", 2 * KEPT);
        trim(cache.path());
        assert!(old.exists());
        file(cache.path(), "trimmed", 2 * DAY);
        trim(cache.path());
        assert!(!old.exists());
    }
}
