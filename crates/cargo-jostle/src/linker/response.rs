//! Response files: arguments in a file, `@path` in their place.
//!
//! rustc writes one when the command line would be too long, with an argument per line
//! and a backslash before each space and backslash. GNU tools also know quotes. Both are
//! read; what is written has a backslash before everything that is not a plain letter.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use anyhow::{Context as _, Result};

/// How deep response files may name each other, as a circle would have no end.
const DEPTH: usize = 10;

/// The arguments with every response file replaced by what it contains.
pub(crate) fn expand(arguments: impl IntoIterator<Item = OsString>) -> Result<Vec<OsString>> {
    let mut expanded = Vec::new();
    for argument in arguments {
        expand_into(&mut expanded, argument, DEPTH)?;
    }
    Ok(expanded)
}

/// Appends an argument, or those of the response file that it names.
///
/// As with the tools, `@path` stands for itself if there is no such file.
fn expand_into(to: &mut Vec<OsString>, argument: OsString, depth: usize) -> Result<()> {
    let Some(path) = argument
        .as_bytes()
        .strip_prefix(b"@")
        .map(OsStr::from_bytes)
    else {
        to.push(argument);
        return Ok(());
    };
    if !Path::new(path).is_file() {
        to.push(argument);
        return Ok(());
    }
    let shown = Path::new(path).display();
    anyhow::ensure!(
        depth > 0,
        "the response file {shown} contains itself; pass its arguments"
    );
    let text = fs::read(path)
        .with_context(|| format!("the response file {shown} cannot be read; build again"))?;
    for argument in split(&text) {
        expand_into(to, argument, depth - 1)?;
    }
    Ok(())
}

/// The arguments in the text of a response file.
fn split(text: &[u8]) -> Vec<OsString> {
    let mut arguments = Vec::new();
    let mut current: Option<Vec<u8>> = None;
    let mut quote = None;
    let mut bytes = text.iter().copied();
    while let Some(byte) = bytes.next() {
        match (byte, quote) {
            (b'\\', _) => current.get_or_insert_default().extend(bytes.next()),
            (_, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => current.get_or_insert_default().push(byte),
            (b'"' | b'\'', None) => {
                quote = Some(byte);
                current.get_or_insert_default();
            }
            (_, None) if byte.is_ascii_whitespace() => arguments.extend(current.take()),
            (_, None) => current.get_or_insert_default().push(byte),
        }
    }
    arguments.extend(current);
    arguments.into_iter().map(OsString::from_vec).collect()
}

/// The text of a response file with these arguments.
pub(crate) fn join(arguments: &[OsString]) -> Vec<u8> {
    let mut text = Vec::new();
    for argument in arguments {
        text.push(b'"');
        for &byte in argument.as_bytes() {
            if matches!(byte, b'"' | b'\\') {
                text.push(b'\\');
            }
            text.push(byte);
        }
        text.extend(b"\"\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strings(arguments: Vec<OsString>) -> Vec<String> {
        arguments
            .into_iter()
            .map(|it| it.into_string().unwrap())
            .collect()
    }

    #[test]
    fn rustc_and_gnu_notation_are_read() {
        let read = strings(split(b"-o\n/a\\ b\\\\c\n\"two words\" 'x\"y' \"\"  last"));
        assert_eq!(read, ["-o", "/a b\\c", "two words", "x\"y", "", "last"]);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let arguments = ["", "a b", "\"", "\\", "'", "\u{fc}\t\n", "-Wl,-x"].map(OsString::from);
        assert_eq!(split(&join(&arguments)), arguments);
    }

    #[test]
    fn files_are_replaced_also_inside_of_files() {
        let folder = tempfile::tempdir().unwrap();
        let (outer, inner) = (folder.path().join("outer"), folder.path().join("inner"));
        fs::write(&inner, "c d").unwrap();
        fs::write(&outer, format!("b @{}", inner.display())).unwrap();
        let given = [
            "a".into(),
            format!("@{}", outer.display()).into(),
            "@absent".into(),
        ];
        assert_eq!(
            strings(expand(given).unwrap()),
            ["a", "b", "c", "d", "@absent"]
        );
    }

    #[test]
    fn a_file_that_contains_itself_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("circle");
        let reference = OsString::from(format!("@{}", path.display()));
        fs::write(&path, join(std::slice::from_ref(&reference))).unwrap();
        assert!(
            expand([reference])
                .unwrap_err()
                .to_string()
                .contains("contains itself")
        );
    }
}
