//! What the README shows is what there is.

use std::collections::BTreeSet;
use std::fs;

use jostle_core::strategy::Kind;

use crate::command::command;
use crate::support::catalogue::catalogue;
use crate::support::repository::root;

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// The code blocks of the README in `language`.
fn blocks(language: &str) -> Vec<String> {
    let text = read("README.md");
    let fence = format!("```{language}\n");
    let mut blocks = Vec::new();
    let mut rest = text.as_str();
    while let Some(at) = rest.find(&fence) {
        rest = &rest[at + fence.len()..];
        let end = rest.find("```").unwrap();
        blocks.push(rest[..end].to_owned());
        rest = &rest[end..];
    }
    blocks
}

#[test]
fn the_first_scenario_is_the_one_in_the_catalogue() {
    let blocks = blocks("rust");
    let scenario = blocks.iter().find(|b| b.contains("fn shutdown()")).unwrap();
    let catalogue = read("crates/jostle-catalogue/src/shutdown.rs");
    let body = scenario.split_once("fn shutdown()").unwrap().1;
    assert!(catalogue.contains(body.trim_end()), "{body}");
}

#[test]
fn the_first_report_is_what_the_command_prints() {
    let blocks = blocks("console");
    let block = blocks.iter().find(|b| b.contains(" -- hunt shutdown\n"));
    let (line, report) = block.unwrap().split_once('\n').unwrap();
    let args = line.split_once(" -- ").unwrap().1;
    let output = command()
        .args(args.split(' '))
        .args(["--jobs", "1"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    // Where the program lies depends on who built it.
    let said = said.replace(env!("CARGO_BIN_EXE_jostle"), "target/release/jostle");
    assert!(said.starts_with(report), "{said}");
}

#[test]
fn the_proofs_are_what_verify_prints() {
    let blocks = blocks("console");
    let shown = blocks.iter().find(|b| b.contains(" -- verify ")).unwrap();
    let (line, statements) = shown.split_once('\n').unwrap();
    let output = command()
        .args(line.split_once(" -- ").unwrap().1.split(' '))
        .output()
        .unwrap();
    assert!(output.status.success());
    // How long it takes depends on the machine.
    let timeless = |text: &str| -> Vec<String> {
        let line = |l: &str| l.rsplit_once(", ").map_or("", |(kept, _)| kept).to_owned();
        text.lines().map(line).collect()
    };
    let said = String::from_utf8(output.stderr).unwrap();
    // On a slow machine it also says how far it has come.
    let proofs = said.lines().filter(|line| line.contains(" pass ("));
    let proofs = proofs.collect::<Vec<_>>().join("\n");
    assert_eq!(timeless(&proofs), timeless(statements));
}

#[test]
fn the_explanation_is_what_explain_prints() {
    let blocks = blocks("console");
    let block = blocks
        .iter()
        .find(|b| b.starts_with("$ jostle explain corpus"));
    let (line, shown) = block.unwrap().split_once('\n').unwrap();
    let output = command().args(line.split(' ').skip(2)).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), shown);
}

#[test]
fn the_kept_test_is_what_export_prints() {
    let blocks = blocks("text");
    let kept = blocks.iter().find(|b| b.starts_with("#[test]")).unwrap();
    let output = command()
        .args(["export", "corpus/shutdown/failing/misuse.trace.json"])
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.ends_with(kept.as_str()), "{printed}");
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn every_strategy_and_every_finding_is_explained() {
    let text = read("README.md");
    for kind in Kind::ALL {
        let names = match kind {
            Kind::Pct(_) => "`pct1` … `pct9`".to_owned(),
            other if other.name() == other.name_in_files() => format!("`{other}`"),
            other => format!("`{other}`, `{}`", other.name_in_files()),
        };
        let row = format!("\n| {names} | {} |", kind.idea());
        assert!(text.contains(&row), "{row}");
    }
    for kind in jostle_core::finding::Kind::ALL {
        assert!(text.contains(&format!("| `{kind}` |")), "{kind}");
    }
}

/// The scenarios, options and files of the section on data races.
#[test]
fn what_it_says_of_data_races_is_there() {
    let text = read("README.md");
    let section = text.split("## Data races").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let script = read("scripts/tsan");
    for option in ["--quick", "--time"] {
        assert!(
            section.contains(option) && script.contains(option),
            "{option}"
        );
    }
    for file in ["summary.json", "summary.md"] {
        assert!(section.contains(file) && script.contains(file), "{file}");
    }
    for path in [
        ".github/workflows/tsan.yml",
        "src/sanitizer/mod.rs",
        "fuzz/build.rs",
    ] {
        assert!(section.contains(path), "{path}");
        assert!(!read(path).is_empty());
    }
    let catalogue = catalogue();
    for name in section
        .split_whitespace()
        .filter(|word| word.starts_with("race_"))
    {
        assert!(catalogue.iter().any(|s| s.subject.name == name), "{name}");
    }
}

#[test]
fn every_script_it_names_is_there_and_can_be_run() {
    use std::os::unix::fs::PermissionsExt;
    let text = read("README.md");
    let words = text.split(|c: char| c.is_whitespace() || c == '`');
    let named: BTreeSet<&str> = words
        .map(|word| word.trim_end_matches("\\n'"))
        .filter(|word| word.starts_with("scripts/") || *word == ".ci/run")
        .collect();
    for script in &named {
        let path = root().join(script);
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert!(mode & 0o111 != 0, "{script}");
    }
    for script in [
        "scripts/test",
        "scripts/fuzz",
        "scripts/tsan",
        "scripts/browser",
        ".ci/run",
    ] {
        assert!(named.contains(script), "{script} in {named:?}");
    }
}

/// Every command of the README is one, with every option it names.
#[test]
fn the_commands_it_shows_are_understood() {
    let text = blocks("console").concat();
    let commands = text
        .lines()
        .filter_map(|line| line.strip_prefix("$ cargo run --release -- "));
    let mut checked = 0;
    for line in commands {
        let mut words = line.split(' ');
        let help = command()
            .args([words.next().unwrap(), "--help"])
            .output()
            .unwrap();
        assert!(help.status.success(), "{line}");
        let help = String::from_utf8(help.stdout).unwrap();
        for option in words.filter(|word| word.starts_with("--")) {
            assert!(help.contains(option), "{line}");
        }
        checked += 1;
    }
    assert!(checked >= 5, "{text}");
}
