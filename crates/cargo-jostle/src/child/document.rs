//! Finds and reads the document that a command has printed in a process.

use anyhow::Context;
use serde::de::DeserializeOwned;

/// The document at the end of what a process has printed. What the program printed before
/// its first thread stands in front of it. `version` is that of the document, which has to
/// be 1.
///
/// # Errors
///
/// If there is none.
pub(crate) fn read<T: DeserializeOwned>(
    stdout: &[u8],
    version: impl Fn(&T) -> u32,
) -> anyhow::Result<T> {
    let text = String::from_utf8_lossy(stdout);
    let begin = match text.starts_with("{\n") {
        true => 0,
        false => text.rfind("\n{\n").context("it printed no document")? + 1,
    };
    let document: T =
        serde_json::from_str(&text[begin..]).context("what it printed is no document")?;
    let version = version(&document);
    anyhow::ensure!(version == 1, "it printed a document of version {version}");
    Ok(document)
}
