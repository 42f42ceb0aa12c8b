//! What a command that builds tests needs before: the machine, the linker half, a folder
//! for this run.

use std::path::{Path, PathBuf};

use anyhow::Context;
use tempfile::TempDir;

use crate::args::Explore;
use crate::cargo::host::Host;
use crate::cargo::invocation::Invocation;
use crate::cargo::options::Options;
use crate::cargo::roles::Roles;
use crate::child::embedded::Setting;
use crate::instrument::Instrument;

/// Everything is in place. The folder of the run goes away with it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) host: Host,
    roles: Roles,
    instrument: Instrument,
    tokio_workers: u16,
    folder: TempDir,
}

impl Session {
    /// Puts everything in place.
    ///
    /// # Errors
    ///
    /// If there is no package here, or something that instruments is missing.
    pub(crate) fn begin(options: &Options, tokio_workers: u16) -> anyhow::Result<Session> {
        let mut host = Host::find(options)?;
        // A link that redirects tokio and one that does not are different programs, and
        // cargo does not see the difference.
        if tokio_workers == 0 {
            host.target.as_mut_os_string().push("-without-tokio");
        }
        let instrument = Instrument::prepare()?;
        let roles = Roles::install(&instrument.cache)?;
        instrument.renew(&host.target)?;
        let folder = tempfile::Builder::new().prefix("jostle-").tempdir();
        Ok(Session {
            host,
            roles,
            instrument,
            tokio_workers,
            folder: folder.context("there is no room for temporary files")?,
        })
    }

    /// How to call cargo.
    pub(crate) fn invocation(&self) -> Invocation<'_> {
        Invocation {
            host: &self.host,
            roles: &self.roles,
            linker: Some(&self.instrument.linker),
            tokio_workers: self.tokio_workers,
            scratch: self.folder.path(),
        }
    }

    /// The folder of this run.
    pub(crate) fn scratch(&self) -> &Path {
        self.folder.path()
    }

    /// What the processes of this run have in common.
    pub(crate) fn setting(&self, args: &Explore) -> Setting {
        Setting {
            root: self.host.root.clone(),
            scratch: PathBuf::from(self.folder.path()),
            steps: args.steps,
            tokio_workers: args.tokio_workers,
        }
    }
}
