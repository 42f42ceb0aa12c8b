//! The documents that the command writes for programs keep the fields that
//! docs/formats.md promises.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::command::{folder, jostle, stdout};
use crate::support::repository::root;

fn fixture(name: &str) -> String {
    let path = root().join("tests/fixtures/formats").join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the command prints to standard output.
fn printed(args: &[&str]) -> String {
    stdout(&jostle(args))
}

/// The hunt that the fixtures hold: a bug that is missed, one that is found, a clean
/// scenario and one that this build cannot judge.
fn hunt(folder: &Path) -> (String, String) {
    let junit = folder.join("results.xml");
    let printed = printed(&[
        "hunt",
        "shutdown",
        "cron_tick",
        "lost_update_fixed",
        "race_counter",
        "--jobs",
        "1",
        "--runs",
        "1",
        "--json",
        "--junit",
        junit.to_str().unwrap(),
        "--out",
        folder.to_str().unwrap(),
    ]);
    (printed, fs::read_to_string(junit).unwrap())
}

/// Adds the paths of all fields in `value`.
pub(crate) fn fields(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (name, value) in object {
                let path = format!("{path}.{name}");
                fields(value, &path, found);
                found.insert(path);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| fields(value, path, found)),
        _ => {}
    }
}

#[track_caller]
fn keeps_its_fields(key: &str, old: &str, new: &str) {
    let old: Value = serde_json::from_str(old).unwrap();
    let new: Value = serde_json::from_str(new).unwrap();
    assert_eq!(old[key], new[key], "the version");
    let (mut before, mut after) = (BTreeSet::new(), BTreeSet::new());
    fields(&old, "", &mut before);
    fields(&new, "", &mut after);
    let lost: Vec<_> = before.difference(&after).collect();
    assert!(!before.is_empty() && lost.is_empty(), "{lost:?}");
}

#[test]
fn the_document_of_a_hunt_keeps_its_fields() {
    let (json, _) = hunt(&folder("documents-hunt"));
    keeps_its_fields("jostle_hunt", &fixture("hunt-v1.json"), &json);
}

#[test]
fn the_document_of_triage_keeps_its_fields() {
    let json = printed(&["triage", "--json", "corpus/shutdown/failing"]);
    keeps_its_fields("jostle_triage", &fixture("triage-v1.json"), &json);
}

/// The elements of an XML document and their attributes, in the forms that quick-junit
/// writes: each tag closed on its line, each value in double quotes.
fn tags(xml: &str) -> BTreeSet<String> {
    let mut tags = BTreeSet::new();
    for tag in xml.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        if tag.starts_with(['/', '?', '!']) {
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap();
        tags.insert(name.to_owned());
        // What stands between quotes holds no names.
        let outside = tag.split('"').step_by(2);
        for attribute in outside.filter_map(|part| part.trim().strip_suffix('=')) {
            let attribute = attribute.split_whitespace().last().unwrap();
            tags.insert(format!("{name} {attribute}"));
        }
    }
    tags
}

#[test]
fn the_junit_file_keeps_its_elements_and_attributes() {
    let (_, junit) = hunt(&folder("documents-junit"));
    let (before, after) = (tags(&fixture("junit-v1.xml")), tags(&junit));
    for known in ["failure message", "skipped message", "property value"] {
        assert!(before.contains(known), "{known} in {before:?}");
    }
    let lost: Vec<_> = before.difference(&after).collect();
    assert!(lost.is_empty(), "{lost:?}");
}
