//! The places of the atomic instructions of `program.rs`, as the compiler's options vary.

use std::collections::BTreeSet;

use jostle_site::{Frame, Site};

use super::compiled::{Program, announced, line_of};

/// Everything that holds whatever the level of optimization and the names are.
fn check(options: &[&str]) {
    let sites = Program::compile(options).sites();
    let seen: BTreeSet<(u32, &str)> = sites.iter().map(|s| (s.line(), s.operation())).collect();
    let announced = announced().into_iter();
    let missing: Vec<_> = announced.filter(|one| !seen.contains(one)).collect();
    assert_eq!(missing, [], "{options:?}: {seen:#?}");
    for site in &sites {
        // All is done by the standard library on behalf of the only user.
        assert_eq!(site.file(), "src/program.rs", "{options:?}: {site:?}");
        assert_eq!(site.inner(), [], "{options:?}: {site:?}");
        assert!(site.line() > 0 && site.column() > 0, "{site:?}");
        let users = site.callers().iter().all(|f| f.file == "src/program.rs");
        assert!(users, "{options:?}: {site:?}");
    }
    callers(&sites, options);
}

fn names(frames: &[Frame]) -> Vec<&str> {
    frames.iter().map(|frame| frame.function).collect()
}

fn callers(sites: &[Site], options: &[&str]) {
    let at = |text: &str| {
        let line = line_of(text);
        let sites = sites.iter().filter(move |site| site.line() == line);
        sites.copied().collect::<Vec<Site>>()
    };
    let lock = at("self.jobs.lock()");
    assert_eq!(lock.len(), 1);
    assert_eq!(lock[0].function(), "close");
    assert_eq!(
        names(lock[0].callers()),
        ["operations", "main"],
        "{options:?}"
    );
    let swap = at("self.0.swap(7");
    assert_eq!(swap[0].function(), "poll");
    assert_eq!(
        names(swap[0].callers()),
        ["wait", "operations", "main"],
        "{options:?}"
    );
    let inlined = at("COUNTER.fetch_add(1");
    assert_eq!(inlined.len(), 2);
    assert_eq!(
        names(inlined[0].callers()),
        ["nested", "recurse", "operations", "main"],
        "{options:?}"
    );
    // The callers of a recursion of 200 are further out than the window, unless the
    // compiler has made a loop of it.
    let deep = names(inlined[1].callers());
    assert_eq!(deep[..2], ["nested", "recurse"], "{options:?}");
    let closure = at("COUNTER.fetch_sub(n");
    assert_eq!(
        names(closure[0].callers()),
        ["generic", "operations", "main"]
    );
}

#[test]
fn without_optimization() {
    check(&["-g", "-Copt-level=0"]);
}

#[test]
fn at_opt_level_1() {
    check(&["-g", "-Copt-level=1"]);
}

#[test]
fn at_opt_level_2() {
    check(&["-g", "-Copt-level=2"]);
}

#[test]
fn at_opt_level_3() {
    check(&["-g", "-Copt-level=3"]);
}

#[test]
fn with_limited_debug_information_and_names_of_either_mangling() {
    check(&["-Cdebuginfo=1", "-Copt-level=1"]);
    // Legacy names are the default of the compilers that do not have this one.
    check(&[
        "-Cdebuginfo=1",
        "-Copt-level=1",
        "-Csymbol-mangling-version=v0",
    ]);
}

#[test]
fn line_tables_tell_lines_and_the_file_stands_for_the_type() {
    for level in ["-Copt-level=0", "-Copt-level=1"] {
        let sites = Program::compile(&["-Cdebuginfo=line-tables-only", level]).sites();
        let lines: BTreeSet<u32> = sites.iter().map(|site| site.line()).collect();
        for (line, operation) in announced() {
            assert!(lines.contains(&line), "{level}: {line} {operation}");
        }
        let lock = line_of("self.jobs.lock()");
        let lock = sites.iter().find(|site| site.line() == lock).unwrap();
        assert!(
            ["mutex::lock", "Mutex::lock"].contains(&lock.operation()),
            "{lock:?}"
        );
        let drops = line_of("drop(jobs);");
        let drops = sites.iter().find(|site| site.line() == drops).unwrap();
        assert!(
            ["mutex::drop", "MutexGuard::drop"].contains(&drops.operation()),
            "{drops:?}"
        );
    }
}

#[test]
fn without_debug_information_functions_remain() {
    let sites = Program::compile(&["-Cdebuginfo=0", "-Copt-level=1"]).sites();
    let close: Vec<&Site> = sites.iter().filter(|s| s.function() == "close").collect();
    assert!(!close.is_empty(), "{sites:#?}");
    for site in close {
        assert_eq!(site.to_string(), "<program::Pool::close>");
        assert_eq!((site.line(), site.column()), (0, 0));
        assert_eq!(names(site.callers()), ["operations", "main"]);
    }
}

#[test]
fn without_symbols_nothing_is_made_up() {
    let program = Program::compile(&["-g", "-Copt-level=1", "-Cstrip=symbols"]);
    let sites = program.sites();
    assert!(sites.len() > 20);
    for site in sites {
        assert_eq!(site.to_string(), "?");
        assert_eq!((site.operation(), site.function()), ("", ""));
    }
}

#[test]
fn statics_and_functions_are_found_by_address() {
    for options in [&["-g"][..], &["-Csymbol-mangling-version=v0"]] {
        let program = Program::compile(options);
        let mut symbols = program.symbolizer();
        let static_at = program.counter;
        let symbol = symbols.symbol_of(static_at).unwrap();
        assert_eq!(
            (symbol.name.as_str(), symbol.offset),
            ("program::COUNTER", 0)
        );
        assert_eq!(symbols.symbol_of(static_at + 3).unwrap().offset, 3);
        let in_main = program.stacks[0].iter().rev();
        let names = in_main.filter_map(|&address| symbols.symbol_of(address));
        let names: Vec<String> = names.map(|symbol| symbol.name).collect();
        assert!(names.contains(&"program::main".to_owned()), "{names:?}");
        assert_eq!(symbols.symbol_of(8), None);
    }
}
