//! What cargo does not hold of the layers: inside a crate a module imports only modules
//! of a lower rank, and every folder has a table of contents.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of a crate from the bottom up. Those in one row know nothing of each
/// other.
type Ranks = &'static [&'static [&'static str]];

/// Crates by their folders.
const CRATES: &[(&str, Ranks)] = &[
    (
        "crates/jostle-core/src",
        &[
            &["budget", "choice", "hash", "id", "vtime"],
            &["op", "task_set"],
            &["finding", "site_class", "snapshot", "view"],
            &["oracle", "prescription", "subject"],
            &["decision"],
            &["history", "strategy"],
            &["coverage", "input", "minimize", "regression", "trace"],
            &["explain", "log", "search"],
            &["recording"],
            &["backend"],
            &["campaign", "kernel"],
            &["verify"],
        ],
    ),
    (
        "crates/jostle-report/src",
        &[
            &["clues", "order", "places", "rows", "samples", "text"],
            &["document", "names", "palette", "perfetto", "settings"],
            &["circle", "json", "lines", "snippet"],
            &["columns", "lanes", "list", "waits"],
            &["table"],
            &["terminal"],
            &["explanation", "html"],
            &["publish"],
            &["annotations", "junit"],
        ],
    ),
    (
        "crates/jostle-cli/src",
        &[
            &["args", "interrupt", "output"],
            &["exit", "progress"],
            &["completions", "list", "sink"],
            &["corpus", "recorded", "verify"],
            &["hunt", "minimize", "replay", "smallest"],
            &["explain", "export", "report", "retest", "triage"],
        ],
    ),
    (
        "crates/cargo-jostle/src",
        &[
            &["interrupt", "output", "saved", "toolchain"],
            &["exit", "linker"],
            &["cargo", "doctor", "instrument", "setup"],
            &["args", "child", "kept"],
            &["plan"],
            &["result"],
            &["sinks"],
            &["test"],
            &["list", "nextest", "replay", "run"],
        ],
    ),
    (
        "crates/jostle-protocol/src",
        &[&["file"], &["outcome", "session"]],
    ),
    (
        "crates/jostle-rt/src",
        &[
            &["cautions", "raw", "real", "symbols"],
            &["own_memory", "region", "sys"],
            &["carrier", "detector", "heap"],
            &["hot", "outside"],
            &["engine"],
            &["locks", "session"],
            &["abi"],
        ],
    ),
    (
        "src",
        &[
            &["sanitizer", "scenario"],
            &["rt"],
            &["go", "hint", "sync", "task", "thread", "time", "watchdog"],
            &["backend"],
            &["cli", "fuzz", "testing"],
        ],
    ),
];

/// What a module imports although it ranks no higher.
const ALLOWED: &[(&str, &str)] = &[
    // `time` and `thread` share virtual durations, as std's do.
    ("time", "thread"),
    // What a backend can do decides whether it can find what a subject expects.
    ("subject", "backend"),
];

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

/// The folder with the sources of a crate, and the files in it.
fn sources(of: &str) -> (PathBuf, Vec<PathBuf>) {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join(of);
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    (src, files)
}

/// The module at the root of the crate that a file belongs to.
fn module_of(src: &Path, file: &Path) -> String {
    let first = file.strip_prefix(src).unwrap().components().next().unwrap();
    let name = first.as_os_str().to_str().unwrap();
    name.strip_suffix(".rs").unwrap_or(name).to_owned()
}

/// Whether the file is there for tests only.
fn is_test(src: &Path, file: &Path) -> bool {
    let path = file.strip_prefix(src).unwrap();
    path.components().any(|part| {
        let name = part.as_os_str().to_str().unwrap();
        ["tests", "tests.rs", "model.rs"].contains(&name)
    })
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

/// What is wrong in the files of a crate, each with its module and its text.
fn violations(ranks: Ranks, files: &BTreeMap<String, (String, String)>) -> Vec<String> {
    let rank = |module: &str| ranks.iter().position(|row| row.contains(&module));
    let mut wrong = Vec::new();
    for (path, (module, text)) in files {
        // The root of a crate imports what it holds.
        if ["lib", "main"].contains(&module.as_str()) {
            continue;
        }
        let Some(mine) = rank(module) else {
            wrong.push(format!("{path}: module {module} has no rank"));
            continue;
        };
        for (line, import) in imports(&code(text)) {
            let Some(theirs) = rank(&import) else {
                // Macros and re-exports at the root, such as `crate::scenario!`,
                // are no modules of their own.
                continue;
            };
            let allowed = ALLOWED.contains(&(module.as_str(), import.as_str()));
            if import == *module || theirs < mine || allowed {
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

#[test]
fn modules_import_only_lower_ranks() {
    for &(folder, ranks) in CRATES {
        let (src, files) = sources(folder);
        let files: BTreeMap<_, _> = files
            .iter()
            .filter(|file| !is_test(&src, file))
            .map(|file| {
                let text = fs::read_to_string(file).unwrap();
                (file.display().to_string(), (module_of(&src, file), text))
            })
            .collect();
        // Each module is a file at least, and so is the root.
        let modules = ranks.iter().map(|row| row.len()).sum::<usize>();
        assert!(files.len() > modules, "{} files in {folder}", files.len());
        let wrong = violations(ranks, &files);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn an_upward_import_is_noticed() {
    let text = "use crate::kernel::Kernel;\n// use crate::verify;\n#[cfg(test)]\nmod tests {\n    use crate::verify;\n}\n";
    let file = |module: &str| {
        let text = text.to_owned();
        BTreeMap::from([("x.rs".to_owned(), (module.to_owned(), text))])
    };
    let (_, core) = CRATES[0];
    assert_eq!(
        violations(core, &file("strategy")),
        ["x.rs:1: strategy (rank 5) imports kernel (rank 10)"]
    );
    assert_eq!(violations(core, &file("verify")), [""; 0]);
    assert_eq!(
        violations(core, &file("unknown")),
        ["x.rs: module unknown has no rank"]
    );
}

/// Every folder's `mod.rs` is its table of contents.
#[test]
fn folders_list_their_files() {
    let files: Vec<PathBuf> = CRATES.iter().flat_map(|(of, _)| sources(of).1).collect();
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
