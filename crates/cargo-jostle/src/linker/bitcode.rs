//! Where the LLVM bitcode of an object is, and what an object without any contains.
//!
//! With `-Clinker-plugin-lto` an object of rustc's *is* bitcode. The precompiled standard
//! library has ordinary objects that carry theirs in the section `.llvmbc`.

use anyhow::{Context as _, Result};
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SectionKind};

/// The first bytes of bitcode.
const RAW: &[u8] = b"BC\xc0\xde";
/// The first bytes of bitcode with a header in front.
const WRAPPED: &[u8] = b"\xde\xc0\x17\x0b";
/// The section of an ELF object that holds bitcode.
const SECTION: &str = ".llvmbc";

/// What a file that the linker is given turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Content<'a> {
    /// Code that can be instrumented.
    Bitcode(&'a [u8]),
    /// Machine code alone: made by another compiler, or from assembly.
    Machine(Machine),
    /// No code at all: metadata, or a list of symbols.
    Nothing,
}

/// An object of machine code without bitcode.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Machine {
    /// Whether its compiler instrumented it for ThreadSanitizer.
    pub(crate) sanitized: bool,
    /// The symbols that it defines for others.
    pub(crate) defines: Vec<String>,
}

/// Looks into an object.
///
/// What is not an object (a linker script, an archive's index) counts as `Nothing`: the
/// linker judges it.
pub(crate) fn inspect(data: &[u8]) -> Result<Content<'_>> {
    if data.starts_with(RAW) || data.starts_with(WRAPPED) {
        return Ok(Content::Bitcode(data));
    }
    if !data.starts_with(b"\x7fELF") {
        return Ok(Content::Nothing);
    }
    let file = object::File::parse(data)
        .context("the ELF object is damaged; remove the target folder and build again")?;
    if let Some(section) = file.section_by_name(SECTION) {
        let bitcode = section
            .data()
            .context("the section .llvmbc cannot be read")?;
        // rustc also writes the section without content, as a mark.
        if bitcode.len() > 4 {
            return Ok(Content::Bitcode(bitcode));
        }
    }
    let code = |section: object::Section<'_, '_>| {
        section.kind() == SectionKind::Text && section.size() > 0
    };
    if !file.sections().any(code) {
        return Ok(Content::Nothing);
    }
    let names = |undefined: bool| {
        file.symbols()
            .filter(move |it| it.is_global() && it.is_undefined() == undefined)
            .filter_map(|it| it.name().ok())
    };
    Ok(Content::Machine(Machine {
        sanitized: names(true).any(|name| name.starts_with("__tsan_")),
        defines: names(false).map(str::to_owned).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitcode_is_told_by_its_first_bytes() {
        let raw = [RAW, b"1234"].concat();
        assert_eq!(inspect(&raw).unwrap(), Content::Bitcode(&raw));
        let wrapped = [WRAPPED, b"1234"].concat();
        assert_eq!(inspect(&wrapped).unwrap(), Content::Bitcode(&wrapped));
    }

    #[test]
    fn what_is_no_object_is_left_to_the_linker() {
        assert_eq!(inspect(b"INPUT(libm.so.6)").unwrap(), Content::Nothing);
        assert_eq!(inspect(b"").unwrap(), Content::Nothing);
    }

    #[test]
    fn a_damaged_object_is_an_error() {
        inspect(b"\x7fELF and no more").unwrap_err();
    }

    #[test]
    fn this_program_is_machine_code_that_nobody_instrumented() {
        let this = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let Content::Machine(machine) = inspect(&this).unwrap() else {
            panic!("an executable has machine code");
        };
        assert!(!machine.sanitized);
        assert!(machine.defines.iter().any(|name| name == "main"));
    }
}
