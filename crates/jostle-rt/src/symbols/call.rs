//! One frame of a chain of calls, with all that is asked about it.

use jostle_site::Frame;

use super::name::Name;
use super::path::Origin;
use super::public::{Role, public_name, role};

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crate_tells_whose_a_function_is() {
        let users = ["pool".to_owned()];
        for (path, origin, without_list) in [
            ("pool::Pool<T>::close", Origin::User, Origin::User),
            ("tokio::task::spawn::spawn", Origin::Dependency, Origin::User),
            ("core::sync::atomic::fence", Origin::Std, Origin::Std),
            ("<alloc::sync::Arc<pool::Pool>>::new", Origin::Std, Origin::Std),
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
}
