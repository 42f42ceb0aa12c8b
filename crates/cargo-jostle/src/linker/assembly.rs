//! Assembly in Rust code: what the instrumentation cannot see, by the crate that has it.
//!
//! Neither ThreadSanitizer's pass nor the runtime sees what an assembly does. Most are
//! harmless (they compute). Three kinds are worth naming, because an execution then
//! depends on something that is not under control: a system call that no libc symbol
//! stands for, an access to memory that may order threads, and a read of the processor's
//! clock.

use serde::{Deserialize, Serialize};

/// An assembly as it stands in a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    /// The symbol of the function that contains it, after inlining. None for assembly
    /// that belongs to the module.
    pub(crate) function: Option<String>,
    /// The instructions.
    pub(crate) text: String,
    /// Whether the compiler must expect it to read or write memory.
    pub(crate) memory: bool,
}

impl Template {
    /// Assembly beside the functions (`global_asm!`).
    pub(crate) fn of_module(text: &[u8]) -> Self {
        Self {
            function: None,
            text: String::from_utf8_lossy(text).into_owned(),
            memory: false,
        }
    }

    /// Assembly in a function (`asm!`).
    pub(crate) fn of_function(function: &[u8], text: &[u8], constraints: &[u8]) -> Self {
        Self {
            function: Some(String::from_utf8_lossy(function).into_owned()),
            text: String::from_utf8_lossy(text).into_owned(),
            memory: String::from_utf8_lossy(constraints).contains("~{memory}"),
        }
    }

    /// What is worth naming about it.
    pub(crate) fn kind(&self) -> Option<Kind> {
        let mnemonics: Vec<&str> = mnemonics(&self.text).collect();
        let has = |names: &[&str]| mnemonics.iter().any(|it| names.contains(it));
        if has(&["syscall", "sysenter"]) || self.text.contains("int $$0x80") {
            Some(Kind::SystemCall)
        } else if has(&["rdtsc", "rdtscp"]) {
            Some(Kind::Clock)
        } else if self.memory && !mnemonics.is_empty() && !has(&["cpuid", "xgetbv", "pause"]) {
            Some(Kind::Memory)
        } else {
            None
        }
    }
}

/// The first word of each instruction, prefixes such as `lock` included.
///
/// Some crates keep the compiler from an optimization by an assembly that is only a
/// comment, `/*…*/`; that has none.
fn mnemonics(text: &str) -> impl Iterator<Item = &str> {
    text.split(['\n', ';'])
        .map(|line| line.split('#').next().unwrap_or_default())
        .filter(|line| !(line.trim().starts_with("/*") && line.trim().ends_with("*/")))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| !word.ends_with(':') && !word.starts_with('.'))
}

/// Why an assembly is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// It enters the kernel without libc: neither scheduled nor virtual.
    SystemCall,
    /// It may access memory: no scheduling point, no edge, no race is seen.
    Memory,
    /// It reads the processor's clock: differs from execution to execution.
    Clock,
}

/// All assembly of one kind in one object or crate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Assembly {
    /// Which kind.
    pub(crate) kind: Kind,
    /// The first function that has some, by its readable name.
    pub(crate) function: Option<String>,
    /// How many there are.
    pub(crate) places: usize,
}

/// Sums up what is worth naming among `templates`.
pub(crate) fn summarize(templates: &[Template]) -> Vec<Assembly> {
    let named = templates.iter().filter_map(|template| {
        let function = template.function.as_deref();
        Some(Assembly {
            kind: template.kind()?,
            function: function.map(|it| format!("{:#}", rustc_demangle::demangle(it))),
            places: 1,
        })
    });
    merge(named)
}

/// Adds up entries of the same kind, in the order of kinds.
pub(crate) fn merge(parts: impl IntoIterator<Item = Assembly>) -> Vec<Assembly> {
    let mut sums: Vec<Assembly> = Vec::new();
    for part in parts {
        match sums.iter_mut().find(|sum| sum.kind == part.kind) {
            Some(sum) => {
                sum.places += part.places;
                sum.function = sum.function.take().or(part.function);
            }
            None => sums.push(part),
        }
    }
    sums.sort_by_key(|sum| sum.kind);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inline(text: &str, constraints: &str) -> Template {
        Template::of_function(b"f", text.as_bytes(), constraints.as_bytes())
    }

    #[test]
    fn a_system_call_is_named_whatever_stands_around_it() {
        let call = inline("mov eax, 1\n\tsyscall # write", "~{rcx}");
        assert_eq!(call.kind(), Some(Kind::SystemCall));
        assert_eq!(inline("call syscall_table", "").kind(), None);
    }

    #[test]
    fn memory_is_named_unless_the_instructions_are_known_or_absent() {
        assert_eq!(
            inline("lock cmpxchg16b [rdi]", "~{memory}").kind(),
            Some(Kind::Memory)
        );
        assert_eq!(inline("", "r,~{memory}").kind(), None);
        assert_eq!(
            inline("mov rsi, rbx; cpuid; xchg rsi, rbx", "~{memory}").kind(),
            None
        );
        assert_eq!(inline("bswap $0", "r").kind(), None);
        assert_eq!(inline("/*$0 $1*/", "r,r,~{memory}").kind(), None);
    }

    #[test]
    fn one_line_per_kind_says_how_many_there_are() {
        let all = summarize(&[
            inline("rdtsc", ""),
            inline("syscall", "~{memory}"),
            inline("syscall", "~{memory}"),
        ]);
        let counts: Vec<_> = all.iter().map(|it| (it.kind, it.places)).collect();
        assert_eq!(counts, [(Kind::SystemCall, 2), (Kind::Clock, 1)]);
    }
}
