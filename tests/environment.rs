//! docs/environment.md has every environment variable that is read, and no other.
//!
//! A text scan: it knows names that begin with `JOSTLE_` anywhere in the sources, what is
//! read by `env::var`, `env::var_os` and `variable`, and capitals after `$` in scripts. A name that a
//! function takes as an argument is seen only if it begins with `JOSTLE_`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Where variables may be read. Those that are not there are passed over.
const SOURCES: &[&str] = &[
    ".ci", "benches", "build.rs", "crates", "examples", "fuzz", "scripts", "src", "tests",
];

/// Folders with nothing of ours in them, and programs under test with variables of their own.
const PASSED_OVER: &[&str] = &[
    "artifacts",
    "corpus",
    "coverage",
    "fetched",
    "fixtures",
    "programs",
    "snapshots",
    "target",
];

/// This file, whose examples are no variables.
const SELF: &str = "tests/environment.rs";

/// What a shell sets itself.
const SHELL: &[&str] = &[
    "BASH_SOURCE",
    "FUNCNAME",
    "LINENO",
    "OPTARG",
    "PWD",
    "RANDOM",
    "SECONDS",
];

/// Texts that mention variables, and have to name those that there are.
const TEXTS: &[&str] = &["CONTRIBUTING.md", "README.md", "SECURITY.md", "docs"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_file() {
        found.push(path.to_owned());
    } else if let Ok(entries) = fs::read_dir(path) {
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if !PASSED_OVER.contains(&name) {
                files(&path, found);
            }
        }
    }
}

/// The text files below `places`, by their paths from the root.
fn texts(places: &[&str]) -> BTreeMap<String, String> {
    let mut found = Vec::new();
    for place in places {
        files(&root().join(place), &mut found);
    }
    let mut texts = BTreeMap::new();
    for path in found {
        let name = path
            .strip_prefix(root())
            .unwrap()
            .to_str()
            .unwrap()
            .to_owned();
        if let Ok(text) = fs::read_to_string(&path)
            && name != SELF
        {
            texts.insert(name, text);
        }
    }
    texts
}

fn is_part(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// The word at the beginning of `text`.
fn word(text: &str) -> &str {
    &text[..text.find(|c| !is_part(c)).unwrap_or(text.len())]
}

fn is_capital(word: &str) -> bool {
    word.len() > 1
        && word.starts_with(|c: char| c.is_ascii_uppercase())
        && !word.contains(|c: char| c.is_ascii_lowercase())
}

/// Names that begin with `JOSTLE_`.
fn own_names(text: &str) -> BTreeSet<String> {
    let starts = text.match_indices("JOSTLE_").map(|(at, _)| at);
    let whole = starts.filter(|&at| !text[..at].ends_with(is_part));
    whole
        .map(|at| word(&text[at..]).to_owned())
        .filter(|name| name.len() > "JOSTLE_".len() && is_capital(name))
        .collect()
}

/// What a Rust file reads by `env::var` or `env::var_os`: literals, and constants whose
/// values `constant` knows.
fn read_by_rust(text: &str, constant: impl Fn(&str) -> Option<String>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    // The last one is a function of `cargo-jostle`.
    for call in ["env::var(", "env::var_os(", " variable(\""] {
        let call = call.trim_end_matches('"');
        for (at, _) in text.match_indices(call) {
            let argument = text[at + call.len()..].trim_start();
            if let Some(literal) = argument.strip_prefix('"') {
                names.insert(word(literal).to_owned());
                continue;
            }
            let path = argument.split([')', ',']).next().unwrap();
            let last = path.rsplit("::").next().unwrap().trim();
            if is_capital(last) {
                names
                    .insert(constant(last).unwrap_or_else(|| panic!("no value of {last} is seen")));
            }
        }
    }
    names
}

/// The value of `const NAME: &str = "…"`.
fn constant(text: &str, name: &str) -> Option<String> {
    let (_, rest) = text.split_once(&format!("const {name}: &str = \""))?;
    Some(word(rest).to_owned())
}

/// Capitals after `$` that the script does not set.
fn read_by_shell(text: &str) -> BTreeSet<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let code = code.collect::<Vec<_>>().join("\n");
    let names = code.match_indices('$').map(|(at, _)| {
        let rest = &code[at + 1..];
        word(rest.strip_prefix('{').unwrap_or(rest)).to_owned()
    });
    let is_set = |name: &str| {
        code.lines().any(|line| {
            let line = line.trim_start();
            let line = line.strip_prefix("export ").unwrap_or(line);
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('='))
        })
    };
    names
        .filter(|name| is_capital(name) && !SHELL.contains(&name.as_str()) && !is_set(name))
        .collect()
}

/// Every variable of the sources, and a file that reads it.
fn in_sources() -> BTreeMap<String, String> {
    let texts = texts(SOURCES);
    let anywhere = |name: &str| texts.values().find_map(|text| constant(text, name));
    let mut found = BTreeMap::new();
    for (path, text) in &texts {
        let mut names = own_names(text);
        if path.ends_with(".rs") {
            let value = |name: &str| constant(text, name).or_else(|| anywhere(name));
            names.extend(read_by_rust(text, value));
        } else if path.ends_with(".sh") || text.starts_with("#!") {
            names.extend(read_by_shell(text));
        }
        for name in names {
            found.entry(name).or_insert_with(|| path.clone());
        }
    }
    found
}

/// The first column of the table.
fn in_table() -> Vec<String> {
    let text = fs::read_to_string(root().join("docs/environment.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.map(|row| word(row).to_owned()).collect()
}

#[test]
fn the_table_has_every_variable_and_no_other() {
    let (sources, rows) = (in_sources(), in_table());
    let table: BTreeSet<String> = rows.iter().cloned().collect();
    assert_eq!(table.len(), rows.len(), "a variable has two rows");
    let missing: Vec<_> = sources
        .iter()
        .filter(|(name, _)| !table.contains(*name))
        .collect();
    assert!(
        missing.is_empty(),
        "docs/environment.md has no row for {missing:?}"
    );
    let left: Vec<_> = table
        .iter()
        .filter(|name| !sources.contains_key(*name))
        .collect();
    assert!(
        left.is_empty(),
        "docs/environment.md has rows for {left:?}, which nothing reads"
    );
}

#[test]
fn texts_name_variables_that_there_are() {
    let table: BTreeSet<String> = in_table().into_iter().collect();
    for (path, text) in texts(TEXTS) {
        let unknown: Vec<_> = own_names(&text)
            .into_iter()
            .filter(|name| !table.contains(name))
            .collect();
        assert!(unknown.is_empty(), "{path} names {unknown:?}");
    }
}

/// Were it to see nothing, the table would be compared with nothing.
#[test]
fn the_scan_sees_every_way_to_read_a_variable() {
    let sources = in_sources();
    for name in [
        "JOSTLE_SCENARIO",
        "JOSTLE_RUNS",
        "NO_COLOR",
        "GITHUB_ACTIONS",
        "CC",
        "CHROMIUM",
    ] {
        assert!(sources.contains_key(name), "{name}");
    }
    let value = |name: &str| (name == "LIMIT").then(|| "STALL".to_owned());
    let text = r#"std::env::var("A1"); env::var_os(
        "B_2"); env::var(message::LIMIT); env::var(name); env::vars_os()"#;
    let seen = read_by_rust(text, value);
    assert_eq!(seen.iter().collect::<Vec<_>>(), ["A1", "B_2", "STALL"]);
    let script = "# $NOT\nOWN=1\necho \"$OWN ${HERE-} $PWD $lower $1\" \"$THERE\"";
    let seen = read_by_shell(script);
    assert_eq!(seen.iter().collect::<Vec<_>>(), ["HERE", "THERE"]);
    let seen = own_names("JOSTLE_A `JOSTLE_B_2` DEP_JOSTLE_C JOSTLE_ JOSTLE_[A-Z]");
    assert_eq!(seen.iter().collect::<Vec<_>>(), ["JOSTLE_A", "JOSTLE_B_2"]);
}
