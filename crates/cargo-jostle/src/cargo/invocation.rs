//! A call of cargo with this program in all its places.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::host::{self, Host};
use crate::cargo::roles::{Role, Roles};
use crate::cargo::{runner, rustc, rustdoc};

/// Where the linker half writes what it has to complain of, since cargo shows what a
/// linker prints only shortened, behind its whole command line.
const LINK_LOG: &str = crate::linker::LOG;

/// Tells the linker half whether to redirect the constructor of such runtimes.
const TOKIO_WORKERS: &str = "JOSTLE_TOKIO_WORKERS";

/// How cargo is to be called.
#[derive(Debug)]
pub(crate) struct Invocation<'a> {
    pub(crate) host: &'a Host,
    pub(crate) roles: &'a Roles,
    /// The linker half; without it programs are built as they are.
    pub(crate) linker: Option<&'a Path>,
    /// Whether current-thread runtimes of tokio get workers.
    pub(crate) tokio_workers: u16,
    /// A folder of this run, for records and logs.
    pub(crate) scratch: &'a Path,
}

impl Invocation<'_> {
    /// `cargo WORDS` with the folder, the wrappers, and `runner` in front of programs.
    pub(crate) fn command(&self, words: &[&str], runner: Role) -> Command {
        let mut command = host::cargo();
        command
            .args(words)
            .arg("--target")
            .arg(&self.host.triple)
            .arg("--target-dir")
            .arg(&self.host.target)
            .envs(self.variables(runner));
        command
    }

    /// What the linker half has complained of.
    pub(crate) fn link_log(&self) -> PathBuf {
        self.scratch.join("link.log")
    }

    fn variables(&self, runner: Role) -> Vec<(OsString, OsString)> {
        let mut variables: Vec<(OsString, OsString)> = Vec::new();
        let mut set = |name: &str, value: &OsStr| variables.push((name.into(), value.into()));
        set("RUSTC_WRAPPER", self.roles.path(Role::Rustc).as_os_str());
        set("RUSTDOC", self.roles.path(Role::Rustdoc).as_os_str());
        set(
            &self.host.variable("RUNNER"),
            self.roles.path(runner).as_os_str(),
        );
        set(runner::RECORDS, self.scratch.as_os_str());
        set(LINK_LOG, self.link_log().as_os_str());
        set(TOKIO_WORKERS, self.tokio_workers.to_string().as_ref());
        for (name, theirs) in [
            (rustc::WRAPPED, "RUSTC_WRAPPER"),
            (rustdoc::WRAPPED, "RUSTDOC"),
        ] {
            if let Some(value) = std::env::var_os(theirs) {
                set(name, &value);
            }
        }
        if let Some(linker) = self.linker {
            set(rustc::LINKER, linker.as_os_str());
        }
        variables
    }

    /// The names of what is set for cargo alone.
    pub(crate) fn ours(&self) -> Vec<OsString> {
        let variables = self.variables(Role::Recorder);
        variables.into_iter().map(|(name, _)| name).collect()
    }
}
