//! Functions that are replaced by others: tokio's constructor, and C allocators.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::fixture::{Artifact, Workspace, command, flags, notes, run, shared, succeed};

/// Builds the program of the workspace's `tokio`.
fn build(workspace: &Workspace, environment: &[(&str, &OsStr)]) -> PathBuf {
    let artifacts = workspace.cargo_with(&["build", "--package", "tokio", "--bins"], environment);
    artifacts.iter().find_map(Artifact::executable).unwrap()
}

/// What it gets for a single-threaded runtime.
fn kind(program: &Path, workers: &str) -> String {
    let output = succeed(Command::new(program).env("WORKERS", workers));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// The notes beside the name under which the program was linked.
fn said(program: &Path) -> serde_json::Value {
    let deps = program.parent().unwrap().join("deps");
    let linked = fs::read_dir(deps).unwrap().map(|it| it.unwrap().path());
    let mut notes = linked
        .filter(|path| path.to_string_lossy().ends_with(".jostle.json"))
        .map(|path| notes(&path.with_extension("").with_extension("")));
    let said = notes.next().unwrap();
    assert!(notes.next().is_none());
    said["tokio"][0]["current_thread"].clone()
}

#[test]
fn the_runtime_chooses_between_tokios_when_the_program_runs() {
    let new = format!("{} -Csymbol-mangling-version=v0", flags());
    for flags in [flags(), new] {
        let workspace = Workspace::new();
        let choosing = shared().choosing.as_os_str();
        let environment = [("JOSTLE_RUNTIME", choosing), ("RUSTFLAGS", flags.as_ref())];
        let program = build(&workspace, &environment);
        assert_eq!(said(&program), "chosen-at-run");
        assert_eq!(
            (kind(&program, "0"), kind(&program, "2")),
            ("1".into(), "2".into())
        );
    }
}

#[test]
fn the_environment_chooses_for_a_runtime_that_does_not() {
    let workspace = Workspace::new();
    let program = build(&workspace, &[]);
    assert_eq!(
        (said(&program), kind(&program, "2")),
        ("itself".into(), "1".into())
    );
    let workspace = Workspace::new();
    let program = build(&workspace, &[("JOSTLE_TOKIO_WORKERS", "2".as_ref())]);
    assert_eq!(
        (said(&program), kind(&program, "0")),
        ("multi-thread".into(), "2".into())
    );
}

#[test]
fn an_allocator_in_c_is_replaced_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let types = "#include <stddef.h>\nvoid *mi_malloc(size_t n);\nvoid mi_free(void *p);\n";
    // The allocator itself must not be reached.
    let library = "#include <stdlib.h>\nvoid *mi_malloc(size_t n) { abort(); }\nvoid mi_free(void *p) { abort(); }\n";
    let program = "int main(void) { void *p = mi_malloc(8); mi_free(p); return p == 0; }\n";
    fs::write(path("library.c"), format!("{types}{library}")).unwrap();
    fs::write(path("program.c"), format!("{types}{program}")).unwrap();
    let here = |mut command: Command, arguments: &[&str]| {
        succeed(command.args(arguments).current_dir(folder.path()));
    };
    here(Command::new("cc"), &["-c", "library.c", "program.c"]);
    here(Command::new("ar"), &["crs", "libmimalloc.a", "library.o"]);
    let linker = command(&shared().linker, &path("cache"));
    let library = ["-Wl,-Bstatic", "-lmimalloc", "-Wl,-Bdynamic"];
    here(
        linker,
        &[&["program.o", "-L", ".", "-o", "program"], &library[..]].concat(),
    );
    assert_eq!(run(&path("program")), 0);
    let notes = notes(&path("program"));
    assert_eq!(notes["allocators"][0]["allocator"], "mimalloc", "{notes:#}");
    assert_eq!(
        notes["allocators"][0]["functions"]
            .as_array()
            .unwrap()
            .len(),
        7
    );
    let owners = notes["native"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["owner"]);
    assert!(owners.eq(["program", "mimalloc"]), "{notes:#}");
}

#[test]
fn c_that_its_compiler_instrumented_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let text = "static int x; int main(int n, char **v) { x += n; return x - n; }";
    fs::write(path("program.c"), text).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-fsanitize=thread", "-c", "program.c"]);
    succeed(compiler.current_dir(folder.path()));
    let mut linker = command(&shared().linker, &path("cache"));
    succeed(
        linker
            .args(["program.o", "-o", "program"])
            .current_dir(folder.path()),
    );
    assert!(run(&path("program")) > 0);
    let notes = notes(&path("program"));
    assert_eq!(notes["complete"], true);
    assert_eq!(
        notes["native"][0]["objects"][0]["sanitized"], true,
        "{notes:#}"
    );
}
