//! Files and directories that an execution has created, and what it has done to others.
//!
//! What was created is removed after the execution, the last one first, so that a test that
//! makes a file at a fixed path finds the same directory each time. Other changes stay; they
//! are named in the report, since executions after the first one see them.

#![allow(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};

/// The paths that this execution has created, in order.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    created: Vec<PathBuf>,
}

impl Paths {
    /// Something was created where nothing was.
    pub(crate) fn created(&mut self, path: PathBuf) {
        if !self.created.contains(&path) {
            self.created.push(path);
        }
    }

    /// Something has got another path, where nothing was.
    pub(crate) fn renamed(&mut self, from: &Path, to: PathBuf) {
        // Nothing is at the old path any more; the program may put something there again,
        // which is then created.
        self.created.retain(|path| path != from);
        self.created(to);
    }

    /// Whether `path` goes away with the execution: it was created, or lies in a directory
    /// that was.
    pub(crate) fn goes_away(&self, path: &Path) -> bool {
        path.ancestors()
            .any(|above| self.created.iter().any(|created| created == above))
    }

    /// Removes all of them.
    pub(crate) fn undo(&mut self) {
        while let Some(path) = self.created.pop() {
            let Ok(found) = path.symlink_metadata() else {
                continue;
            };
            // A directory is removed with what is in it: all of that came later.
            let removed = match found.is_dir() {
                true => fs::remove_dir_all(&path),
                false => fs::remove_file(&path),
            };
            if let Err(error) = removed {
                crate::cautions::add(&format!(
                    "{} was created by an execution and cannot be removed: {error}",
                    path.display()
                ));
            }
        }
    }
}

/// `path` from the root, where relative ones begin at `base`. Dots stay: only the system
/// knows what they mean behind a symbolic link.
pub(crate) fn absolute(base: &Path, path: &Path) -> PathBuf {
    let joined = base.join(path);
    joined.components().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_created_is_removed_and_nothing_else_is() {
        let root = std::env::temp_dir().join(format!("jostle-paths-{}", std::process::id()));
        fs::create_dir_all(&root).unwrap();
        let mut paths = Paths::default();
        let at = |name: &str| root.join(name);
        fs::write(at("before"), "stays").unwrap();
        fs::write(at("file"), "").unwrap();
        paths.created(at("file"));
        fs::create_dir(at("folder")).unwrap();
        paths.created(at("folder"));
        fs::write(at("folder/inside"), "").unwrap();
        assert!(paths.goes_away(&at("folder/inside/deep")));
        assert!(!paths.goes_away(&at("before")));
        fs::rename(at("file"), at("moved")).unwrap();
        paths.renamed(&at("file"), at("moved"));
        assert!(!paths.goes_away(&at("file")));
        std::os::unix::fs::symlink(at("before"), at("link")).unwrap();
        paths.created(at("link"));
        paths.created(at("never"));
        paths.undo();
        let left: Vec<_> = fs::read_dir(&root)
            .unwrap()
            .map(|e| e.unwrap().file_name())
            .collect();
        assert_eq!(left, ["before"]);
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn relative_paths_begin_at_the_base() {
        let base = Path::new("/a/b");
        assert_eq!(absolute(base, Path::new("c/./d/")), Path::new("/a/b/c/d"));
        assert_eq!(absolute(base, Path::new("/x")), Path::new("/x"));
    }
}
