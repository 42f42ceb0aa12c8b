//! One frame of a chain of calls, with all that is asked about it.

use jostle_site::Frame;

use super::name::Name;
use super::path::Origin;
use super::public::{Role, crate_of, public_name, role};

/// A frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Call {
    /// What is shown of it. The function is its bare name if it is the user's, and the
    /// public name otherwise.
    pub(super) frame: Frame,
    /// The public name.
    pub(super) public: &'static str,
    /// The whole name, which tells functions apart.
    pub(super) path: &'static str,
    /// The crate of the function or, if it drops a value, of the value's type.
    pub(super) crate_name: &'static str,
    pub(super) origin: Origin,
    pub(super) role: Role,
}

impl Call {
    /// The frame of the function with this demangled name. `keep` makes texts last.
    pub(super) fn new(
        path: &'static str,
        (origin, file): (Origin, &'static str),
        (line, column): (u32, u32),
        keep: &mut dyn FnMut(&str) -> &'static str,
    ) -> Call {
        let name = Name::parse(path);
        let public = keep(&public_name(&name));
        let function = match origin {
            Origin::User => name.function,
            _ => public,
        };
        Call {
            frame: Frame {
                file,
                line,
                column,
                function,
            },
            public,
            path,
            crate_name: crate_of(&name),
            origin,
            role: role(&name, origin),
        }
    }

    /// The function that the frame's function is a closure of, if it is one.
    pub(super) fn closure_of(&self) -> Option<&'static str> {
        let (outer, last) = self.path.rsplit_once("::{")?;
        last.contains("closure").then_some(outer)
    }
}

/// The names by which the crates of the standard library begin their paths.
const STD: &[&str] = &["alloc", "core", "hashbrown", "proc_macro", "std", "test"];

/// Whose a function is, by the name of its crate: where no path of a file tells.
pub(super) fn origin_by_name(path: &str, users: &[String]) -> Origin {
    match Name::parse(path).modules.first() {
        None => Origin::Foreign,
        Some(first) if STD.contains(first) => Origin::Std,
        Some(first) if users.is_empty() || users.iter().any(|user| user == first) => Origin::User,
        Some(_) => Origin::Dependency,
    }
}

/// What stands for the file of a function without debug information: `<my_pool::Pool::close>`.
///
/// In brackets, since it is no file; and not the same for all functions, so that places in
/// different ones stay different.
pub(super) fn instead_of_file(path: &str) -> String {
    let name = Name::parse(path);
    let parts = name.modules.iter().copied().chain(name.owner);
    let parts: Vec<&str> = parts.chain([name.function]).collect();
    match name.function {
        "" => "?".to_owned(),
        _ => format!("<{}>", parts.join("::")),
    }
}

/// A whole name for a function whose debug information has its last part only, `lock<u32>`, as
/// `debuginfo=line-tables-only` leaves it.
///
/// The modules are those of the file, and the last of them stands for the type, which is not
/// known: `std/src/sync/poison/mutex.rs` makes `mutex::lock` the public name.
pub(super) fn name_by_file(name: &str, file: &str) -> String {
    let file = file.strip_suffix(".rs").unwrap_or(file);
    let (package, inside) = file.split_once("/src/").unwrap_or((file, ""));
    let package = package.rsplit('/').next().unwrap_or(package);
    let is_version = |at: &usize| package[at + 1..].starts_with(|c: char| c.is_ascii_digit());
    let end = package.rfind('-').filter(is_version);
    let package = package[..end.unwrap_or(package.len())].replace('-', "_");
    let inside = inside
        .split('/')
        .filter(|part| !matches!(*part, "" | "mod" | "lib"));
    let modules: Vec<&str> = [package.as_str()].into_iter().chain(inside).collect();
    let last = modules[modules.len() - 1];
    let name = if name.starts_with('{') {
        "closure"
    } else {
        name
    };
    format!("<{}::{last}>::{name}", modules.join("::"))
}

/// Whether the name begins with a path.
pub(super) fn is_whole(name: &str) -> bool {
    let plain = name.find(['<', '{']).unwrap_or(name.len());
    name.starts_with('<') || name[..plain].contains("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_tells_whose_a_function_is() {
        let users = ["pool".to_owned()];
        for (path, origin, without_list) in [
            ("pool::Pool<T>::close", Origin::User, Origin::User),
            (
                "tokio::task::spawn::spawn",
                Origin::Dependency,
                Origin::User,
            ),
            ("core::sync::atomic::fence", Origin::Std, Origin::Std),
            (
                "<alloc::sync::Arc<pool::Pool>>::new",
                Origin::Std,
                Origin::Std,
            ),
            ("start_thread", Origin::Foreign, Origin::Foreign),
            ("", Origin::Foreign, Origin::Foreign),
        ] {
            assert_eq!(origin_by_name(path, &users), origin, "{path}");
            assert_eq!(origin_by_name(path, &[]), without_list, "{path}");
        }
    }

    #[test]
    fn a_function_stands_for_its_file_in_brackets() {
        for (path, shown) in [
            ("pool::Pool<T>::close::{{closure}}", "<pool::Pool::close>"),
            ("<pool::Pool<u8>>::close", "<pool::Pool::close>"),
            ("main", "<main>"),
            ("", "?"),
        ] {
            assert_eq!(instead_of_file(path), shown, "{path}");
        }
    }

    #[test]
    fn a_file_stands_for_the_path_that_a_name_does_not_have() {
        for (name, file, public) in [
            ("lock<u32>", "std/src/sync/poison/mutex.rs", "mutex::lock"),
            ("poll", "tokio-1.54.1/src/sync/notify.rs", "notify::poll"),
            ("read<u8>", "core/src/ptr/mod.rs", "ptr::read"),
            ("now", "a-b-0.1.0/src/lib.rs", "a_b::now"),
            (
                "{closure#0}<u8>",
                "std/src/thread/lifecycle.rs",
                "lifecycle::closure",
            ),
            (
                "drop_in_place<alloc::sync::Arc<u8>>",
                "core/src/ptr/mod.rs",
                "Arc::drop",
            ),
        ] {
            let name = name_by_file(name, file);
            assert_eq!(public_name(&Name::parse(&name)), public, "{name}");
        }
        let adapter = name_by_file("map<u8>", "core/src/option.rs");
        assert_eq!(role(&Name::parse(&adapter), Origin::Std), Role::Passes);
    }

    #[test]
    fn a_whole_name_has_a_path() {
        for name in ["a::b", "<a::B>::c", "a::b::{closure#0}"] {
            assert!(is_whole(name), "{name}");
        }
        for name in ["", "lock", "lock<a::B>", "{closure#0}", "{closure#0}<a::B>"] {
            assert!(!is_whole(name), "{name}");
        }
    }
}
