//! The formats that docs/formats.md promises to keep reading, held to files that earlier
//! builds wrote.
//!
//! The fixtures of a version are never changed. A new version gets new ones beside them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use jostle_core::finding::Kind;
use jostle_core::input::Input;
use jostle_core::regression::{KeptFile, Row};
use jostle_core::trace::file::{self, ReadError, TraceFile, VERSION};
use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/formats")
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The trace files of a version, with their paths.
fn traces(version: u64) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = root().join(format!("traces-v{version}"));
    let entries = fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| (path.clone(), read(&path)))
        .collect()
}

fn parsed(path: &Path, bytes: &[u8]) -> TraceFile {
    file::read(bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn traces_of_every_version_are_read() {
    for version in 1..=VERSION {
        let mut kinds = BTreeSet::new();
        for (path, bytes) in traces(version) {
            let document: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(document["jostle_trace"], version, "{}", path.display());
            let file = parsed(&path, &bytes);
            let finding = file.finding.expect("each fixture holds a finding");
            assert_eq!(document["finding"]["kind"], finding.kind.name());
            assert_eq!(document["finding"]["message"], finding.message);
            assert_eq!(document["finding"]["signature"], finding.signature);
            assert_eq!(document["scenario"], file.scenario);
            assert_eq!(document["strategy"], file.strategy.name_in_files());
            assert_eq!(document["seed"], file.seed.to_string());
            assert_eq!(document["data"], hex(&file.data));
            kinds.insert(finding.kind.name());
        }
        assert!(!kinds.is_empty(), "version {version}");
        // What is added without a new version, a kind of finding, adds a file.
        if version == VERSION {
            let all = Kind::ALL.iter().map(|kind| kind.name()).collect();
            assert_eq!(kinds, all);
        }
    }
}

#[test]
fn traces_of_this_version_are_written_as_they_were() {
    for (path, bytes) in traces(VERSION) {
        let written = file::write(&parsed(&path, &bytes)).unwrap();
        assert_eq!(written.as_bytes(), bytes, "{}", path.display());
    }
}

#[test]
fn a_trace_of_the_next_version_is_refused_by_its_number() {
    let (_, bytes) = traces(VERSION).swap_remove(0);
    let text = String::from_utf8(bytes).unwrap();
    let found = VERSION + 1;
    let next = text.replacen(
        &format!("\"jostle_trace\": {VERSION}"),
        &format!("\"jostle_trace\": {found}"),
        1,
    );
    assert_eq!(file::read(next.as_bytes()), Err(ReadError::Newer { found }));
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// An input as the fixtures put it.
fn described(selector: u32, input: &Input) -> Value {
    let steering = &input.steering;
    let prefix = steering.prefix.picks.iter();
    let orders = steering.orders.iter();
    json!({
        "selector": selector,
        "strategy": input.strategy.name_in_files(),
        "seed": input.seed.to_string(),
        "prefix": prefix.map(|p| format!("{}{}", p.kind.code(), p.picked)).collect::<Vec<_>>(),
        "strict": steering.prefix.strict,
        "orders": orders.map(|o| [o.first.0, o.then.0]).collect::<Vec<_>>(),
        "hold": steering.hold.map(|h| [h.task.index() as u32, h.until.index() as u32, h.does.0]),
        "overrides": input.overrides.iter().map(|o| format!("{}:{}", o.at, o.pick)).collect::<Vec<_>>(),
        "data": hex(&input.data),
    })
}

#[test]
fn inputs_mean_what_they_meant_and_are_written_as_they_were() {
    let list: Vec<Value> = serde_json::from_slice(&read(&root().join("inputs-v1.json"))).unwrap();
    assert!(list.len() >= 4);
    for mut expected in list {
        let name = expected.as_object_mut().unwrap().remove("file").unwrap();
        let bytes = read(&root().join("inputs-v1").join(name.as_str().unwrap()));
        let (selector, input) = Input::decode(&bytes);
        assert_eq!(described(selector, &input), expected, "{name}");
        assert_eq!(input.encode(selector), bytes, "{name}");
    }
}

/// Byte 4 of an input names the strategy. A new strategy takes a row behind these.
#[test]
fn the_numbers_of_strategies_keep_their_meaning() {
    let text = String::from_utf8(read(&root().join("strategies-v1.txt"))).unwrap();
    assert_eq!(text.lines().count(), 16);
    for (number, name) in (0u8..).zip(text.lines()) {
        let bytes = [0, 0, 0, 0, number];
        let (selector, input) = Input::decode(&bytes);
        assert_eq!(input.strategy.name_in_files(), name, "{number}");
        assert_eq!(input.encode(selector)[..5], bytes, "{name}");
    }
}

#[test]
fn rows_of_kept_schedules_are_read_and_written_as_they_were() {
    let text = String::from_utf8(read(&root().join("rows-v1.txt"))).unwrap();
    assert!(text.lines().count() >= 20);
    for line in text.lines() {
        let row: Row = line.parse().unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(row.to_string(), line);
    }
}

#[test]
fn schedule_files_are_read_and_written_as_they_were() {
    let bytes = read(&root().join("schedule-v1.json"));
    let file = KeptFile::read(&bytes).unwrap();
    assert_eq!(file.test, "kinds:deadlock::bug_wait_with_a_lock");
    let (rows, data) = file.schedule().unwrap();
    assert_eq!((rows.len(), data), (1, vec![0, 255]));
    assert_eq!(rows[0].to_string(), file.rows[0]);
    assert_eq!(KeptFile::read(file.text().as_bytes()).unwrap(), file);
}
