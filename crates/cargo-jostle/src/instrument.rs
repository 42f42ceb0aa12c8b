//! What the front needs of the linker half and of the toolchain.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jostle_report::publish;

use crate::linker;
use crate::toolchain::{self, Toolchain};

/// The name of the file that says what a target folder was linked by.
const STAMP: &str = "linked-by";

/// Everything that instruments is there.
#[derive(Debug)]
pub(crate) struct Instrument {
    /// The folder of what is kept for all workspaces.
    pub(crate) cache: PathBuf,
    /// This program under the name of a linker.
    pub(crate) linker: PathBuf,
    /// The runtime that programs are linked with.
    runtime: PathBuf,
}

impl Instrument {
    /// Finds or makes it. Takes some seconds once for each toolchain.
    ///
    /// # Errors
    ///
    /// If something is missing, with how to get it.
    pub(crate) fn prepare() -> anyhow::Result<Instrument> {
        let cache = toolchain::cache_dir()?;
        let found = Toolchain::find(&std::env::current_dir()?)?;
        let runtime = toolchain::runtime(&cache)?;
        linker::prepare(&found, &cache)?;
        Ok(Instrument {
            linker: linker::install(&cache)?,
            runtime,
            cache,
        })
    }

    /// Cargo compares neither linkers nor runtimes: a program that was linked by others
    /// counts as fresh. So what others have linked is removed.
    ///
    /// # Errors
    ///
    /// If the folder cannot be written.
    pub(crate) fn renew(&self, target: &Path) -> anyhow::Result<()> {
        renew(target, &self.identity()?)
    }

    fn identity(&self) -> anyhow::Result<String> {
        let runtime = fs::read(&self.runtime)
            .with_context(|| format!("cannot read {}", self.runtime.display()))?;
        Ok(format!(
            "{}\n{} {}\n",
            self.linker.display(),
            self.runtime.display(),
            sha1_smol::Sha1::from(runtime).digest()
        ))
    }
}

fn renew(target: &Path, identity: &str) -> anyhow::Result<()> {
    let stamp = target.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|there| there == identity) {
        return Ok(());
    }
    let denied = || format!("cannot write to {}", target.display());
    if stamp.exists() {
        fs::remove_dir_all(target).with_context(denied)?;
    }
    publish::replace(&stamp, identity.as_bytes()).with_context(denied)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_have_linked_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("jostle");
        let built = target.join("debug");
        renew(&target, "a").unwrap();
        fs::create_dir(&built).unwrap();
        renew(&target, "a").unwrap();
        assert!(built.exists());
        renew(&target, "b").unwrap();
        assert!(!built.exists());
        // A folder that was not made by this program is not touched.
        let foreign = folder.path().join("foreign");
        fs::create_dir_all(foreign.join("kept")).unwrap();
        renew(&foreign, "a").unwrap();
        assert!(foreign.join("kept").exists());
    }
}
