//! Site classes of operations, by which different executions are compared.
//!
//! A task number means nothing in the next execution, where tasks may be spawned
//! in another order, and of a hundred tasks spawned in one loop each does what the
//! others do. So a search learns about *site classes*: operations of the same kind, at the
//! same place in the source, on objects created at the same place, by tasks that were
//! spawned at the same place by tasks of the same group.
//! They are hashes of the name of the file, line and column and therefore the same in
//! every process, of every build.
//!
//! A plain *class* is something else everywhere in this crate: a class of equivalent
//! executions; see [`Equivalence`](crate::coverage::Equivalence).

use std::collections::HashMap;
use std::fmt;

use crate::hash::{Mixed, mix};
use crate::op::{Op, OpKind, Site, file_name};

/// A site class of operations.
///
/// 32 bits, because inputs hold them: among the few hundred site classes of a scenario
/// two are the same by chance once in a hundred thousand scenarios, and then a
/// search is a little less sharp.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SiteClass(pub u32);

impl fmt::Display for SiteClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

/// The tasks spawned, or the objects created, at one place.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Group(u64);

impl Group {
    /// The group of the main task, of the clock, and of what no object is.
    pub const ROOT: Group = Group(0);

    /// The hash.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// Computes site classes, and remembers the hashes of places.
#[derive(Debug)]
pub struct SiteClasses {
    /// By the site's number in this process, which is a key here and goes no further.
    sites: HashMap<usize, u64, Mixed>,
    /// Some of them again, where their numbers say: most scenarios have fewer places
    /// than there is room for here. No site has the number 0.
    recent: [(usize, u64); RECENT],
}

/// A power of two.
const RECENT: usize = 64;

impl Default for SiteClasses {
    fn default() -> SiteClasses {
        SiteClasses {
            sites: HashMap::default(),
            recent: [(0, 0); RECENT],
        }
    }
}

impl SiteClasses {
    /// Nothing is remembered yet.
    #[must_use]
    pub fn new() -> SiteClasses {
        SiteClasses::default()
    }

    /// The tasks that tasks of the group `parent` spawn at `site`.
    pub fn tasks(&mut self, parent: Group, site: Site) -> Group {
        Group(mix(parent.0.wrapping_add(1), self.site(site)))
    }

    /// The objects that are created at `site`.
    pub fn objects(&mut self, site: Site) -> Group {
        Group(self.site(site))
    }

    /// What tasks of `tasks` do with `op` to objects of `objects`.
    pub fn ops(&mut self, tasks: Group, objects: Group, op: &Op) -> SiteClass {
        self.ops_at(tasks, objects, op.kind, op.site)
    }

    /// As [`ops`](SiteClasses::ops), for the parts of an operation.
    pub fn ops_at(&mut self, tasks: Group, objects: Group, kind: OpKind, site: Site) -> SiteClass {
        let place = self.place(site, kind);
        SiteClass(mix(mix(tasks.0, objects.0), place) as u32)
    }

    /// As [`ops_at`](SiteClasses::ops_at), wherever in the source: what a task does to an
    /// object, told by its kind alone.
    #[must_use]
    pub fn ops_anywhere(tasks: Group, objects: Group, kind: OpKind) -> SiteClass {
        SiteClass(mix(mix(tasks.0, objects.0), kind as u64) as u32)
    }

    /// An operation of this kind at this place, whoever does it to what.
    pub fn place(&mut self, site: Site, kind: OpKind) -> u64 {
        mix(self.site(site), kind as u64)
    }

    #[inline]
    fn site(&mut self, site: Site) -> u64 {
        let address = site.cache_key();
        let at = address / align_of::<usize>() % RECENT;
        if self.recent[at].0 != address {
            self.recent[at] = (address, self.known(address, site));
        }
        self.recent[at].1
    }

    #[cold]
    fn known(&mut self, address: usize, site: Site) -> u64 {
        let hash = self.sites.entry(address);
        *hash.or_insert_with(|| hash_site(site))
    }
}

/// The hash of a place: the same in every process, unlike its address, and in every
/// build, wherever the sources are; see [`file_name`].
///
/// What the place calls, and the way from there, is part of it where it is known: one line may
/// call several functions, and one function may touch several objects.
pub fn hash_site(site: Site) -> u64 {
    let place = hash_place(site.file(), site.line(), site.column());
    let called = site.operation().bytes();
    let called = called.fold(place, |hash, byte| mix(hash, u64::from(byte)));
    let inner = site.inner().iter();
    inner.fold(called, |hash, frame| {
        mix(hash, hash_place(frame.file, frame.line, frame.column))
    })
}

fn hash_place(path: &str, line: u32, column: u32) -> u64 {
    let file = file_name(path).bytes();
    let name = file.fold(0, |hash, byte| mix(hash, u64::from(byte)));
    mix(name, u64::from(line) << 32 | u64::from(column))
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::id::ObjectId;

    #[track_caller]
    fn here() -> Site {
        Site::caller()
    }

    #[test]
    fn tasks_of_one_loop_are_one_class_and_others_are_not() {
        let mut classes = SiteClasses::new();
        let (a, b) = (here(), here());
        let spawned: Vec<Group> = (0..2).map(|_| classes.tasks(Group::ROOT, a)).collect();
        assert_eq!(spawned[0], spawned[1]);
        assert_ne!(spawned[0], classes.tasks(Group::ROOT, b));
        assert_ne!(spawned[0], classes.tasks(spawned[0], a));
        assert_ne!(spawned[0], Group::ROOT);
    }

    #[test]
    fn each_part_of_an_operation_tells_it_apart() {
        let mut classes = SiteClasses::new();
        let (a, b) = (here(), here());
        let tasks = classes.tasks(Group::ROOT, a);
        let objects = classes.objects(a);
        let op = |kind, site| Op {
            kind,
            object: ObjectId::NONE,
            site,
        };
        let class = classes.ops(tasks, objects, &op(OpKind::Load, a));
        let others = [
            classes.ops(Group::ROOT, objects, &op(OpKind::Load, a)),
            classes.ops(tasks, Group::ROOT, &op(OpKind::Load, a)),
            classes.ops(tasks, objects, &op(OpKind::Store, a)),
            classes.ops(tasks, objects, &op(OpKind::Load, b)),
        ];
        assert!(!others.contains(&class), "{class} in {others:?}");
        // Which object of those created at one place does not count, nor does who
        // asks.
        let other = Op {
            object: ObjectId::from_index(3),
            ..op(OpKind::Load, a)
        };
        assert_eq!(SiteClasses::new().ops(tasks, objects, &other), class);
    }

    #[test]
    fn a_class_is_a_function_of_the_text_of_the_place() {
        // `here` at two places of one line differ by the column.
        let (a, b) = (here(), here());
        assert_eq!(hash_site(a), hash_site(a));
        assert_ne!(hash_site(a), hash_site(b));
        assert_eq!(mix(0, 0), 0xe220_a839_7b1d_cdaf, "output 1 of SplitMix64");
    }

    #[test]
    fn what_a_place_calls_tells_it_apart() {
        use crate::op::Frame;
        let frame = |file, line| Frame {
            file,
            line,
            column: 9,
            function: "",
        };
        let here = frame("src/pool.rs", 3);
        let plain = Site::intern(here, &[]);
        assert_eq!(hash_site(plain), hash_place("src/pool.rs", 3, 9));
        let call = |operation, file, line| {
            hash_site(Site::intern_call(
                here,
                operation,
                &[frame(file, line)],
                &[],
            ))
        };
        let site = call("Notify::notify_one", "tokio-1.54.1/src/sync/notify.rs", 7);
        assert_eq!(site, call("Notify::notify_one", "/home/me/notify.rs", 7));
        let others = [
            hash_site(plain),
            hash_site(Site::intern_call(here, "Notify::notify_one", &[], &[])),
            call("Notify::notify_waiters", "notify.rs", 7),
            call("Notify::notify_one", "notify.rs", 8),
            call("Notify::notify_one", "mutex.rs", 7),
        ];
        assert!(!others.contains(&site));
        // Callers do not count: a class is of one place.
        let called = Site::intern(here, &[frame("src/main.rs", 1)]);
        assert_eq!(hash_site(called), hash_site(plain));
    }

    #[test]
    fn a_place_is_the_same_wherever_the_sources_are() {
        let here = hash_place("src/scenarios/pool.rs", 3, 9);
        for path in [
            "/home/me/pool/src/scenarios/pool.rs",
            "pool.rs",
            r"C:\me\pool.rs",
        ] {
            assert_eq!(hash_place(path, 3, 9), here, "{path}");
        }
        for (path, line, column) in [("src/loop.rs", 3, 9), ("pool.rs", 4, 9), ("pool.rs", 3, 8)] {
            assert_ne!(
                hash_place(path, line, column),
                here,
                "{path}:{line}:{column}"
            );
        }
    }
}
