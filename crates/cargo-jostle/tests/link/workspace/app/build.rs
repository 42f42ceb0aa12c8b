//! Compiles C, as crates with a C library do, and uses a thread, as it may.

use std::path::PathBuf;
use std::process::Command;

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").unwrap());
    let object = out.join("twice.o");
    let run = |command: &mut Command| assert!(command.status().unwrap().success());
    std::thread::scope(|scope| {
        scope.spawn(|| {
            run(Command::new("cc").args(["-c", "-fPIC", "../native/twice.c", "-o"]).arg(&object));
        });
    });
    run(Command::new("ar").arg("crs").arg(out.join("libtwice.a")).arg(&object));
    println!("cargo::rerun-if-changed=../native/twice.c");
    println!("cargo::rustc-link-search=native={}", out.display());
    println!("cargo::rustc-link-lib=static=twice");
}
