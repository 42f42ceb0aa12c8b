//! The parts of a demangled name.
//!
//! Both manglings of rustc are read as `rustc_demangle` prints them without hashes:
//! `std::sync::poison::mutex::Mutex<T>::lock` (legacy) and
//! `<std::sync::poison::mutex::Mutex<i32>>::lock` (v0) are the same method. Generic arguments,
//! closures and compiler-made suffixes are left out; a closure is a part of the function that
//! it is written in. Whatever the text is, it is cut up somehow and nothing panics.

/// A name, cut up.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(super) struct Name<'a> {
    /// The crate and the modules of the type that the function belongs to or, if it
    /// belongs to none or to one without a path (`&mut F`), of the trait or the
    /// function: `["std", "sync", "poison", "mutex"]`.
    pub(super) modules: Vec<&'a str>,
    /// The type or trait whose method it is, without path and arguments: `Mutex`.
    pub(super) owner: Option<&'a str>,
    /// The trait that is implemented, in the same form: `Drop`.
    pub(super) of_trait: Option<&'a str>,
    /// The name alone: `lock`.
    pub(super) function: &'a str,
    /// The type that `core::ptr::drop_in_place` drops, as it stands there.
    pub(super) drops: Option<&'a str>,
}

impl<'a> Name<'a> {
    pub(super) fn parse(text: &'a str) -> Name<'a> {
        let mut name = Name::default();
        // The path outside of brackets, and the type at its beginning or in it.
        let mut path: Vec<&str> = Vec::new();
        let mut target: Option<&str> = None;
        let mut interface: Option<&str> = None;
        for part in split(text, "::") {
            if let Some(inside) = bracketed(part) {
                if let Some(implemented) = inside.strip_prefix("impl ") {
                    // `<impl Trait for Type>`, `<impl Type>`: the modules before it are
                    // where the block stands.
                    let mut sides = split(implemented, " for ");
                    target = sides.pop();
                    interface = sides.pop();
                    path.clear();
                } else if path.is_empty() && target.is_none() {
                    let mut sides = split(inside, " as ").into_iter();
                    target = sides.next();
                    interface = sides.next();
                } else if path.last() == Some(&"drop_in_place") {
                    name.drops = Some(inside);
                }
            } else if !part.starts_with('{') {
                let (ident, arguments) = without_arguments(part);
                if ident == "drop_in_place" && !arguments.is_empty() {
                    name.drops = bracketed(arguments);
                }
                if !ident.is_empty() {
                    path.push(ident);
                }
            }
        }
        name.function = path.pop().unwrap_or_default();
        name.of_trait = interface.and_then(last_of_type);
        if let Some(target) = target {
            // In a function inside of a method, the method is the last module.
            let modules = modules_of_type(target);
            let modules = match (modules.is_empty(), interface) {
                (true, Some(interface)) => modules_of_type(interface),
                _ => modules,
            };
            name.modules = modules;
            if path.is_empty() {
                name.owner = last_of_type(target).or(name.of_trait);
            } else {
                name.of_trait = None;
            }
            return name;
        }
        // `Pool` in `main::Pool<T>::close`; types begin with a capital, modules do not.
        let type_at = path.iter().position(|part| is_type(part));
        if type_at.is_some() && type_at == path.len().checked_sub(1) {
            name.owner = path.pop();
        } else if let Some(at) = type_at {
            path.truncate(at);
        }
        name.modules = path;
        name
    }

    /// Whether it is this method of this trait, implemented or provided.
    pub(super) fn is_method(&self, of: &str, method: &str) -> bool {
        let implements = self.of_trait.or(self.owner) == Some(of);
        implements && self.function == method
    }
}

/// A type without references, path and arguments: `&mut a::Pool<T>` is `Pool`. `None` for what
/// has no name.
pub(super) fn last_of_type(text: &str) -> Option<&str> {
    let text = plain_type(text);
    let last = split(text, "::")
        .pop()
        .map(|part| without_arguments(part).0)?;
    is_name(last).then_some(last)
}

/// The crate and the modules of a type; none for what has no path.
pub(super) fn modules_of_type(text: &str) -> Vec<&str> {
    let text = plain_type(text);
    if text.starts_with(['<', '(', '[', '{', '*']) {
        return Vec::new();
    }
    let mut parts = split(text, "::");
    parts.pop();
    parts.truncate(
        parts
            .iter()
            .position(|p| !is_name(p))
            .unwrap_or(parts.len()),
    );
    parts
}

/// What is behind references, and the first of the traits of an object.
fn plain_type(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let rest = ["&", "mut ", "*const ", "*mut ", "dyn "]
            .iter()
            .find_map(|prefix| text.strip_prefix(prefix));
        match rest {
            Some(rest) => text = rest.trim_start(),
            None => break,
        }
    }
    split(text, "+").first().map_or("", |first| first.trim())
}

fn is_name(text: &str) -> bool {
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || c == '_')
        && chars.all(|c| c.is_alphanumeric() || c == '_')
}

fn is_type(text: &str) -> bool {
    text.starts_with(char::is_uppercase)
}

/// What is between `<` at the beginning and `>` at the end.
fn bracketed(text: &str) -> Option<&str> {
    text.strip_prefix('<')?.strip_suffix('>')
}

/// `Pool` and `<T>`.
fn without_arguments(part: &str) -> (&str, &str) {
    let end = part.find(['<', '(', '{', ' ']).unwrap_or(part.len());
    part.split_at(end)
}

/// Splits at a separator outside of brackets.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let bytes = text.as_bytes();
    let (mut parts, mut start, mut depth, mut at) = (Vec::new(), 0, 0_i32, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'<' | b'(' | b'[' | b'{' => depth += 1,
            // An arrow is no bracket.
            b'>' if at > 0 && matches!(bytes[at - 1], b'-' | b'=') => {}
            b'>' | b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && bytes[at..].starts_with(separator.as_bytes()) {
            parts.push(&text[start..at]);
            at += separator.len();
            start = at;
        } else {
            at += 1;
        }
    }
    parts.push(&text[start..]);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    use proptest::prelude::*;

    /// The parts in one line: modules, owner, trait, function.
    fn parts(text: &str) -> String {
        let name = Name::parse(text);
        format!(
            "{} | {} | {} | {}",
            name.modules.join("::"),
            name.owner.unwrap_or("-"),
            name.of_trait.unwrap_or("-"),
            name.function
        )
    }

    #[test]
    fn both_manglings_have_the_same_parts() {
        for (texts, expected) in [
            (
                [
                    "std::sync::poison::mutex::Mutex<T>::lock",
                    "<std::sync::poison::mutex::Mutex<i32>>::lock",
                ],
                "std::sync::poison::mutex | Mutex | - | lock",
            ),
            (
                [
                    "<alloc::sync::Arc<T,A> as core::ops::drop::Drop>::drop",
                    "<alloc::sync::Arc<(u8, u8)> as core::ops::drop::Drop>::drop",
                ],
                "alloc::sync | Arc | Drop | drop",
            ),
            (
                [
                    "core::future::future::<impl core::future::future::Future for &mut F>::poll",
                    "<&mut F as core::future::future::Future>::poll",
                ],
                "core::future::future | F | Future | poll",
            ),
            (
                [
                    "std::thread::functions::spawn",
                    "std::thread::functions::spawn::<main::main::{closure#0}, ()>",
                ],
                "std::thread::functions | - | - | spawn",
            ),
            (
                [
                    "main::Pool<T>::run::{{closure}}::{{closure}}",
                    "<main::Pool<fn() -> u8>>::run::{closure#1}::{closure#0}",
                ],
                "main | Pool | - | run",
            ),
            (
                [
                    "main::Pool<T>::run::helper",
                    "<main::Pool<u8>>::run::helper::<[u8; 4]>",
                ],
                "main | - | - | helper",
            ),
            (
                [
                    "core::num::<impl usize>::checked_add",
                    "<usize>::checked_add",
                ],
                " | usize | - | checked_add",
            ),
            (
                [
                    "core::ops::function::FnOnce::call_once{{vtable.shim}}",
                    "core::ops::function::FnOnce::call_once::{shim:vtable#0}",
                ],
                "core::ops::function | FnOnce | - | call_once",
            ),
            (["sqlite3_open", "sqlite3_open"], " | - | - | sqlite3_open"),
        ] {
            for text in texts {
                assert_eq!(parts(text), expected, "{text}");
            }
        }
    }

    #[test]
    fn an_object_of_a_trait_is_named_by_the_trait() {
        let text = "<dyn core::ops::function::Fn()+Output = () as a::Run>::run";
        assert_eq!(parts(text), "core::ops::function | Fn | Run | run");
    }

    #[test]
    fn a_drop_says_what_is_dropped() {
        for text in [
            "core::ptr::drop_in_place<alloc::sync::Arc<u32>>",
            "core::ptr::drop_in_place::<alloc::sync::Arc<u32>>",
        ] {
            let name = Name::parse(text);
            assert_eq!(name.drops, Some("alloc::sync::Arc<u32>"), "{text}");
            assert_eq!(name.function, "drop_in_place");
            assert_eq!(name.modules, ["core", "ptr"]);
        }
        assert_eq!(Name::parse("core::mem::drop::<u32>").drops, None);
    }

    #[test]
    fn a_method_of_a_trait_is_known_implemented_or_provided() {
        let drop = Name::parse("<alloc::sync::Arc<T,A> as core::ops::drop::Drop>::drop");
        assert!(drop.is_method("Drop", "drop") && !drop.is_method("Drop", "poll"));
        assert!(Name::parse("core::ops::drop::Drop::drop").is_method("Drop", "drop"));
        assert!(!Name::parse("main::Pool::drop").is_method("Drop", "drop"));
    }

    proptest! {
        #[test]
        fn any_text_is_cut_up(text in "[a-zA-Z_:<>(){}&+ \\[\\]#0-9=,é-]{0,60}") {
            let name = Name::parse(&text);
            prop_assert!(text.contains(name.function));
        }
    }
}
