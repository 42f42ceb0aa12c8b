//! The debug information and the symbols of one file, read when first asked for.
//!
//! Files stay mapped for ever, so that what is read from them needs no owner: there are a few
//! for a process, and its places are asked for until it ends.

#![allow(unsafe_code)]

use std::cell::OnceCell;
use std::cmp::Reverse;
use std::fs::File;
use std::io;
use std::path::Path;

use addr2line::Context;
use gimli::{EndianSlice, LittleEndian, SectionId};
use memmap2::Mmap;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolKind};

type Reader = EndianSlice<'static, LittleEndian>;

/// One frame as the file tells it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct RawFrame<'a> {
    /// The mangled name, or the plain one of functions that have no other; empty if it is
    /// not known.
    pub(super) function: String,
    pub(super) file: Option<&'a str>,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A function or a static.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Row {
    start: u64,
    /// 0 if the file does not say.
    size: u64,
    name: &'static str,
}

/// One file. Addresses are those that the file gives, without the bias.
pub(super) struct Image {
    debug: Option<Context<Reader>>,
    file: Option<&'static object::File<'static>>,
    /// Sorted by address.
    symbols: OnceCell<Vec<Row>>,
}

impl Image {
    /// An image that knows nothing, if the file cannot be read.
    pub(super) fn open(path: &Path) -> Image {
        let file = read(path).ok();
        Image {
            debug: file.and_then(debug_information),
            file,
            symbols: OnceCell::new(),
        }
    }

    /// The functions that the address is in, inlined ones first; empty if the file has no
    /// debug information for it.
    pub(super) fn frames(&self, address: u64) -> Vec<RawFrame<'_>> {
        let Some(debug) = &self.debug else {
            return Vec::new();
        };
        let mut frames = Vec::new();
        let Ok(mut found) = debug.find_frames(address).skip_all_loads() else {
            return frames;
        };
        while let Ok(Some(frame)) = found.next() {
            let function = frame.function.as_ref();
            let name = function.and_then(|function| function.raw_name().ok());
            let place = frame.location;
            frames.push(RawFrame {
                function: name.map_or_else(String::new, |name| name.into_owned()),
                file: place.as_ref().and_then(|place| place.file),
                line: place.as_ref().and_then(|place| place.line).unwrap_or(0),
                column: place.as_ref().and_then(|place| place.column).unwrap_or(0),
            });
        }
        frames
    }

    /// The symbol that covers the address, and how far in it the address is.
    pub(super) fn symbol(&self, address: u64) -> Option<(&'static str, u64)> {
        let symbols = self.symbols.get_or_init(|| self.read_symbols());
        let behind = symbols.partition_point(|row| row.start <= address);
        let row = symbols[..behind].last()?;
        let offset = address - row.start;
        (offset < row.size.max(1)).then_some((row.name, offset))
    }

    fn read_symbols(&self) -> Vec<Row> {
        let Some(file) = self.file else {
            return Vec::new();
        };
        let rows = file.symbols().chain(file.dynamic_symbols());
        let rows = rows.filter(|symbol| {
            symbol.is_definition() && matches!(symbol.kind(), SymbolKind::Text | SymbolKind::Data)
        });
        let mut rows: Vec<Row> = rows
            .filter_map(|symbol| {
                Some(Row {
                    start: symbol.address(),
                    size: symbol.size(),
                    name: symbol.name().ok()?,
                })
            })
            .collect();
        // Of several for one address the first in this order counts, the same every time.
        rows.sort_by_key(|row| (row.start, Reverse(row.size), row.name));
        rows.dedup_by_key(|row| row.start);
        rows
    }
}

impl std::fmt::Debug for Image {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Image")
            .field("debug", &self.debug.is_some())
            .field("symbols", &self.symbols.get().map(Vec::len))
            .finish_non_exhaustive()
    }
}

/// A file, mapped.
pub(super) fn mapped(file: &File) -> io::Result<Mmap> {
    // SAFETY: The files are those of a process that runs. The kernel refuses to write to the
    // program, and linkers and package managers put a new file in the place of an old one.
    // Whoever overwrites a library in place ends every process that uses it.
    unsafe { Mmap::map(file) }
}

fn read(path: &Path) -> io::Result<&'static object::File<'static>> {
    let map: &'static Mmap = Box::leak(Box::new(mapped(&File::open(path)?)?));
    let file = object::File::parse(&**map).map_err(io::Error::other)?;
    Ok(Box::leak(Box::new(file)))
}

fn debug_information(file: &'static object::File<'static>) -> Option<Context<Reader>> {
    let section = |id: SectionId| -> Result<Reader, gimli::Error> {
        let section = file.section_by_name(id.name());
        // What is compressed, or not there, is as if it were empty.
        let data = section.and_then(|section| section.uncompressed_data().ok());
        let data: &'static [u8] = match data {
            Some(std::borrow::Cow::Borrowed(data)) => data,
            Some(std::borrow::Cow::Owned(data)) => data.leak(),
            None => &[],
        };
        Ok(EndianSlice::new(data, LittleEndian))
    };
    Context::from_dwarf(gimli::Dwarf::load(section).ok()?).ok()
}
