//! Where the runtime is that programs are linked with, and how it comes to be there.
//!
//! In this order: where `JOSTLE_RUNTIME` says; beside this program, as in the target
//! folder of a checkout; in the cache, per version. If it is nowhere, it is built into
//! the cache: from the checkout that this program was built from, if that is still there,
//! otherwise from the published package of the same version.

use std::env;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::{TARGET, store};

/// The environment variable that names a runtime.
const VARIABLE: &str = "JOSTLE_RUNTIME";
/// The file.
const NAME: &str = "libjostle_rt.so";
/// Program and runtime are of one version.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The source, if this program was built in a checkout.
const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../jostle-rt");

/// The runtime, if it is there.
pub(crate) fn built_runtime(cache: &Path) -> Result<PathBuf> {
    if let Some(path) = env::var_os(VARIABLE).filter(|it| !it.is_empty()) {
        let path = PathBuf::from(path);
        anyhow::ensure!(
            path.is_file(),
            "{VARIABLE} names {}, which is not there; correct it or remove it",
            path.display()
        );
        return Ok(path);
    }
    let program = env::current_exe().ok();
    let beside = program
        .as_deref()
        .and_then(Path::parent)
        .into_iter()
        .flat_map(|folder| {
            [
                folder.join(NAME),
                folder.join("deps").join(NAME),
                folder.join("..").join(NAME),
            ]
        });
    beside
        .chain([cached(cache)])
        .find(|path| path.is_file())
        .context("the runtime is not built; run `cargo jostle setup`")
}

/// The runtime, built if it is not there.
pub(crate) fn runtime(cache: &Path) -> Result<PathBuf> {
    if env::var_os(VARIABLE).is_some_and(|it| !it.is_empty()) {
        return built_runtime(cache);
    }
    if let Ok(path) = built_runtime(cache) {
        return Ok(path);
    }
    let folder = cache.join(VERSION);
    store::create(&folder)?;
    let lock = folder.join("lock");
    let mut lock = store::lock_file(&lock)?;
    let _guard = lock
        .write()
        .context("the cache cannot be locked; set JOSTLE_CACHE to a local disk")?;
    let path = cached(cache);
    if !path.is_file() {
        let built = build(&folder)?;
        let library = std::fs::read(&built)
            .with_context(|| format!("cargo did not make {}; build it by hand", built.display()))?;
        store::write(&path, &library)?;
    }
    Ok(path)
}

/// Where the runtime of this version is kept.
fn cached(cache: &Path) -> PathBuf {
    cache.join(VERSION).join(NAME)
}

/// Builds it below a folder and returns the library.
fn build(folder: &Path) -> Result<PathBuf> {
    let source = Path::new(SOURCE).join("Cargo.toml");
    let manifest = if source.is_file() {
        source
    } else {
        package(&folder.join("package"))?
    };
    let target = folder.join("build");
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(&cargo);
    command
        .args([
            "build",
            "--release",
            "--package",
            "jostle-rt",
            "--target",
            TARGET,
        ])
        .arg("--manifest-path")
        .arg(&manifest)
        .arg("--target-dir")
        .arg(&target)
        // Settings of the user's project do not reach it, instrumentation least of all.
        .current_dir(folder);
    for (name, _) in env::vars_os().filter(|(name, _)| is_setting(name)) {
        command.env_remove(name);
    }
    // Takes the place of whatever a configuration file says.
    command.env("CARGO_ENCODED_RUSTFLAGS", "");
    let status = command.status().with_context(|| {
        format!(
            "`{}` cannot be run; install Rust with rustup",
            cargo.display()
        )
    })?;
    anyhow::ensure!(
        status.success(),
        "the runtime could not be built from {}; see above for the reason, or set {VARIABLE} to a {NAME} built elsewhere",
        manifest.display()
    );
    Ok(target.join(TARGET).join("release").join(NAME))
}

/// Whether a variable changes how cargo builds.
fn is_setting(name: &OsStr) -> bool {
    let name = name.to_string_lossy();
    name == "RUSTFLAGS"
        || name == "CARGO_ENCODED_RUSTFLAGS"
        || name == "CARGO_TARGET_DIR"
        || name == "RUSTC_WORKSPACE_WRAPPER"
        || [
            "CARGO_BUILD_",
            "CARGO_PROFILE_",
            "CARGO_TARGET_",
            "CARGO_UNSTABLE_",
        ]
        .iter()
        .any(|it| name.starts_with(it))
}

/// Writes a package that depends on the published runtime, and returns its manifest.
fn package(folder: &Path) -> Result<PathBuf> {
    let manifest = folder.join("Cargo.toml");
    let text = format!(
        "[package]\nname = \"jostle-runtime\"\nversion = \"{VERSION}\"\nedition = \"2024\"\n\n\
         [lib]\npath = \"lib.rs\"\n\n\
         [dependencies]\njostle-rt = \"={VERSION}\"\n\n\
         [profile.release]\ndebug = \"line-tables-only\"\n\n\
         [workspace]\n"
    );
    store::write(&manifest, text.as_bytes())?;
    store::write(&folder.join("lib.rs"), b"")?;
    Ok(manifest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_of_the_user_do_not_reach_the_build() {
        for name in [
            "RUSTFLAGS",
            "CARGO_BUILD_TARGET",
            "CARGO_PROFILE_RELEASE_LTO",
        ] {
            assert!(is_setting(OsStr::new(name)), "{name}");
        }
        for name in [
            "CARGO_HOME",
            "PATH",
            "CARGO_NET_OFFLINE",
            "RUSTUP_TOOLCHAIN",
        ] {
            assert!(!is_setting(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn the_package_asks_for_exactly_this_version() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = package(folder.path()).unwrap();
        let text = std::fs::read_to_string(manifest).unwrap();
        assert!(
            text.contains(&format!("jostle-rt = \"={VERSION}\"")),
            "{text}"
        );
        assert!(folder.path().join("lib.rs").is_file());
    }

    #[test]
    fn a_runtime_in_the_cache_is_found() {
        let cache = tempfile::tempdir().unwrap();
        let path = cached(cache.path());
        store::write(&path, b"").unwrap();
        assert!(path.is_file() && built_runtime(cache.path()).is_ok());
    }
}
