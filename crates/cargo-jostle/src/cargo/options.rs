//! The options of cargo that are passed on to it.
//!
//! They are listed instead of passed through unseen, so that `--help` has them, and so
//! that a typing error in one of Jostle's is an error here and not a strange one of cargo.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args as Group};

use crate::cargo::native;

/// What to build, and how. Their meaning is that of `cargo test`.
#[derive(Group, Clone, Debug, Default)]
#[command(next_help_heading = "Options of cargo")]
pub(crate) struct Options {
    /// The package; may be given several times.
    #[arg(short, long, value_name = "SPEC")]
    package: Vec<String>,
    /// All packages of the workspace.
    #[arg(long, alias = "all")]
    workspace: bool,
    /// Not this package.
    #[arg(long, value_name = "SPEC")]
    exclude: Vec<String>,
    /// The library.
    #[arg(long)]
    lib: bool,
    /// All binaries.
    #[arg(long)]
    bins: bool,
    /// This binary.
    #[arg(long, value_name = "NAME")]
    bin: Vec<String>,
    /// All examples.
    #[arg(long)]
    examples: bool,
    /// This example.
    #[arg(long, value_name = "NAME")]
    example: Vec<String>,
    /// All targets with tests.
    #[arg(long)]
    tests: bool,
    /// This test target.
    #[arg(long, value_name = "NAME")]
    test: Vec<String>,
    /// All targets.
    #[arg(long)]
    all_targets: bool,
    /// Features to build with.
    #[arg(short = 'F', long, value_name = "FEATURES")]
    features: Vec<String>,
    /// All features.
    #[arg(long)]
    all_features: bool,
    /// Without the default features.
    #[arg(long)]
    no_default_features: bool,
    /// With the release profile.
    #[arg(short, long)]
    release: bool,
    /// With this profile.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The target folder; what is built for Jostle goes into `jostle` in it.
    #[arg(long, value_name = "DIR")]
    pub(crate) target_dir: Option<PathBuf>,
    /// The Cargo.toml.
    #[arg(long, value_name = "PATH")]
    pub(crate) manifest_path: Option<PathBuf>,
    /// Cargo.lock has to be up to date.
    #[arg(long)]
    locked: bool,
    /// Without the network.
    #[arg(long)]
    offline: bool,
    /// As --locked and --offline.
    #[arg(long)]
    frozen: bool,
    /// Instrument C code that the cc crate compiles, too. C code of build scripts and
    /// procedural macros is compiled in the same way, which they may not link with.
    #[arg(long = "c")]
    instrument_c: bool,
    /// Configuration of cargo, KEY=VALUE or a file.
    #[arg(long, value_name = "KEY=VALUE")]
    config: Vec<OsString>,
    /// Compilers at a time.
    #[arg(short = 'j', long = "build-jobs", value_name = "N")]
    build_jobs: Option<String>,
    /// Show the commands of the build; twice for more.
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    /// For programs that call `cargo test`: all tests run in any case.
    #[arg(long, hide = true)]
    no_fail_fast: bool,
    /// Another machine: refused, with the reason.
    #[arg(long, hide = true, value_name = "TRIPLE")]
    target: Option<String>,
}

impl Options {
    /// As cargo takes them, but for the target folder, which is chosen elsewhere.
    pub(crate) fn arguments(&self) -> Vec<OsString> {
        let mut words: Vec<OsString> = Vec::new();
        for (name, on) in [
            ("--workspace", self.workspace),
            ("--lib", self.lib),
            ("--bins", self.bins),
            ("--examples", self.examples),
            ("--tests", self.tests),
            ("--all-targets", self.all_targets),
            ("--all-features", self.all_features),
            ("--no-default-features", self.no_default_features),
            ("--release", self.release),
            ("--locked", self.locked),
            ("--offline", self.offline),
            ("--frozen", self.frozen),
        ] {
            words.extend(on.then(|| name.into()));
        }
        for (name, values) in [
            ("--package", &self.package),
            ("--exclude", &self.exclude),
            ("--bin", &self.bin),
            ("--example", &self.example),
            ("--test", &self.test),
            ("--features", &self.features),
        ] {
            for value in values {
                words.extend([name.into(), value.into()]);
            }
        }
        for value in &self.config {
            words.extend(["--config".into(), value.clone()]);
        }
        if self.instrument_c {
            for value in native::configuration() {
                words.extend(["--config".into(), value.into()]);
            }
        }
        for (name, value) in [("--profile", &self.profile), ("--jobs", &self.build_jobs)] {
            if let Some(value) = value {
                words.extend([name.into(), value.into()]);
            }
        }
        if let Some(path) = &self.manifest_path {
            words.extend(["--manifest-path".into(), path.into()]);
        }
        words.extend((0..self.verbose).map(|_| "--verbose".into()));
        words
    }

    /// Those that say how things are built and not which: what a trace remembers, so that
    /// the same program is built again.
    pub(crate) fn how(&self) -> Options {
        Options {
            package: Vec::new(),
            workspace: false,
            exclude: Vec::new(),
            lib: false,
            bins: false,
            bin: Vec::new(),
            examples: false,
            example: Vec::new(),
            tests: false,
            test: Vec::new(),
            all_targets: false,
            target_dir: None,
            manifest_path: None,
            build_jobs: None,
            verbose: 0,
            ..self.clone()
        }
    }

    /// Only the package `name`, whatever was selected.
    pub(crate) fn only(mut self, name: &str) -> Options {
        self.package = vec![name.to_owned()];
        self
    }

    /// Refuses what cannot be explored.
    ///
    /// # Errors
    ///
    /// If another machine is asked for.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        anyhow::ensure!(
            self.target.is_none(),
            "tests are explored on the machine that they are built on; leave --target out"
        );
        Ok(())
    }
}
