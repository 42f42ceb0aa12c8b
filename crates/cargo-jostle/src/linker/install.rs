//! The name under which rustc finds this program as its linker.
//!
//! rustc takes the linker's kind from its name and passes arguments only, so that the
//! program is told by the name it is called by: a symbolic link `jostle-cc`. (`jostle-ld`
//! would make rustc write arguments for a bare linker.)
//!
//! The link lies in a folder named after the program and its version. cargo compares
//! flags, not files: with another cargo-jostle the path of the linker differs, and what
//! was linked by the one before is linked again.

use std::ffi::OsStr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{env, fs};

use anyhow::{Context as _, Result};
use sha1_smol::Sha1;

use super::cache::INSTRUMENTATION;
use super::trim::trim;
use crate::toolchain::store;

/// The name that means "you are the linker".
const NAME: &str = "jostle-cc";

/// Whether this process was called as linker.
pub(crate) fn is_linker(program: Option<&OsStr>) -> bool {
    program.is_some_and(|it| Path::new(it).file_name() == Some(OsStr::new(NAME)))
}

/// Puts the link in place and returns its path, for `-Clinker=`. Also removes from the
/// cache what is too old, as this is done before a build and not by each link.
pub(crate) fn install(cache: &Path) -> Result<PathBuf> {
    trim(cache);
    let program = env::current_exe()
        .context("the path of cargo-jostle is not known; call it by its full path")?;
    let mut identity = Sha1::from(program.as_os_str().as_encoded_bytes());
    identity.update(env!("CARGO_PKG_VERSION").as_bytes());
    identity.update(&INSTRUMENTATION.to_le_bytes());
    let folder = cache.join("bin").join(&identity.digest().to_string()[..12]);
    let link = folder.join(NAME);
    if fs::read_link(&link).is_ok_and(|target| target == program) {
        return Ok(link);
    }
    store::create(&folder)?;
    // Another process may use the link at this moment: it is replaced, never removed.
    let scratch = tempfile::tempdir_in(&folder).with_context(|| store::denied(&folder))?;
    let fresh = scratch.path().join(NAME);
    symlink(&program, &fresh)
        .and_then(|()| fs::rename(&fresh, &link))
        .with_context(|| store::denied(&link))?;
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_link_leads_here_and_can_be_put_in_place_again() {
        let cache = tempfile::tempdir().unwrap();
        let link = install(cache.path()).unwrap();
        assert_eq!(
            link.canonicalize().unwrap(),
            env::current_exe().unwrap().canonicalize().unwrap()
        );
        assert!(is_linker(Some(link.as_os_str())));
        fs::remove_file(&link).unwrap();
        symlink("/nowhere", &link).unwrap();
        assert_eq!(install(cache.path()).unwrap(), link);
        assert!(link.exists());
    }

    #[test]
    fn the_program_itself_is_not_the_linker() {
        assert!(!is_linker(Some(OsStr::new("/bin/cargo-jostle"))));
        assert!(!is_linker(Some(OsStr::new("/jostle-cc/cargo"))));
        assert!(!is_linker(None));
    }
}
