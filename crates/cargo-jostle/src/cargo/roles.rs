//! Under which names cargo calls this program back.
//!
//! Cargo takes one path for a compiler or a runner, without arguments that survive spaces
//! in it. So the path is a link to this program, and the name of the link says what it is
//! to do.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// What this program is called for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    /// In front of rustc.
    Rustc,
    /// In the place of rustdoc.
    Rustdoc,
    /// In front of a test program, to write down how it is started.
    Recorder,
    /// In front of a test program of cargo-nextest, to explore it.
    Explorer,
}

impl Role {
    const ALL: [Role; 4] = [Role::Rustc, Role::Rustdoc, Role::Recorder, Role::Explorer];

    fn name(self) -> &'static str {
        match self {
            Role::Rustc => "jostle-as-rustc",
            Role::Rustdoc => "jostle-as-rustdoc",
            Role::Recorder => "jostle-as-recorder",
            Role::Explorer => "jostle-as-explorer",
        }
    }

    /// The role that the first word of a command line stands for.
    pub(crate) fn of(program: &Path) -> Option<Role> {
        let name = program.file_name()?;
        Role::ALL.into_iter().find(|role| name == role.name())
    }
}

/// Links to this program, one for each role.
#[derive(Debug)]
pub(crate) struct Roles(PathBuf);

impl Roles {
    /// Makes them in a folder of `cache`: always the same one for the same program, since
    /// cargo asks each compiler that it does not know anew.
    ///
    /// # Errors
    ///
    /// If they cannot be made, or the folder cannot be written in a variable of cargo.
    pub(crate) fn install(cache: &Path) -> anyhow::Result<Roles> {
        let this = std::env::current_exe().context("this program's own path cannot be had")?;
        let id = sha1_smol::Sha1::from(this.as_os_str().as_encoded_bytes())
            .digest()
            .to_string();
        let folder = cache.join("roles").join(&id[..16]);
        let plain = folder
            .to_str()
            .filter(|text| !text.contains(char::is_whitespace));
        anyhow::ensure!(
            plain.is_some(),
            "cargo cannot take a program from {}, which has spaces in its name; set JOSTLE_CACHE \
             to a folder without",
            folder.display()
        );
        let made = fs::create_dir_all(&folder).and_then(|()| {
            Role::ALL
                .into_iter()
                .try_for_each(|role| link(&this, &folder.join(role.name())))
        });
        made.with_context(|| {
            format!(
                "cannot write to {}; set JOSTLE_CACHE to another folder",
                folder.display()
            )
        })?;
        Ok(Roles(folder))
    }

    /// The program to name for `role`.
    pub(crate) fn path(&self, role: Role) -> PathBuf {
        self.0.join(role.name())
    }
}

/// Another process may make the same link at the same time, which is as good.
fn link(target: &Path, path: &Path) -> io::Result<()> {
    if fs::read_link(path).is_ok_and(|there| there == target) {
        return Ok(());
    }
    let part = path.with_extension(std::process::id().to_string());
    symlink(target, &part)?;
    fs::rename(&part, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_names_its_role() {
        let cache = tempfile::tempdir().unwrap();
        let roles = Roles::install(cache.path()).unwrap();
        for role in Role::ALL {
            let path = roles.path(role);
            assert_eq!(Role::of(&path), Some(role));
            assert_eq!(
                fs::read_link(path).unwrap(),
                std::env::current_exe().unwrap()
            );
        }
        assert_eq!(Role::of(Path::new("/usr/bin/cargo-jostle")), None);
        assert!(Roles::install(&cache.path().join("a b")).is_err());
    }
}
