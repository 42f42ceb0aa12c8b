//! What the symbolizer has to be told about the program.

use std::path::PathBuf;

/// What belongs to the user.
#[derive(Clone, Default, Debug)]
pub(crate) struct Settings {
    /// The folder of the workspace. Sources in it are the user's, apart from those that
    /// cargo fetched into it.
    pub workspace: PathBuf,
    /// Folders of the workspace that hold sources of others, such as the output of `cargo
    /// vendor`: absolute, or relative to the workspace.
    pub vendored: Vec<PathBuf>,
    /// The names of the workspace's crates, as paths in Rust begin: `my_pool`. They tell the
    /// user's functions from others where there is no debug information. If the list is
    /// empty, all but the standard library's are taken for the user's there.
    pub crates: Vec<String>,
}
