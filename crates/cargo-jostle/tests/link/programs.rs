//! Programs and libraries of every kind link, are instrumented, and work.

use std::fs;
use std::path::Path;

use object::read::archive::ArchiveFile;
use object::{Object as _, ObjectSymbol as _};

use crate::fixture::{Artifact, Workspace, files, notes, run, shared};

/// The undefined symbols of an object.
fn undefined(data: &[u8]) -> Vec<String> {
    let file = object::File::parse(data).unwrap();
    let symbols = file.symbols().chain(file.dynamic_symbols());
    symbols
        .filter(|it| it.is_undefined())
        .map(|it| it.name().unwrap().to_owned())
        .collect()
}

/// The data of the members of all instrumented archives whose name begins with `start`.
fn members(start: &str) -> Vec<Vec<u8>> {
    let all = files(&shared().cache);
    let archives = all
        .iter()
        .filter(|it| it.extension().is_some_and(|it| it == "rlib"));
    let mut found = Vec::new();
    for archive in archives {
        let data = fs::read(archive).unwrap();
        for member in ArchiveFile::parse(data.as_slice()).unwrap().members() {
            let member = member.unwrap();
            if member.name().starts_with(start.as_bytes()) {
                found.push(member.data(data.as_slice()).unwrap().to_vec());
            }
        }
    }
    found
}

/// Whether the objects of the user's crate that were linked call the runtime.
fn user_code_calls(program: &Path, function: &str) -> bool {
    let data = fs::read(program).unwrap();
    undefined(&data).iter().any(|it| it == function)
}

#[test]
fn the_tests_of_a_crate_are_instrumented_with_std_and_pass() {
    let workspace = Workspace::new();
    let tests = workspace.tests();
    assert!(run(&tests) > 1000);
    assert!(user_code_calls(&tests, "__tsan_atomic64_fetch_add"));
    let std = members("std-");
    assert!(!std.is_empty());
    for object in std {
        let undefined = undefined(&object);
        for function in ["__tsan_func_entry", "__tsan_atomic32_compare_exchange_val"] {
            assert!(
                undefined.iter().any(|it| it == function),
                "std without {function}"
            );
        }
    }
    assert_eq!(members("gimli-"), Vec::<Vec<u8>>::new());
}

#[test]
fn the_notes_name_what_is_not_instrumented() {
    let workspace = Workspace::new();
    let notes = notes(&workspace.tests());
    assert_eq!(notes["complete"], false);
    assert_eq!(notes["native"][0]["owner"], "twice", "{notes:#}");
    let object = &notes["native"][0]["objects"][0];
    assert_eq!(
        (&object["object"], &object["sanitized"]),
        (&"twice.o".into(), &false.into())
    );
    let assembly = notes["assembly"].as_array().unwrap();
    let [call] = assembly.as_slice() else {
        panic!("{notes:#}")
    };
    assert_eq!(
        (&call["crate"], &call["kind"]),
        (&"app".into(), &"system-call".into())
    );
    assert_eq!(call["function"], "app::process");
    assert!(
        notes["toolchain"].as_str().unwrap().starts_with("rustc 1."),
        "{notes:#}"
    );
}

#[test]
fn shared_libraries_and_macros_of_a_workspace_link() {
    let workspace = Workspace::new();
    let artifacts = workspace.cargo(&["build", "--workspace"]);
    let find = |name: &str| artifacts.iter().find(|it| it.name() == name).unwrap();
    let library = find("plugin")
        .files()
        .into_iter()
        .find(|it| it.extension().unwrap() == "so");
    let data = fs::read(library.unwrap()).unwrap();
    assert!(undefined(&data).iter().any(|it| it == "__tsan_func_entry"));
    let macros = find("macros")
        .files()
        .into_iter()
        .find(|it| it.extension().unwrap() == "so");
    let data = fs::read(macros.unwrap()).unwrap();
    assert!(!undefined(&data).iter().any(|it| it.starts_with("__tsan_")));
    let program = artifacts.iter().find_map(Artifact::executable).unwrap();
    assert!(run(&program) > 100);
}

#[test]
fn profiles_with_optimization_at_link_time_and_without_unwinding_link() {
    let workspace = Workspace::new();
    for profile in ["fat", "thin", "aborting"] {
        let artifacts =
            workspace.cargo(&["build", "--package", "app", "--bins", "--profile", profile]);
        let program = artifacts.iter().find_map(Artifact::executable).unwrap();
        assert!(run(&program) > 100, "{profile}");
        let data = fs::read(&program).unwrap();
        let file = object::File::parse(data.as_slice()).unwrap();
        assert!(
            file.symbols().next().is_some(),
            "{profile}: the names are gone"
        );
    }
}
