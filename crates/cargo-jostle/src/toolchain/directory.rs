//! The folder where instrumented files and the runtime are kept between builds.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

/// `$JOSTLE_CACHE`, else `$XDG_CACHE_HOME/jostle`, else `~/.cache/jostle`.
///
/// A relative path counts from the working folder, and is made absolute: the linker is
/// called in other folders.
pub(crate) fn cache_dir() -> Result<PathBuf> {
    choose(|name| env::var_os(name).filter(|it| !it.is_empty()))
}

/// The folder, given the environment.
fn choose(variable: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf> {
    let path = if let Some(path) = variable("JOSTLE_CACHE") {
        PathBuf::from(path)
    } else if let Some(path) = variable("XDG_CACHE_HOME") {
        PathBuf::from(path).join("jostle")
    } else {
        let home = variable("HOME").context(
            "there is no folder for the cache, as HOME is not set; set JOSTLE_CACHE to one",
        )?;
        PathBuf::from(home).join(".cache/jostle")
    };
    std::path::absolute(&path).with_context(|| {
        format!(
            "{} cannot be made absolute; set JOSTLE_CACHE to a full path",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choice(set: &[(&str, &str)]) -> Result<PathBuf> {
        choose(|name| {
            set.iter()
                .find(|(it, _)| *it == name)
                .map(|(_, value)| value.into())
        })
    }

    #[test]
    fn the_most_specific_variable_wins() {
        let all = [
            ("HOME", "/h"),
            ("XDG_CACHE_HOME", "/x"),
            ("JOSTLE_CACHE", "/j"),
        ];
        assert_eq!(choice(&all).unwrap(), PathBuf::from("/j"));
        assert_eq!(choice(&all[..2]).unwrap(), PathBuf::from("/x/jostle"));
        assert_eq!(
            choice(&all[..1]).unwrap(),
            PathBuf::from("/h/.cache/jostle")
        );
        assert!(choice(&[("JOSTLE_CACHE", "here")]).unwrap().is_absolute());
    }

    #[test]
    fn without_any_the_error_says_what_to_set() {
        assert!(
            choice(&[])
                .unwrap_err()
                .to_string()
                .contains("JOSTLE_CACHE")
        );
    }
}
