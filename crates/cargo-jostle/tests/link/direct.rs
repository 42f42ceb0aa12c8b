//! The linker called by itself, as rustc would.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::fixture::{command, notes, run, shared, succeed};

/// A folder with objects of rustc's that are bitcode, and a cache of its own.
struct Objects {
    folder: TempDir,
    objects: Vec<PathBuf>,
}

impl Objects {
    /// Compiles a crate without a standard library into many objects.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let functions: String = (0..12)
            .map(|n| format!("pub mod m{n} {{ #[unsafe(no_mangle)] pub fn f{n}(p: &mut u32) {{ *p += {n}; }} }}\n"))
            .collect();
        let source = folder.path().join("demo.rs");
        fs::write(&source, format!("#![no_std]\n{functions}")).unwrap();
        succeed(
            command("rustc", folder.path())
                .args([
                    "--edition=2024",
                    "--crate-type=rlib",
                    "--emit=link",
                    "-Clinker-plugin-lto",
                ])
                .args([
                    "-Ccodegen-units=16",
                    "-Csave-temps",
                    "-Cincremental=inc",
                    "demo.rs",
                ])
                .current_dir(folder.path()),
        );
        let mut objects: Vec<PathBuf> = fs::read_dir(folder.path())
            .unwrap()
            .map(|it| it.unwrap().path())
            .filter(|path| path.to_string_lossy().ends_with(".rcgu.o"))
            .collect();
        objects.sort();
        assert!(objects.len() >= 12, "{objects:?}");
        Self { folder, objects }
    }

    /// A file in the folder.
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The linker, with a cache in the folder.
    fn linker(&self) -> Command {
        let mut linker = command(&shared().linker, &self.path("cache"));
        linker.current_dir(self.folder.path());
        linker
    }
}

/// Runs a linker that has to fail, and returns what it says: the same on standard error
/// and in the log.
fn fail(linker: &mut Command, log: &Path) -> String {
    let output = linker.env("JOSTLE_LINK_LOG", log).output().unwrap();
    assert!(!output.status.success());
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert_eq!(fs::read_to_string(log).unwrap(), text);
    text
}

#[test]
fn linkers_at_the_same_time_make_each_module_once() {
    let objects = Objects::new();
    let linkers: Vec<_> = (0..4)
        .map(|n| {
            let mut linker = objects.linker();
            linker
                .args(&objects.objects)
                .args(["-shared", "-o", &format!("lib{n}.so")]);
            linker.spawn().unwrap()
        })
        .collect();
    for mut linker in linkers {
        assert!(linker.wait().unwrap().success());
    }
    let count = |name: &str| -> u64 {
        let notes = (0..4).map(|n| notes(&objects.path(&format!("lib{n}.so"))));
        notes
            .map(|it| it["instrumented"][name].as_u64().unwrap())
            .sum()
    };
    let expected = objects.objects.len() as u64;
    assert_eq!((count("made"), count("reused")), (expected, 3 * expected));
}

#[test]
fn arguments_may_be_in_a_file() {
    let objects = Objects::new();
    fs::write(objects.path("main file.c"), "int main(void) { return 0; }").unwrap();
    succeed(
        Command::new("cc")
            .args(["-c", "main file.c", "-o", "main file.o"])
            .current_dir(objects.folder.path()),
    );
    fs::write(objects.path("arguments"), "main\\ file.o\n-o\nprogram\n").unwrap();
    succeed(objects.linker().arg("@arguments"));
    let notes = notes(&objects.path("program"));
    assert_eq!(notes["native"][0]["owner"], "main file", "{notes:#}");
    // The runtime is linked although nothing refers to it.
    assert_eq!(run(&objects.path("program")), 0);
}

#[test]
fn a_static_program_is_refused_with_a_remedy() {
    let objects = Objects::new();
    let mut linker = objects.linker();
    let text = fail(
        linker.args(["-static-pie", "-o", "program"]),
        &objects.path("log"),
    );
    assert!(
        text.contains("`-static-pie`") && text.contains("crt-static"),
        "{text}"
    );
}

#[test]
fn a_damaged_object_is_named() {
    let objects = Objects::new();
    let damaged = &objects.objects[0];
    let data = fs::read(damaged).unwrap();
    fs::write(damaged, &data[..data.len() / 2]).unwrap();
    let mut linker = objects.linker();
    let text = fail(
        linker.arg(damaged).args(["-shared", "-o", "it.so"]),
        &objects.path("log"),
    );
    let name = damaged.file_name().unwrap().to_string_lossy();
    assert!(text.contains(name.as_ref()), "{text}");
}

#[test]
fn a_linker_that_cannot_be_run_is_named() {
    let objects = Objects::new();
    let mut linker = objects.linker();
    linker
        .env("JOSTLE_REAL_LINKER", "/nowhere/clang")
        .args(&objects.objects);
    let text = fail(
        linker.args(["-shared", "-o", "it.so"]),
        &objects.path("log"),
    );
    assert!(
        text.contains("/nowhere/clang") && text.contains("JOSTLE_REAL_LINKER"),
        "{text}"
    );
}

#[test]
fn the_linker_of_the_user_gets_the_arguments() {
    let objects = Objects::new();
    let script = objects.path("cc-of-the-user");
    fs::write(&script, "#!/bin/sh\ntouch called\nexec cc \"$@\"\n").unwrap();
    succeed(Command::new("chmod").arg("+x").arg(&script));
    let mut linker = objects.linker();
    linker
        .env("JOSTLE_REAL_LINKER", &script)
        .args(&objects.objects);
    succeed(linker.args(["-shared", "-o", "it.so"]));
    assert!(objects.path("called").is_file() && objects.path("it.so").is_file());
}
