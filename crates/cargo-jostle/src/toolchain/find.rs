//! The toolchain of a folder, or the one whose standard library is being linked.

use std::fmt::{self, Display, Formatter};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, io::Read as _};

use serde::{Deserialize, Serialize};
use sha1_smol::Sha1;

use super::{Missing, TARGET, store};

/// A toolchain that has what instrumentation needs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Toolchain {
    sysroot: PathBuf,
    llvm: PathBuf,
    id: String,
    rustc: String,
    llvm_version: String,
}

impl Toolchain {
    /// The toolchain that cargo uses in a folder: that of `RUSTC`, or of the `rustc` that
    /// is found there, which heeds `rust-toolchain` files and `RUSTUP_TOOLCHAIN`.
    pub(crate) fn find(folder: &Path) -> Result<Self, Missing> {
        let rustc = env::var_os("RUSTC").filter(|it| !it.is_empty());
        let rustc = PathBuf::from(rustc.unwrap_or_else(|| "rustc".into()));
        let sysroot = run(&rustc, &["--print", "sysroot"], folder)?;
        Self::new(Path::new(sysroot.trim_end()), &rustc, folder)
    }

    /// The toolchain whose standard library is among the inputs of a link.
    ///
    /// Asking the compiler takes longer than many a link, so that its answer is kept in
    /// the cache.
    pub(crate) fn of_link(inputs: &[PathBuf], cache: &Path) -> Result<Self, Missing> {
        let Some(sysroot) = inputs.iter().find_map(|path| sysroot_of(path)) else {
            // Nothing of the standard library: `no_std`, or a shared one.
            return Self::find(Path::new("."));
        };
        let llvm = find_llvm(sysroot)?;
        let kept = cache
            .join("toolchains")
            .join(format!("{}.json", identity(sysroot, &llvm)));
        let known = fs::read(&kept).ok();
        if let Some(known) = known.and_then(|json| serde_json::from_slice(&json).ok()) {
            return Ok(known);
        }
        let this = Self::new(sysroot, &sysroot.join("bin/rustc"), Path::new("."))?;
        let json = serde_json::to_vec(&this).map_err(|error| Missing::Cache(error.to_string()))?;
        store::write(&kept, &json).map_err(|error| Missing::Cache(format!("{error:#}")))?;
        Ok(this)
    }

    /// One at a place, after its compiler was asked what it is.
    fn new(sysroot: &Path, rustc: &Path, folder: &Path) -> Result<Self, Missing> {
        let version = run(rustc, &["-vV"], folder)?;
        let field = |name: &str| {
            let line = version.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_default().trim().to_owned()
        };
        require_host(&field("host:"))?;
        let llvm = find_llvm(sysroot)?;
        Ok(Self {
            sysroot: sysroot.to_owned(),
            id: identity(sysroot, &llvm),
            llvm,
            rustc: version.lines().next().unwrap_or_default().to_owned(),
            llvm_version: field("LLVM version:"),
        })
    }

    /// The root folder.
    pub(crate) fn sysroot(&self) -> &Path {
        &self.sysroot
    }

    /// The shared library of LLVM.
    pub(crate) fn llvm(&self) -> &Path {
        &self.llvm
    }

    /// The version of LLVM that the compiler names, such as `22.1.2`.
    pub(crate) fn llvm_version(&self) -> &str {
        &self.llvm_version
    }

    /// Tells it from other toolchains and from other releases at the same place.
    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// The archives of the standard library.
    pub(crate) fn archives(&self) -> Result<Vec<PathBuf>, Missing> {
        let folder = self.sysroot.join("lib/rustlib").join(TARGET).join("lib");
        let mut archives: Vec<PathBuf> = files(&folder)
            .filter(|path| path.extension().is_some_and(|it| it == "rlib"))
            .collect();
        archives.sort();
        if archives.is_empty() {
            return Err(Missing::StandardLibrary(self.sysroot.clone()));
        }
        Ok(archives)
    }

    /// One that does not exist.
    #[cfg(test)]
    pub(crate) fn for_tests() -> Self {
        Self {
            sysroot: "/toolchain".into(),
            llvm: "/toolchain/lib/libLLVM.so".into(),
            id: "0".into(),
            rustc: "rustc 1.0.0".into(),
            llvm_version: "1.0".into(),
        }
    }
}

impl Display for Toolchain {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}, LLVM {}", self.rustc, self.llvm_version)
    }
}

/// Refuses what the runtime does not support.
fn require_host(host: &str) -> Result<(), Missing> {
    match host {
        TARGET => Ok(()),
        _ if host.contains("musl") => Err(Missing::Libc(host.to_owned())),
        _ => Err(Missing::Host(host.to_owned())),
    }
}

/// The root folder of the toolchain that a file lies in.
fn sysroot_of(path: &Path) -> Option<&Path> {
    let rustlib = path.ancestors().find(|it| it.ends_with("lib/rustlib"))?;
    rustlib.parent()?.parent()
}

/// The shared library of LLVM in a toolchain. A file of that name may also be a script
/// for the linker.
fn find_llvm(sysroot: &Path) -> Result<PathBuf, Missing> {
    let folders = [
        sysroot.join("lib"),
        sysroot.join("lib/rustlib").join(TARGET).join("lib"),
    ];
    let mut found: Vec<PathBuf> = folders
        .iter()
        .flat_map(|it| files(it))
        .filter(|it| is_llvm(it))
        .collect();
    found.sort();
    found
        .into_iter()
        .next()
        .ok_or_else(|| Missing::Llvm(sysroot.to_owned()))
}

/// Whether a file is a shared library of LLVM, by name and first bytes.
fn is_llvm(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut magic = [0; 4];
    name.starts_with("libLLVM")
        && name.contains(".so")
        && fs::File::open(path)
            .and_then(|mut it| it.read_exact(&mut magic))
            .is_ok()
        && magic == *b"\x7fELF"
}

/// Identifies a toolchain: place, size and time of change of its LLVM and its compiler.
fn identity(sysroot: &Path, llvm: &Path) -> String {
    let mut identity = Sha1::new();
    for file in [llvm, &sysroot.join("bin/rustc")] {
        identity.update(file.as_os_str().as_encoded_bytes());
        if let Ok(metadata) = fs::metadata(file) {
            identity.update(&metadata.len().to_le_bytes());
            identity.update(&metadata.mtime().to_le_bytes());
            identity.update(&metadata.mtime_nsec().to_le_bytes());
        }
    }
    identity.digest().to_string()[..16].to_owned()
}

/// What is in a folder.
fn files(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    entries.filter_map(Result::ok).map(|entry| entry.path())
}

/// What the compiler prints.
fn run(rustc: &Path, arguments: &[&str], folder: &Path) -> Result<String, Missing> {
    let missing = |reason| Missing::Compiler {
        rustc: rustc.display().to_string(),
        reason,
    };
    let output = Command::new(rustc)
        .args(arguments)
        .current_dir(folder)
        .output()
        .map_err(|error| missing(error.to_string()))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        return Err(missing(
            reason.lines().next().unwrap_or("it failed").to_owned(),
        ));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_of_this_test_is_found_and_kept_for_links() {
        let found = Toolchain::find(Path::new(".")).unwrap();
        let archives = found.archives().unwrap();
        let cache = tempfile::tempdir().unwrap();
        let asked = Toolchain::of_link(&archives, cache.path()).unwrap();
        assert_eq!(asked, found);
        assert_eq!(
            fs::read_dir(cache.path().join("toolchains"))
                .unwrap()
                .count(),
            1
        );
        assert_eq!(Toolchain::of_link(&archives, cache.path()).unwrap(), found);
        assert!(found.to_string().starts_with("rustc 1."), "{found}");
    }

    #[test]
    fn hosts_without_support_are_refused_in_words() {
        require_host(TARGET).unwrap();
        let musl = require_host("x86_64-unknown-linux-musl").unwrap_err();
        assert!(musl.to_string().contains("glibc"), "{musl}");
        let arm = require_host("aarch64-unknown-linux-gnu").unwrap_err();
        assert!(arm.to_string().contains("only x86_64"), "{arm}");
    }

    #[test]
    fn a_toolchain_without_llvm_is_told_from_one_with() {
        let sysroot = tempfile::tempdir().unwrap();
        let lib = sysroot.path().join("lib");
        fs::create_dir(&lib).unwrap();
        fs::write(lib.join("libLLVM-22.so"), "INPUT(libLLVM.so.22)").unwrap();
        let missing = find_llvm(sysroot.path()).unwrap_err();
        assert!(missing.to_string().contains("rustup"), "{missing}");
        let library = lib.join("libLLVM.so.22");
        fs::write(&library, b"\x7fELF and more").unwrap();
        assert_eq!(find_llvm(sysroot.path()).unwrap(), library);
    }

    #[test]
    fn a_compiler_that_is_not_there_is_named() {
        let error = run(Path::new("/nowhere/rustc"), &["-vV"], Path::new(".")).unwrap_err();
        assert!(error.to_string().contains("/nowhere/rustc"), "{error}");
    }
}
