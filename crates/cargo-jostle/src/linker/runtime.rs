//! How a program is linked with the runtime.
//!
//! It comes first, so that its definitions of libc's functions are found before libc's,
//! and is kept although nothing may refer to it. It is named without a folder and found
//! by a run path: the file records the folder once, and the name is that of the library.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use object::{Object as _, ObjectSymbol as _};

/// A runtime to be linked.
#[derive(Debug)]
pub(crate) struct Runtime {
    path: PathBuf,
}

impl Runtime {
    /// One at a path: a shared library, or an object.
    pub(crate) fn at(path: &Path) -> Result<Self> {
        let path = path.canonicalize().with_context(|| {
            format!(
                "the runtime {} is not there; run `cargo jostle setup`",
                path.display()
            )
        })?;
        Ok(Self { path })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Its folder and file name, if it is a shared library.
    fn library(&self) -> Option<(&OsStr, &OsStr)> {
        if self.path.extension() != Some(OsStr::new("so")) {
            return None;
        }
        Some((self.path.parent()?.as_os_str(), self.path.file_name()?))
    }

    /// The arguments that stand before all others.
    pub(crate) fn first(&self) -> Vec<OsString> {
        let Some((folder, name)) = self.library() else {
            return vec![self.path.clone().into()];
        };
        vec![
            "-Wl,--push-state,--no-as-needed,-Bdynamic".into(),
            join("-l:", name),
            "-Wl,--pop-state".into(),
            join("-Wl,-rpath,", folder),
        ]
    }

    /// The arguments that stand after all others: nothing else is to be found in its
    /// folder that the folders of the program have, too.
    pub(crate) fn last(&self) -> Vec<OsString> {
        let library = self.library();
        library
            .map(|(folder, _)| join("-L", folder))
            .into_iter()
            .collect()
    }

    /// What it defines for the program.
    pub(crate) fn symbols(&self) -> Result<HashSet<String>> {
        let unusable = || {
            format!(
                "the runtime {} is damaged; run `cargo jostle setup`",
                self.path.display()
            )
        };
        let data = fs::read(&self.path).with_context(unusable)?;
        let file = object::File::parse(data.as_slice()).with_context(unusable)?;
        let symbols = file.dynamic_symbols().chain(file.symbols());
        Ok(symbols
            .filter(|it| it.is_definition() && it.is_global())
            .filter_map(|it| it.name().ok().map(str::to_owned))
            .collect())
    }
}

/// An option with its value.
fn join(option: &str, value: &OsStr) -> OsString {
    let mut argument = OsString::from(option);
    argument.push(value);
    argument
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_library_comes_by_name_and_an_object_by_path() {
        let folder = tempfile::tempdir().unwrap();
        let library = folder.path().join("libjostle_rt.so");
        let object = folder.path().join("runtime.o");
        fs::write(&library, "").unwrap();
        fs::write(&object, "").unwrap();
        let runtime = Runtime::at(&library).unwrap();
        assert!(
            runtime.first().contains(&"-l:libjostle_rt.so".into()),
            "{runtime:?}"
        );
        assert_eq!(runtime.last().len(), 1);
        let object = object.canonicalize().unwrap();
        let runtime = Runtime::at(&object).unwrap();
        assert_eq!(
            (runtime.first(), runtime.last()),
            (vec![object.into_os_string()], Vec::new())
        );
    }

    #[test]
    fn one_that_is_not_there_is_an_error_with_a_remedy() {
        let error = Runtime::at(Path::new("/nowhere/libjostle_rt.so")).unwrap_err();
        assert!(
            error.to_string().contains("cargo jostle setup"),
            "{error:#}"
        );
    }
}
