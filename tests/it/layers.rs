//! The layers of the crate: a module imports only modules of a lower rank.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules from the bottom up. Those in one row know nothing of each other.
const RANKS: &[&[&str]] = &[
    &["decision", "hash", "id", "sanitizer", "vtime"],
    &["budget", "op", "ready"],
    &["class", "finding", "history", "snapshot"],
    &["coverage", "strategy"],
    &["input", "oracle", "scenario", "trace"],
    &["explain"],
    &["keep", "minimize", "report", "rt", "search"],
    &["go", "guard", "hint", "sync", "task", "thread", "time"],
    &["campaign", "scenarios"],
    &["verify"],
    &["present"],
    &["cli", "fuzz", "testing"],
    &["main"],
];

/// What scenarios are written with may be used by all of them, and a façade may
/// build on another one where std does.
const ALLOWED: &[(&str, &str)] = &[
    // `time` and `thread` share virtual durations, as std's do.
    ("time", "thread"),
    // `Divergence` shows tasks by their names.
    ("decision", "id"),
];

fn rank(module: &str) -> Option<usize> {
    RANKS.iter().position(|row| row.contains(&module))
}

fn rust_files(dir: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
}

/// The module at the root of the crate that a file belongs to.
fn module_of(src: &Path, file: &Path) -> String {
    let first = file.strip_prefix(src).unwrap().components().next().unwrap();
    let name = first.as_os_str().to_str().unwrap();
    name.strip_suffix(".rs").unwrap_or(name).to_owned()
}

/// The text without comments and without what stands in a test module.
fn code(text: &str) -> String {
    let mut code = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim() == "#[cfg(test)]" {
            // Either a file of its own or, by rustfmt, up to a closing brace in
            // the first column.
            if lines.next().is_some_and(|next| next.ends_with('{')) {
                lines.by_ref().find(|l| *l == "}");
            }
            code.push_str("\n\n");
            continue;
        }
        let line = line.split("//").next().unwrap_or_default();
        code.push_str(line);
        code.push('\n');
    }
    code
}

/// The modules named in `crate::module` paths, with their lines.
fn imports(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in code.lines().enumerate() {
        for (at, _) in line.match_indices("crate::") {
            // `$crate::` stands in macros, for the user's code.
            if line[..at].ends_with('$') {
                continue;
            }
            let name: String = line[at + "crate::".len()..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            found.push((number + 1, name));
        }
    }
    found
}

fn violations(files: &BTreeMap<String, (String, String)>) -> Vec<String> {
    let mut wrong = Vec::new();
    for (path, (module, text)) in files {
        if module == "lib" {
            continue;
        }
        let Some(mine) = rank(module) else {
            wrong.push(format!("{path}: module {module} has no rank"));
            continue;
        };
        for (line, import) in imports(&code(text)) {
            // The fuzz target has the catalogue as a crate of its own.
            if module == "scenarios" {
                wrong.push(format!(
                    "{path}:{line}: imports as nobody does who uses jostle"
                ));
                continue;
            }
            let Some(theirs) = rank(&import) else {
                // Macros and re-exports at the root, such as `crate::scenario`,
                // are no modules of their own.
                continue;
            };
            let inside = import == *module;
            if inside || theirs < mine {
                continue;
            }
            if ALLOWED.contains(&(module.as_str(), import.as_str())) {
                continue;
            }
            wrong.push(format!(
                "{path}:{line}: {module} (rank {mine}) imports {import} (rank {theirs})"
            ));
        }
        if text.contains("use super::super") {
            wrong.push(format!(
                "{path}: `use super::super` hides where an import comes from"
            ));
        }
    }
    wrong
}

fn sources() -> BTreeMap<String, (String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    files
        .into_iter()
        .map(|file| {
            let module = module_of(&src, &file);
            let text = fs::read_to_string(&file).unwrap();
            (file.display().to_string(), (module, text))
        })
        .collect()
}

#[test]
fn modules_import_only_lower_ranks() {
    let files = sources();
    assert!(files.len() > 50, "only {} files", files.len());
    let wrong = violations(&files);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn an_upward_import_is_noticed() {
    let text = "use crate::rt::Executor;\n// use crate::cli;\n#[cfg(test)]\nmod tests {\n    use crate::fuzz;\n}\n";
    let file = |module: &str| {
        let text = text.to_owned();
        BTreeMap::from([("x.rs".to_owned(), (module.to_owned(), text))])
    };
    assert_eq!(
        violations(&file("strategy")),
        ["x.rs:1: strategy (rank 3) imports rt (rank 6)"]
    );
    assert_eq!(violations(&file("campaign")), [""; 0]);
    assert_eq!(
        violations(&file("scenarios")),
        ["x.rs:1: imports as nobody does who uses jostle"]
    );
    assert_eq!(
        violations(&file("unknown")),
        ["x.rs: module unknown has no rank"]
    );
}

/// Every folder's `mod.rs` is its table of contents.
#[test]
fn folders_list_their_files() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut missing = Vec::new();
    for root in files.iter().filter(|f| f.ends_with("mod.rs")) {
        // Of what is only there for tests the list need not speak.
        if root.parent().is_some_and(|p| p.ends_with("tests")) {
            continue;
        }
        let text = fs::read_to_string(root).unwrap();
        let text = text.replace("#[cfg(test)]\nmod ", "");
        let header: String = text
            .lines()
            .take_while(|l| l.starts_with("//!"))
            .collect::<Vec<_>>()
            .join("\n");
        for line in text.lines() {
            let name = line
                .trim_start_matches("pub(crate) ")
                .trim_start_matches("pub ")
                .strip_prefix("mod ")
                .and_then(|l| l.strip_suffix(';'));
            if let Some(name) = name
                && name != "tests"
                && !header.contains(name)
            {
                missing.push(format!("{}: {name}", root.display()));
            }
        }
    }
    assert!(
        missing.is_empty(),
        "not in the header: {}",
        missing.join(", ")
    );
}
