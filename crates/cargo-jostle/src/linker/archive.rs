//! Reads and writes `ar` archives, as `.rlib` and `.a` files are.

use std::fmt::Display;
use std::io::Cursor;
use std::path::Path;

use anyhow::{Context as _, Result};
use ar_archive_writer::{
    ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember, write_archive_to_stream,
};
use object::read::archive::ArchiveFile;

/// A file in an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Member<T> {
    /// Its name, without a path.
    pub(crate) name: String,
    /// Its content.
    pub(crate) data: T,
}

/// The members of an archive, in their order.
///
/// rustc's metadata is left out: no linker needs it, and it is often the largest part.
pub(crate) fn read(data: &[u8], path: impl Display) -> Result<Vec<Member<&[u8]>>> {
    let damaged = || format!("{path} is damaged; remove the target folder and build again");
    let archive = ArchiveFile::parse(data).with_context(damaged)?;
    anyhow::ensure!(
        !archive.is_thin(),
        "{path} is a thin archive, which cannot be instrumented; create it without `--thin`"
    );
    let mut members = Vec::new();
    for member in archive.members() {
        let member = member.with_context(damaged)?;
        let name = String::from_utf8_lossy(member.name()).into_owned();
        if name != "lib.rmeta" {
            members.push(Member {
                name,
                data: member.data(data).with_context(damaged)?,
            });
        }
    }
    Ok(members)
}

/// Makes an archive with an index of symbols.
pub(crate) fn write(members: Vec<Member<impl AsRef<[u8]>>>) -> Result<Vec<u8>> {
    let members: Vec<_> = members
        .into_iter()
        .map(|it| NewArchiveMember::new(it.data, &DEFAULT_OBJECT_READER, it.name))
        .collect();
    let mut bytes = Cursor::new(Vec::new());
    write_archive_to_stream(&mut bytes, &members, ArchiveKind::Gnu, false, None)
        .context("an instrumented archive cannot be put together")?;
    Ok(bytes.into_inner())
}

/// The name of the crate or library that a file holds: `tokio` of
/// `libtokio-0123456789abcdef.rlib`, `demo` of `demo-0123456789abcdef.x.0.rcgu.o`.
pub(crate) fn owner(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let object = name.ends_with(".o");
    let name = name.split('.').next().unwrap_or_default();
    let name = if object {
        name
    } else {
        name.strip_prefix("lib").unwrap_or(name)
    };
    match name.rsplit_once('-') {
        Some((stem, hash)) if hash.len() == 16 && hash.bytes().all(|it| it.is_ascii_hexdigit()) => {
            stem.to_owned()
        }
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_back_without_the_metadata() {
        let long = "a-name-of-more-than-sixteen-characters.rcgu.o";
        let members =
            [("lib.rmeta", "meta"), (long, "one"), ("b.o", "four")].map(|(name, data)| Member {
                name: name.to_owned(),
                data: data.as_bytes(),
            });
        let bytes = write(members.to_vec()).unwrap();
        assert_eq!(read(&bytes, "it").unwrap(), members[1..]);
    }

    #[test]
    fn a_cut_archive_is_an_error_that_names_it() {
        let bytes = write(vec![Member {
            name: "a.o".into(),
            data: vec![7; 100],
        }])
        .unwrap();
        let error = read(&bytes[..bytes.len() - 20], "libx.rlib").unwrap_err();
        assert!(
            error.to_string().contains("libx.rlib is damaged"),
            "{error:#}"
        );
    }

    #[test]
    fn a_file_is_named_after_its_crate() {
        let owner = |name: &str| owner(Path::new(name));
        assert_eq!(owner("/x/libtokio-0123456789abcdef.rlib"), "tokio");
        assert_eq!(owner("demo-0123456789abcdef.cgu.0.rcgu.o"), "demo");
        assert_eq!(owner("/usr/lib/libz.a"), "z");
        assert_eq!(owner("my-lib.o"), "my-lib");
        assert_eq!(owner("libx.o"), "libx");
    }
}
