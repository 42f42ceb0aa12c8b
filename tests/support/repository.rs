//! Where the files of the repository are.

use std::path::Path;

/// The root of the repository: the nearest folder above this package that has a lock
/// file. Places in the source are relative to it.
pub(crate) fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut above = package.ancestors();
    let root = above.find(|folder| folder.join("Cargo.lock").is_file());
    root.expect("the package is in a workspace")
}
