//! The notes of a link as sentences for the user: what "ok" does not stand for.
//!
//! A clean result says that no race and no wrong order was seen. Of code that is not
//! instrumented it says less: its accesses are not seen, and neither are the orders that
//! its atomic operations establish. So each sentence names the crate or library.

use super::assembly::Kind;
use super::notes::{AssemblyIn, Notes};

/// So many names in one sentence; the document of a link has all.
const NAMES: usize = 8;

impl Notes {
    /// What a report on this program has to say.
    pub(crate) fn cautions(&self) -> Vec<String> {
        let mut all = Vec::new();
        let native = self.native.iter();
        let plain = native.filter(|code| code.objects.iter().any(|it| !it.sanitized));
        let owners: Vec<&str> = plain.map(|code| code.owner.as_str()).collect();
        if !owners.is_empty() {
            all.push(format!(
                "code that rustc has not compiled is not instrumented, in {}: races in it are \
                 missed, and what it orders by atomic operations of its own may show as a race; \
                 --c instruments C code that the cc crate compiles",
                list(&owners)
            ));
        }
        if !self.shared.is_empty() {
            let names: Vec<&str> = self.shared.iter().map(String::as_str).collect();
            all.push(format!(
                "shared libraries are not instrumented, {}: races in them are missed, and what \
                 they order by atomic operations of their own may show as a race",
                list(&names)
            ));
        }
        all.extend(self.assembly.iter().map(sentence));
        all
    }
}

/// The sentence for assembly of one kind in a crate.
fn sentence(assembly: &AssemblyIn) -> String {
    let owner = &assembly.owner;
    let function = assembly.function.as_ref();
    let place = function.map_or_else(String::new, |function| format!(" ({function})"));
    match assembly.kind {
        Kind::SystemCall => format!(
            "{owner}{place} calls the kernel by an instruction and not through libc: such calls \
             are not under control"
        ),
        Kind::Memory => format!(
            "{owner}{place} may access memory by assembly: that is not seen, and what it orders \
             may show as a race"
        ),
        Kind::Clock => format!(
            "{owner}{place} reads the clock of the processor, which is not virtual: what depends \
             on it differs between executions"
        ),
    }
}

/// Names, the first of them if they are many.
fn list(names: &[&str]) -> String {
    let shown = names.len().min(NAMES);
    let text = names[..shown].join(", ");
    match names.len() - shown {
        0 => text,
        more => format!("{text} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linker::facts::Native;
    use crate::linker::instrument::Outcome;
    use crate::linker::notes::NativeCode;
    use crate::toolchain::Toolchain;

    fn notes() -> Notes {
        let outcome = Outcome {
            inputs: Vec::new(),
            made: 0,
            reused: 0,
        };
        Notes::new(&Toolchain::for_tests(), &outcome, &[])
    }

    fn code(owner: &str, sanitized: bool) -> NativeCode {
        NativeCode {
            owner: owner.to_owned(),
            objects: vec![Native {
                object: "a.o".to_owned(),
                sanitized,
            }],
        }
    }

    #[test]
    fn a_program_in_rust_alone_needs_none() {
        assert!(notes().cautions().is_empty());
    }

    #[test]
    fn native_code_is_named_unless_its_compiler_instrumented_it() {
        let mut notes = notes();
        notes.native = vec![code("ring", false), code("locks", true)];
        let cautions = notes.cautions();
        assert_eq!(cautions.len(), 1, "{cautions:?}");
        assert!(cautions[0].contains("in ring: "), "{cautions:?}");
    }

    #[test]
    fn shared_libraries_and_assembly_are_named() {
        let mut notes = notes();
        notes.shared = vec!["z".to_owned()];
        let kinds = [Kind::SystemCall, Kind::Memory, Kind::Clock];
        notes.assembly = kinds
            .map(|kind| AssemblyIn {
                owner: "raw".to_owned(),
                kind,
                function: Some("raw::call".to_owned()),
                places: 2,
            })
            .to_vec();
        let cautions = notes.cautions();
        assert!(cautions[0].contains(", z: "), "{cautions:?}");
        assert_eq!(cautions.len(), 4);
        for caution in &cautions[1..] {
            assert!(caution.starts_with("raw (raw::call) "), "{caution}");
        }
    }

    #[test]
    fn of_many_names_the_first_are_shown() {
        let names: Vec<String> = (0..10).map(|nth| format!("c{nth}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        assert!(list(&names).ends_with("c7 and 2 more"));
        assert_eq!(list(&names[..2]), "c0, c1");
    }
}
