//! Files that several processes write and read at once.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use fd_lock::RwLock;

/// Opens a file to be locked; it is made if it is not there.
pub(crate) fn lock_file(path: &Path) -> Result<RwLock<File>> {
    let open = || {
        OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(path)
    };
    let file = with_folder(path, open)?;
    Ok(RwLock::new(file))
}

/// Makes a folder with those above it.
pub(crate) fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| denied(folder))
}

/// Puts `content` in place of whatever is at `path`, all of it or nothing.
pub(crate) fn write(path: &Path, content: &[u8]) -> Result<()> {
    with_folder(path, || {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(content)?;
        file.persist(path)?;
        Ok(())
    })
}

/// Does something to a file; if its folder is not there, makes that and tries again.
fn with_folder<T>(path: &Path, attempt: impl Fn() -> io::Result<T>) -> Result<T> {
    let result = match attempt() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            create(path.parent().unwrap_or(Path::new("")))?;
            attempt()
        }
        result => result,
    };
    result.with_context(|| denied(path))
}

/// What to do when the cache cannot be written.
pub(crate) fn denied(path: &Path) -> String {
    format!(
        "{} cannot be written; make room and permission there, or set JOSTLE_CACHE to a folder of yours",
        path.display()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_with_the_folders_it_needs() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file");
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn who_has_the_lock_keeps_others_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("locks/00");
        let (mut one, mut other) = (lock_file(&path).unwrap(), lock_file(&path).unwrap());
        let guard = one.write().unwrap();
        assert!(other.try_write().is_err());
        drop(guard);
        assert!(other.try_write().is_ok());
    }
}
