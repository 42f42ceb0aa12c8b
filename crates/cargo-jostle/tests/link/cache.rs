//! What was made before is not made again, unless it was damaged.

use std::ffi::OsStr;
use std::fs;

use serde_json::Value;

use crate::fixture::{Workspace, files, notes, run};

/// A number of the notes.
fn count(notes: &Value, name: &str) -> u64 {
    notes["instrumented"][name].as_u64().unwrap()
}

#[test]
fn the_same_code_is_taken_from_the_cache_and_a_change_makes_little() {
    let workspace = Workspace::new();
    let first = notes(&workspace.tests());
    let objects = count(&first, "objects");
    assert!(objects > 20, "{first:#}");

    // Debug information has a sum of the source, so that any other edit is a change.
    workspace.edit("app/src/lib.rs", "//! A crate", "//! A crate");
    let same = notes(&workspace.tests());
    assert_eq!(count(&same, "made"), 0, "{same:#}");
    assert!(count(&same, "reused") > 20, "{same:#}");

    workspace.edit("app/src/lib.rs", "fetch_add(by, ", "fetch_add(by & 7, ");
    let changed = notes(&workspace.tests());
    assert_eq!(count(&changed, "objects"), objects);
    assert!((1..=3).contains(&count(&changed, "made")), "{changed:#}");
}

#[test]
fn damaged_entries_are_made_again() {
    let mut workspace = Workspace::new();
    let objects = count(&notes(&workspace.tests()), "objects");
    let cache = workspace.take_own_cache();
    let mut damaged = 0;
    for path in files(&cache) {
        let mut data = fs::read(&path).unwrap();
        let half = data.len() / 2;
        match path.extension().and_then(OsStr::to_str) {
            // As after a crash: the length is there and the content is not.
            Some("o") => data[half..].fill(0),
            Some("rlib") => data.truncate(half),
            _ => continue,
        }
        fs::write(&path, data).unwrap();
        damaged += 1;
    }
    assert!(damaged > 20);
    workspace.edit("app/src/lib.rs", "//! A crate", "//! The crate");
    let tests = workspace.tests();
    let notes = notes(&tests);
    assert_eq!(
        (count(&notes, "objects"), count(&notes, "reused")),
        (objects, 0),
        "{notes:#}"
    );
    assert!(run(&tests) > 1000);
}
