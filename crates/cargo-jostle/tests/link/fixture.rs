//! A copy of the workspace, the linker, and a runtime; cargo is called as a user would.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

use serde_json::Value;
use tempfile::TempDir;

/// The target that is built for.
pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";

/// What tests share: making it takes seconds.
pub(crate) struct Shared {
    /// The linker, by the name that makes it one.
    pub(crate) linker: PathBuf,
    /// A runtime that counts its calls.
    pub(crate) runtime: PathBuf,
    /// The same with a variable for the choice of tokio's runtime.
    pub(crate) choosing: PathBuf,
    /// A cache with the standard library.
    pub(crate) cache: PathBuf,
}

/// What tests share, made at the first use.
pub(crate) fn shared() -> &'static Shared {
    static SHARED: OnceLock<Shared> = OnceLock::new();
    SHARED.get_or_init(|| {
        // Used by other tests at any time, so that it is emptied before and not after.
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("link");
        drop(fs::remove_dir_all(&folder));
        fs::create_dir_all(&folder).unwrap();
        let linker = folder.join("jostle-cc");
        symlink(env!("CARGO_BIN_EXE_cargo-jostle"), &linker).unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/link/runtime.c");
        let compile = |name: &str, option: &str| {
            let library = folder.join(name);
            let mut compiler = Command::new("cc");
            compiler.args([
                "-shared",
                "-fPIC",
                "-O1",
                "-Wno-builtin-declaration-mismatch",
            ]);
            succeed(compiler.args([option, "-o"]).arg(&library).arg(&source));
            library
        };
        Shared {
            runtime: compile("libcounting.so", "-USWITCH"),
            choosing: compile("libchoosing.so", "-DSWITCH"),
            linker,
            cache: folder.join("cache"),
        }
    })
}

/// A copy of the workspace in a folder of its own.
pub(crate) struct Workspace {
    folder: TempDir,
    cache: PathBuf,
}

impl Workspace {
    /// One that uses the shared cache.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/link/workspace");
        copy(&source, folder.path());
        Self {
            folder,
            cache: shared().cache.clone(),
        }
    }

    /// From now on uses a copy of the shared cache, and returns where that is.
    pub(crate) fn take_own_cache(&mut self) -> PathBuf {
        let cache = self.path("cache");
        copy(&self.cache, &cache);
        self.cache = cache.clone();
        cache
    }

    /// A file or folder of it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Replaces the one occurrence of a text in a file.
    pub(crate) fn edit(&self, name: &str, from: &str, to: &str) {
        let path = self.path(name);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from} in {name}");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Runs cargo, which has to succeed, and returns what it made.
    pub(crate) fn cargo(&self, arguments: &[&str]) -> Vec<Artifact> {
        self.cargo_with(arguments, &[])
    }

    /// The same with more variables in the environment.
    pub(crate) fn cargo_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &OsStr)],
    ) -> Vec<Artifact> {
        let output = succeed(
            command(env!("CARGO"), &self.cache)
                .args(arguments)
                .args([
                    "--target",
                    TARGET,
                    "--message-format",
                    "json-render-diagnostics",
                ])
                .current_dir(self.folder.path())
                .env("CARGO_TARGET_DIR", self.path("target"))
                .env("CARGO_INCREMENTAL", "1")
                .env("CARGO_NET_OFFLINE", "true")
                .env("RUSTFLAGS", flags())
                .envs(environment.iter().copied()),
        );
        let lines = output
            .stdout
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty());
        lines
            .map(|line| serde_json::from_slice::<Value>(line).unwrap())
            .filter(|message| message["reason"] == "compiler-artifact")
            .map(Artifact)
            .collect()
    }

    /// Builds the tests of the library and returns their program.
    pub(crate) fn tests(&self) -> PathBuf {
        let artifacts = self.cargo(&["test", "--no-run", "--package", "app", "--lib"]);
        artifacts.iter().find_map(Artifact::executable).unwrap()
    }
}

/// Something that cargo made.
pub(crate) struct Artifact(Value);

impl Artifact {
    /// The name of its target.
    pub(crate) fn name(&self) -> &str {
        self.0["target"]["name"].as_str().unwrap()
    }

    /// The program, if it is one.
    pub(crate) fn executable(&self) -> Option<PathBuf> {
        self.0["executable"].as_str().map(PathBuf::from)
    }

    /// Its files.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let files = self.0["filenames"].as_array().unwrap();
        files
            .iter()
            .map(|it| PathBuf::from(it.as_str().unwrap()))
            .collect()
    }
}

/// The flags that make rustc call the linker with bitcode.
pub(crate) fn flags() -> String {
    let linker = shared().linker.display();
    format!(
        "-Clinker-plugin-lto -Clinker={linker} --cfg rustix_use_libc --cfg portable_atomic_no_asm"
    )
}

/// A command with the environment of the linker and nothing of that of this test.
pub(crate) fn command(program: impl AsRef<OsStr>, cache: &Path) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let kept = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"].contains(&text.as_ref());
        let foreign = ["CARGO", "RUST", "JOSTLE"]
            .iter()
            .any(|it| text.starts_with(it));
        if foreign && !kept {
            command.env_remove(name);
        }
    }
    command
        .env("JOSTLE_CACHE", cache)
        .env("JOSTLE_RUNTIME", &shared().runtime);
    command
}

/// Runs a command that has to succeed.
pub(crate) fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {text}");
    output
}

/// Runs an instrumented program that has to succeed, and returns how often it called the
/// runtime.
pub(crate) fn run(program: &Path) -> u64 {
    let output = succeed(&mut Command::new(program));
    let text = String::from_utf8_lossy(&output.stderr);
    let calls = text.lines().find_map(|line| line.strip_prefix("calls: "));
    calls
        .unwrap_or_else(|| panic!("the runtime is not part of it: {text}"))
        .parse()
        .unwrap()
}

/// The notes beside a program.
pub(crate) fn notes(program: &Path) -> Value {
    let mut path = program.as_os_str().to_owned();
    path.push(".jostle.json");
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    found
}

/// Copies a folder with all it contains.
fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&file, &target).unwrap();
    }
}
