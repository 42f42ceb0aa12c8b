//! Instruments the standard library ahead of time.
//!
//! The first link would do it as well; but then a user waits without knowing why.

use std::path::Path;

use anyhow::Result;

use super::cache::Cache;
use super::instrument::Instrumenter;
use crate::toolchain::Toolchain;

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Prepared {
    /// Modules that were instrumented.
    pub(crate) made: usize,
    /// Modules and archives that were there.
    pub(crate) reused: usize,
}

/// Instruments what programs are linked with.
pub(crate) fn prepare(toolchain: &Toolchain, cache: &Path) -> Result<Prepared> {
    let mut archives = toolchain.archives()?;
    // Procedural macros run inside of the compiler, and are not instrumented.
    archives.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with("libproc_macro-")
    });
    let cache = Cache::open(cache, toolchain.id())?;
    let outcome = Instrumenter::new(toolchain, &cache).run(&archives)?;
    Ok(Prepared {
        made: outcome.made,
        reused: outcome.reused,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_library_is_made_once() {
        let cache = tempfile::tempdir().unwrap();
        let toolchain = Toolchain::find(Path::new(".")).unwrap();
        let first = prepare(&toolchain, cache.path()).unwrap();
        assert!(first.made >= 5 && first.reused == 0, "{first:?}");
        let second = prepare(&toolchain, cache.path()).unwrap();
        assert!(second.made == 0 && second.reused > 0, "{second:?}");
    }
}
