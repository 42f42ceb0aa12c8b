//! Finds the names of the functions that contain operations.
//!
//! A [`Site`] of the compiler is a file, a line and a column, all of which change when a file is
//! edited. The function is on the stack when the operation is posted. Its return addresses are
//! recorded there and looked up afterwards, since a look-up needs more stack than a task may
//! have. So an execution meets sites whose function is not known yet, and is repeated once they
//! are known.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::c_void;
use std::sync::{Mutex, PoisonError};

use jostle_core::op::{Frame, Site};

/// A site as a key.
type Key = (&'static str, u32, u32);

/// Return addresses that are noted: between the user's function and the runtime that
/// is told of its operation there are about twenty.
const FRAMES: usize = 64;

/// The functions of the sites that were met.
#[derive(Default, Debug)]
pub(crate) struct Functions {
    known: BTreeMap<Key, Site>,
    /// The innermost return addresses first.
    unknown: BTreeMap<Key, Vec<usize>>,
}

impl Functions {
    /// The site with the name of the function that it stands in. The same site if that
    /// is not known yet; then the caller has to be on the stack of the task that stands
    /// there, and [`learn`](Functions::learn) is to be called.
    pub(crate) fn of(&mut self, site: Site) -> Site {
        let key = (site.file(), site.line(), site.column());
        if let Some(&known) = self.known.get(&key) {
            return known;
        }
        self.unknown.entry(key).or_insert_with(|| {
            let mut addresses = Vec::with_capacity(FRAMES);
            backtrace::trace(|frame| {
                addresses.push(frame.ip().addr());
                addresses.len() < FRAMES
            });
            addresses
        });
        site
    }

    /// Looks up what was not known. Returns whether there was any.
    pub(crate) fn learn(&mut self) -> bool {
        let unknown = std::mem::take(&mut self.unknown);
        let any = !unknown.is_empty();
        for (key, addresses) in unknown {
            let (file, line, column) = key;
            let frame = Frame {
                file,
                line,
                column,
                function: kept(name_at(key, &addresses)),
            };
            self.known.insert(key, Site::intern(frame, &[]));
        }
        any
    }
}

/// The name for as long as the program runs, once however many OS threads look it up.
fn kept(name: String) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name.as_str()) {
        return known;
    }
    let name = name.leak();
    names.insert(name);
    name
}

/// The function on the stack that has the site: the one at its line or, where the
/// compiler says that a call stands elsewhere, the innermost one of its file.
fn name_at((file, line, _): Key, addresses: &[usize]) -> String {
    let mut at_line = None;
    let mut in_file = None;
    for &address in addresses {
        // A return address may lie behind the last line of its function.
        let call = address.saturating_sub(1) as *mut c_void;
        backtrace::resolve(call, |symbol| {
            let (Some(name), Some(path)) = (symbol.name(), symbol.filename()) else {
                return;
            };
            if !path.ends_with(file) {
                return;
            }
            let name = plain(&format!("{name:#}"));
            if symbol.lineno() == Some(line) {
                at_line.get_or_insert_with(|| name.clone());
            }
            in_file.get_or_insert(name);
        });
    }
    at_line.or(in_file).unwrap_or_default()
}

/// `my_crate::pool::<impl Worker<T>>::run::{{closure}}` is `run`.
fn plain(path: &str) -> String {
    let mut depth = 0u32;
    let mut last = String::new();
    let mut part = String::new();
    let mut previous = ' ';
    for c in path.chars().chain([':']) {
        match c {
            '<' | '{' | '(' => depth += 1,
            // An arrow is no bracket.
            '>' if previous == '-' => {}
            '>' | '}' | ')' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && !part.is_empty() => last = std::mem::take(&mut part),
            _ if depth == 0 && (c.is_alphanumeric() || c == '_') => part.push(c),
            _ => {}
        }
        previous = c;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_path_the_name_remains() {
        for (path, name) in [
            ("shutdown", "shutdown"),
            ("my_crate::pool::shutdown::{{closure}}", "shutdown"),
            ("my_crate::work::{closure#0}::{closure#1}", "work"),
            ("<my_crate::Buffer<T> as Put<fn() -> u8>>::put", "put"),
            ("my_crate::<impl my_crate::Buffer>::take", "take"),
            ("my_crate::send_all::<(u8, u8)>", "send_all"),
            ("", ""),
        ] {
            assert_eq!(plain(path), name, "{path}");
        }
    }

    /// A thread that has looked up what another has must not leave names behind.
    #[test]
    fn names_are_kept_once() {
        let [first, second] = ["name"; 2].map(|name| kept(name.to_owned()));
        assert!(std::ptr::eq(first, second));
    }

    #[track_caller]
    fn operation(functions: &mut Functions) -> String {
        functions.of(Site::caller()).function().to_owned()
    }

    fn somewhere(functions: &mut Functions) -> String {
        operation(functions)
    }

    #[test]
    fn a_function_is_known_the_second_time() {
        let mut functions = Functions::default();
        assert_eq!(somewhere(&mut functions), "");
        assert!(functions.learn());
        assert_eq!(somewhere(&mut functions), "somewhere");
        assert!(!functions.learn());
        // A closure is part of its function.
        let closure = |functions: &mut Functions| operation(functions);
        for name in ["", "a_function_is_known_the_second_time"] {
            assert_eq!(closure(&mut functions), name);
            functions.learn();
        }
    }
}
