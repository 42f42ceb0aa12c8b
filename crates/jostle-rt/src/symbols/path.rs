//! Whose a source file is, and how its path is shown.
//!
//! Reports, traces and searches of two machines have to agree, so that no shown path has a
//! home folder, a hash of the compiler or the name of a registry in it. The user's files are
//! shown relative to the workspace, those of a dependency from its name and version on, those
//! of the standard library from the name of the crate on.

use std::path::{Path, PathBuf};

use super::settings::Settings;

/// Whose code a frame is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Origin {
    /// The workspace's.
    User,
    /// A crate that the workspace depends on.
    Dependency,
    /// The standard library's, and its dependencies.
    Std,
    /// Neither: C without a path that says more, or nothing is known.
    Foreign,
}

/// Tells whose files are.
#[derive(Debug)]
pub(super) struct Paths {
    /// The workspace as it was given, and as the system resolves it.
    roots: Vec<PathBuf>,
    vendored: Vec<PathBuf>,
}

impl Paths {
    pub(super) fn new(settings: &Settings) -> Paths {
        let given = settings.workspace.clone();
        let resolved = given.canonicalize().ok().filter(|path| *path != given);
        let roots: Vec<PathBuf> = [Some(given), resolved].into_iter().flatten().collect();
        let vendored = settings.vendored.iter();
        let vendored = vendored.flat_map(|path| roots.iter().map(move |root| root.join(path)));
        Paths {
            vendored: vendored.collect(),
            roots,
        }
    }

    /// Whose file it is, and the path to show.
    pub(super) fn of(&self, path: &str) -> (Origin, String) {
        let path = &lexically(path);
        if let Some(shown) = of_std(path) {
            return (Origin::Std, shown.to_owned());
        }
        if let Some(shown) = of_registry(path) {
            return (Origin::Dependency, shown.to_owned());
        }
        if let Some(shown) = of_checkout(path) {
            return (Origin::Dependency, shown);
        }
        let file = Path::new(path);
        if let Some(below) = below(file, &self.vendored) {
            return (Origin::Dependency, below.to_owned());
        }
        if let Some(below) = below(file, &self.roots) {
            return (Origin::User, below.to_owned());
        }
        if file.is_relative() {
            // The compiler was told to leave out the folders.
            let first = path.split('/').next().unwrap_or_default();
            let origin = match is_package(first) {
                true => Origin::Dependency,
                false => Origin::User,
            };
            return (origin, path.clone());
        }
        (Origin::Dependency, from_package(path).to_owned())
    }
}

/// Without `.` and `..`, which the folder of the compiler and the path of a module leave.
fn lexically(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if parts.last().is_some_and(|last| !last.is_empty()) => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// The part of the path below one of the folders.
fn below<'a>(file: &'a Path, folders: &[PathBuf]) -> Option<&'a str> {
    let mut below = folders.iter().filter_map(|folder| {
        // Every path is below the empty one.
        let folder = Some(folder).filter(|folder| folder.is_absolute())?;
        file.strip_prefix(folder).ok()?.to_str()
    });
    below.next()
}

/// `/rustc/<hash>/library/std/src/lib.rs`, the same in an installed source, and
/// `/rust/deps/hashbrown-0.16.1/src/lib.rs`.
fn of_std(path: &str) -> Option<&str> {
    if let Some(rest) = path.strip_prefix("/rustc/") {
        let (_hash, rest) = rest.split_once('/')?;
        return Some(rest.strip_prefix("library/").unwrap_or(rest));
    }
    if let Some(rest) = path.strip_prefix("/rust/deps/") {
        return Some(rest);
    }
    let installed = path.split_once("/lib/rustlib/src/rust/library/");
    installed.map(|(_, rest)| rest)
}

/// `…/registry/src/index.crates.io-1949cf8c6b5b557f/tokio-1.54.1/src/lib.rs`.
fn of_registry(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/registry/src/")?;
    let (index, rest) = rest.split_once('/')?;
    ends_in_hash(index).then_some(rest)
}

/// `…/git/checkouts/tokio-377c595163f99a10/2506c9f/tokio/src/lib.rs`. A crate at the top of
/// its repository has no folder of its own, and gets the name of the repository.
fn of_checkout(path: &str) -> Option<String> {
    let (_, rest) = path.split_once("/git/checkouts/")?;
    let (repository, rest) = rest.split_once('/')?;
    let (_commit, rest) = rest.split_once('/')?;
    if !ends_in_hash(repository) {
        return None;
    }
    let (name, _hash) = repository.rsplit_once('-')?;
    Some(match rest.starts_with("src/") {
        true => format!("{name}/{rest}"),
        false => rest.to_owned(),
    })
}

fn ends_in_hash(folder: &str) -> bool {
    let hash = folder.rsplit('-').next().unwrap_or_default();
    hash.len() >= 16 && hash != folder && hash.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `name-1.2.3`.
fn is_package(folder: &str) -> bool {
    let version = folder.find(|c: char| c.is_ascii_digit());
    version.is_some_and(|at| {
        let (name, version) = folder.split_at(at);
        name.len() > 1 && name.ends_with('-') && version.split('.').count() >= 3
    })
}

/// From the folder on that holds the innermost `src`; the file alone if there is none.
fn from_package(path: &str) -> &str {
    let src = path.rfind("/src/").unwrap_or(path.len());
    let start = path[..src].rfind('/').map_or(0, |slash| slash + 1);
    &path[start..]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths() -> Paths {
        Paths::new(&Settings {
            workspace: PathBuf::from("/home/me/pool"),
            vendored: vec![PathBuf::from("vendor")],
            crates: Vec::new(),
        })
    }

    #[test]
    fn a_path_says_whose_it_is_and_nothing_of_the_machine() {
        use Origin::{Dependency, Std, User};
        let registry = "registry/src/index.crates.io-1949cf8c6b5b557f";
        for (path, origin, shown) in [
            ("/home/me/pool/src/lib.rs", User, "src/lib.rs"),
            ("/home/me/pool/a/../b/./src/lib.rs", User, "b/src/lib.rs"),
            ("src/lib.rs", User, "src/lib.rs"),
            ("/home/me/pool/target/d/out/g.rs", User, "target/d/out/g.rs"),
            (
                "/home/me/pool/vendor/a/src/lib.rs",
                Dependency,
                "a/src/lib.rs",
            ),
            (
                "/home/me/poolside/src/lib.rs",
                Dependency,
                "poolside/src/lib.rs",
            ),
            ("/home/me/other/src/a/b.rs", Dependency, "other/src/a/b.rs"),
            ("/usr/include/thing.h", Dependency, "thing.h"),
            (
                &format!("/home/me/.cargo/{registry}/tokio-1.54.1/src/sync/notify.rs"),
                Dependency,
                "tokio-1.54.1/src/sync/notify.rs",
            ),
            (
                // The home of cargo in the workspace, as some put it for caching.
                &format!("/home/me/pool/.cargo/{registry}/a-1.0.0/src/lib.rs"),
                Dependency,
                "a-1.0.0/src/lib.rs",
            ),
            (
                "/home/me/.cargo/git/checkouts/tokio-377c595163f99a10/2506c9f/tokio/src/lib.rs",
                Dependency,
                "tokio/src/lib.rs",
            ),
            (
                "tokio-1.54.1/src/lib.rs",
                Dependency,
                "tokio-1.54.1/src/lib.rs",
            ),
            (
                "/rustc/59807616e1fa2540724bfbac14d7976d7e4a3860/library/std/src/sync/mpsc.rs",
                Std,
                "std/src/sync/mpsc.rs",
            ),
            (
                "/opt/t/lib/rustlib/src/rust/library/core/src/lib.rs",
                Std,
                "core/src/lib.rs",
            ),
            (
                "/rust/deps/hashbrown-0.16.1/src/raw.rs",
                Std,
                "hashbrown-0.16.1/src/raw.rs",
            ),
        ] {
            assert_eq!(paths().of(path), (origin, shown.to_owned()), "{path}");
        }
    }

    #[test]
    fn without_a_workspace_only_what_is_relative_is_the_users() {
        let paths = Paths::new(&Settings::default());
        assert_eq!(paths.of("/home/me/pool/src/lib.rs").0, Origin::Dependency);
        assert_eq!(paths.of("src/lib.rs").0, Origin::User);
    }

    #[test]
    fn a_crate_at_the_top_of_its_repository_is_named_by_it() {
        let path = "/c/git/checkouts/flume-377c595163f99a10/2506c9f/src/lib.rs";
        assert_eq!(paths().of(path).1, "flume/src/lib.rs");
    }
}
