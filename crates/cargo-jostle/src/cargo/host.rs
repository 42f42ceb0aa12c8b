//! The machine that tests run on, and the folders of the workspace.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::Context;
use serde::Deserialize;

use crate::cargo::options::Options;

/// Where the workspace is, and what it is built for.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    /// The target triple.
    pub(crate) triple: String,
    /// The root of the workspace.
    pub(crate) root: PathBuf,
    /// The target folder of everything that is built for Jostle.
    pub(crate) target: PathBuf,
}

/// As much as is needed of what `cargo metadata` prints.
#[derive(Deserialize)]
struct Metadata {
    workspace_root: PathBuf,
    target_directory: PathBuf,
}

/// The cargo that called this program, or the one in the path.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

impl Host {
    /// Asks rustc and cargo.
    ///
    /// # Errors
    ///
    /// If there is no rustc or no Cargo.toml.
    pub(crate) fn find(options: &Options) -> anyhow::Result<Host> {
        options.check()?;
        let mut command = cargo();
        command.args(["metadata", "--no-deps", "--format-version=1"]);
        if let Some(path) = &options.manifest_path {
            command.arg("--manifest-path").arg(path);
        }
        let printed = printed(command).context("there is no package here to test")?;
        let metadata: Metadata =
            serde_json::from_slice(&printed).context("cargo metadata printed something else")?;
        let target = match &options.target_dir {
            Some(folder) => std::path::absolute(folder)?,
            None => metadata.target_directory,
        };
        Ok(Host {
            triple: triple()?,
            root: metadata.workspace_root,
            target: target.join("jostle"),
        })
    }

    /// The name of the variable of cargo for a setting of this machine.
    pub(crate) fn variable(&self, setting: &str) -> String {
        let triple = self.triple.to_uppercase().replace(['-', '.'], "_");
        format!("CARGO_TARGET_{triple}_{setting}")
    }
}

/// The triple that rustc compiles for without a `--target`.
fn triple() -> anyhow::Result<String> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.arg("-vV");
    let printed = String::from_utf8(printed(rustc).context("rustc is not to be had")?)?;
    let host = printed.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.trim().to_owned())
}

/// What a command prints to standard output.
fn printed(mut command: Command) -> anyhow::Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{name} cannot be started"))?;
    anyhow::ensure!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr).trim()
    );
    Ok(output.stdout)
}
