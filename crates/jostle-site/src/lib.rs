//! Places in a program's source, one pointer wide.
//!
//! Every scheduling point carries the place in the source that asked for it, so the
//! type has to be as cheap as the `&'static Location` that `#[track_caller]` gives.
//! But a `Location` can be made by the compiler only, and a program that runs
//! unmodified has places that come from debug information instead, with the function
//! and the chain of callers. A [`Site`] is either of the two: a pointer whose lowest
//! bit says which. The second kind may also say which function of a library the user's
//! line calls, and where below it the scheduling point is.
//!
//! Separate crate so that `jostle-core` can forbid unsafe code.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::panic::Location;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering as Memory};
use std::sync::{Mutex, PoisonError};

/// One entry of a chain of calls.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Frame {
    /// The path of the source file, as the compiler was given it or shortened so that it
    /// is the same on every machine.
    pub file: &'static str,
    /// Counted from 1; 0 if it is not known.
    pub line: u32,
    /// Counted from 1; 0 if it is not known.
    pub column: u32,
    /// The name of the function without its path; empty if it is not known.
    pub function: &'static str,
}

/// A place in the source, with the function and the callers where they are known.
///
/// Two sites are equal if file, line, column, function, operation, inner frames and callers
/// are. Nothing that is compared, hashed or shown depends on an address.
#[derive(Clone, Copy)]
pub struct Site(NonNull<()>);

/// A place that was not made by the compiler.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Interned {
    frame: Frame,
    callers: &'static [Frame],
    operation: &'static str,
    inner: &'static [Frame],
}

/// The bit of the pointer that tells an [`Interned`] from a [`Location`].
const INTERNED: usize = 1;

const _: () = assert!(align_of::<Location<'static>>() > INTERNED);
const _: () = assert!(align_of::<Interned>() > INTERNED);

// SAFETY: A site is a shared reference to a `Location` or to an `Interned`, both of
// which are `Sync` and live for ever.
unsafe impl Send for Site {}
// SAFETY: As above.
unsafe impl Sync for Site {}

enum Kind {
    Location(&'static Location<'static>),
    Interned(&'static Interned),
}

impl Site {
    /// The place that `#[track_caller]` gave.
    #[inline]
    #[must_use]
    pub const fn new(location: &'static Location<'static>) -> Site {
        let pointer = ptr::from_ref(location).cast::<()>().cast_mut();
        // SAFETY: It was a reference.
        Site(unsafe { NonNull::new_unchecked(pointer) })
    }

    /// The caller's place.
    #[inline]
    #[must_use]
    #[track_caller]
    pub const fn caller() -> Site {
        Site::new(Location::caller())
    }

    /// The place of `frame`, reached through `callers`, the innermost first.
    ///
    /// Equal places are one site: what is not known yet is kept for ever.
    #[must_use]
    pub fn intern(frame: Frame, callers: &[Frame]) -> Site {
        Site::intern_call(frame, "", &[], callers)
    }

    /// The place of `frame`, which calls the library function with the public name
    /// `operation`; the scheduling point is below it, reached through `inner`. Lists
    /// begin with the innermost frame.
    ///
    /// Equal places are one site: what is not known yet is kept for ever.
    #[must_use]
    pub fn intern_call(
        frame: Frame,
        operation: &'static str,
        inner: &[Frame],
        callers: &[Frame],
    ) -> Site {
        type Key = (Frame, Vec<Frame>, &'static str, Vec<Frame>);
        static KNOWN: Mutex<BTreeMap<Key, Site>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (frame, callers.to_vec(), operation, inner.to_vec());
        *known.entry(key).or_insert_with(|| {
            Site::of(Box::leak(Box::new(Interned {
                frame,
                callers: Vec::leak(callers.to_vec()),
                operation,
                inner: Vec::leak(inner.to_vec()),
            })))
        })
    }

    fn of(interned: &'static Interned) -> Site {
        let pointer = ptr::from_ref(interned).cast::<()>().cast_mut();
        let tagged = pointer.map_addr(|address| address | INTERNED);
        // SAFETY: It was a reference, and setting a bit makes no null pointer of it.
        Site(unsafe { NonNull::new_unchecked(tagged) })
    }

    #[inline]
    fn kind(self) -> Kind {
        let pointer = self.0.as_ptr();
        if pointer.addr() & INTERNED == 0 {
            // SAFETY: The bit is clear, so that `new` made the site, from a reference
            // to a `Location` that lives for ever.
            Kind::Location(unsafe { &*pointer.cast::<Location<'static>>() })
        } else {
            let pointer = pointer.map_addr(|address| address & !INTERNED);
            // SAFETY: The bit is set, so that `of` made the site, from a reference to
            // an `Interned` that lives for ever.
            Kind::Interned(unsafe { &*pointer.cast::<Interned>() })
        }
    }

    /// The path of the source file, as the compiler was given it: absolute for some
    /// packages and relative for others.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self.kind() {
            Kind::Location(location) => location.file(),
            Kind::Interned(interned) => interned.frame.file,
        }
    }

    /// Counted from 1; 0 if it is not known.
    #[must_use]
    pub fn line(self) -> u32 {
        match self.kind() {
            Kind::Location(location) => location.line(),
            Kind::Interned(interned) => interned.frame.line,
        }
    }

    /// Counted from 1; 0 if it is not known.
    #[must_use]
    pub fn column(self) -> u32 {
        match self.kind() {
            Kind::Location(location) => location.column(),
            Kind::Interned(interned) => interned.frame.column,
        }
    }

    /// The name of the function that the place stands in, without its path; empty if it
    /// is not known.
    #[must_use]
    pub fn function(self) -> &'static str {
        match self.kind() {
            Kind::Location(_) => "",
            Kind::Interned(interned) => interned.frame.function,
        }
    }

    /// Who called that function, the innermost first; empty if it is not known.
    #[must_use]
    pub fn callers(self) -> &'static [Frame] {
        match self.kind() {
            Kind::Location(_) => &[],
            Kind::Interned(interned) => interned.callers,
        }
    }

    /// The public name of the library function that the place calls: `Mutex::lock`; empty
    /// if it is not known, or if the place itself does what is done there.
    #[must_use]
    pub fn operation(self) -> &'static str {
        match self.kind() {
            Kind::Location(_) => "",
            Kind::Interned(interned) => interned.operation,
        }
    }

    /// How the library function comes to what is done, the innermost frame first; empty
    /// if that is not known or is the standard library's own affair.
    #[must_use]
    pub fn inner(self) -> &'static [Frame] {
        match self.kind() {
            Kind::Location(_) => &[],
            Kind::Interned(interned) => interned.inner,
        }
    }

    /// A number for caches of this process: equal numbers mean equal sites, but not
    /// the other way round. It must go into no decision, trace or hash.
    #[inline]
    #[must_use]
    pub fn cache_key(self) -> usize {
        self.0.as_ptr().addr()
    }

    /// What is compared and hashed.
    fn parts(self) -> Interned {
        match self.kind() {
            Kind::Location(location) => Interned {
                frame: Frame {
                    file: location.file(),
                    line: location.line(),
                    column: location.column(),
                    function: "",
                },
                callers: &[],
                operation: "",
                inner: &[],
            },
            Kind::Interned(interned) => *interned,
        }
    }
}

impl From<&'static Location<'static>> for Site {
    #[inline]
    fn from(location: &'static Location<'static>) -> Site {
        Site::new(location)
    }
}

impl PartialEq for Site {
    #[inline]
    fn eq(&self, other: &Site) -> bool {
        // The compiler may keep one place at several addresses.
        self.0 == other.0 || self.parts() == other.parts()
    }
}

impl Eq for Site {}

impl PartialOrd for Site {
    fn partial_cmp(&self, other: &Site) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Site {
    fn cmp(&self, other: &Site) -> Ordering {
        self.parts().cmp(&other.parts())
    }
}

impl Hash for Site {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parts().hash(state);
    }
}

/// `src/pool.rs:10:5`; without the numbers that are not known.
impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Frame {
            file, line, column, ..
        } = self.parts().frame;
        match (line, column) {
            (0, _) => write!(f, "{file}"),
            (_, 0) => write!(f, "{file}:{line}"),
            _ => write!(f, "{file}:{line}:{column}"),
        }
    }
}

impl fmt::Debug for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = self.parts();
        write!(f, "{self}")?;
        if !parts.frame.function.is_empty() {
            write!(f, " in {}", parts.frame.function)?;
        }
        if !parts.operation.is_empty() {
            write!(f, " calling {}", parts.operation)?;
        }
        if !parts.inner.is_empty() {
            write!(f, " by way of {:?}", parts.inner)?;
        }
        if !parts.callers.is_empty() {
            write!(f, " called by {:?}", parts.callers)?;
        }
        Ok(())
    }
}

/// A site, or none, that other OS threads and signal handlers may read at any time.
#[derive(Default)]
pub struct AtomicSite(AtomicPtr<()>);

impl AtomicSite {
    /// None.
    #[must_use]
    pub const fn new() -> AtomicSite {
        AtomicSite(AtomicPtr::new(ptr::null_mut()))
    }

    /// Puts a site in place of what was there.
    #[inline]
    pub fn set(&self, site: Option<Site>) {
        let pointer = site.map_or(ptr::null_mut(), |site| site.0.as_ptr());
        // Release, so that whoever sees the pointer sees what it points to.
        self.0.store(pointer, Memory::Release);
    }

    /// What is there.
    #[inline]
    #[must_use]
    pub fn get(&self) -> Option<Site> {
        NonNull::new(self.0.load(Memory::Acquire)).map(Site)
    }
}

impl fmt::Debug for AtomicSite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.get(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: Frame = Frame {
        file: "src/pool.rs",
        line: 10,
        column: 5,
        function: "close",
    };

    #[test]
    fn a_place_of_the_compiler_is_itself() {
        let location = Location::caller();
        let site = Site::from(location);
        assert_eq!(site.file(), location.file());
        assert_eq!(site.line(), location.line());
        assert_eq!(site.column(), location.column());
        assert_eq!(site.function(), "");
        assert!(site.callers().is_empty());
        assert_eq!(site.to_string(), location.to_string());
        assert_eq!(site, Site::new(location));
    }

    #[test]
    fn an_interned_place_is_what_it_was_made_of() {
        let caller = Frame {
            line: 99,
            function: "main",
            ..FRAME
        };
        let site = Site::intern(FRAME, &[caller]);
        assert_eq!(site.to_string(), "src/pool.rs:10:5");
        assert_eq!((site.function(), site.callers()), ("close", &[caller][..]));
        assert_eq!(Site::intern(FRAME, &[caller]).cache_key(), site.cache_key());
        let others = [
            Site::intern(FRAME, &[]),
            Site::intern(FRAME, &[caller, caller]),
            Site::intern(caller, &[caller]),
            Site::intern(Frame { column: 0, ..FRAME }, &[caller]),
        ];
        assert!(!others.contains(&site));
        assert_eq!(others[3].to_string(), "src/pool.rs:10");
    }

    #[test]
    fn what_is_called_at_a_place_tells_it_apart() {
        let call = |operation, inner: &[Frame]| Site::intern_call(FRAME, operation, inner, &[]);
        let below = Frame {
            line: 7,
            function: "Notify::notify_one",
            ..FRAME
        };
        let site = call("Notify::notify_one", &[below]);
        assert_eq!(site.operation(), "Notify::notify_one");
        assert_eq!(site.inner(), [below]);
        assert_eq!(site.to_string(), "src/pool.rs:10:5");
        assert_eq!(
            call("Notify::notify_one", &[below]).cache_key(),
            site.cache_key()
        );
        let others = [
            call("Notify::notify_one", &[]),
            call("Notify::notify_waiters", &[below]),
            Site::intern(FRAME, &[]),
            Site::intern(FRAME, &[below]),
        ];
        assert!(!others.contains(&site));
        assert_eq!(call("", &[]).cache_key(), others[2].cache_key());
        assert_eq!((others[2].operation(), others[2].inner()), ("", &[][..]));
    }

    #[test]
    fn a_place_without_a_line_is_shown_without_one() {
        let site = Site::intern(
            Frame {
                file: "<pool::close>",
                line: 0,
                column: 0,
                function: "close",
            },
            &[],
        );
        assert_eq!(site.to_string(), "<pool::close>");
    }

    #[test]
    fn sites_are_sorted_by_text_and_not_by_address() {
        let mut sites = [9, 3, 7].map(|line| Site::intern(Frame { line, ..FRAME }, &[]));
        sites.sort();
        assert_eq!(sites.map(Site::line), [3, 7, 9]);
    }

    #[test]
    fn an_atomic_gives_back_what_was_put_in() {
        let cell = AtomicSite::new();
        assert_eq!(cell.get(), None);
        for site in [Site::caller(), Site::intern(FRAME, &[])] {
            cell.set(Some(site));
            assert_eq!(cell.get(), Some(site));
        }
        cell.set(None);
        assert_eq!(cell.get(), None);
    }
}
