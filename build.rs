//! Builds for ThreadSanitizer: the compiler names its sanitizers to build scripts,
//! and to sources only where unstable features are on.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(jostle_tsan)");
    let sanitizers = std::env::var("CARGO_CFG_SANITIZE").unwrap_or_default();
    if sanitizers.split(',').any(|s| s == "thread") {
        println!("cargo:rustc-cfg=jostle_tsan");
        wrap_atomics();
        compile_report();
    }
}

/// Has the linker send TSan's atomic operations through `sanitizer::tsan::fences`:
/// in programs of this package, and in those of a dependent whose build script
/// passes `DEP_JOSTLE_TSAN_LINK_ARG` on.
fn wrap_atomics() {
    let mut wraps = String::from("--wrap=__tsan_atomic_thread_fence\n");
    for bits in [8, 16, 32, 64] {
        for operation in [
            "load",
            "store",
            "exchange",
            "fetch_add",
            "fetch_sub",
            "fetch_and",
            "fetch_or",
            "fetch_xor",
            "fetch_nand",
            "compare_exchange_val",
        ] {
            let _ = writeln!(wraps, "--wrap=__tsan_atomic{bits}_{operation}");
        }
    }
    let file = out_dir().join("tsan-link-args");
    std::fs::write(&file, wraps).expect("OUT_DIR can be written to");
    let argument = format!("-Wl,@{}", file.display());
    println!("cargo:rustc-link-arg={argument}");
    println!("cargo:tsan_link_arg={argument}");
}

/// Compiles the one function that must not be instrumented, without the compiler
/// that would instrument it. Whoever links Rust programs has a C compiler.
fn compile_report() {
    let source = Path::new("src/sanitizer/tsan/report.c");
    println!("cargo:rerun-if-changed={}", source.display());
    println!("cargo:rerun-if-env-changed=CC");
    let object = out_dir().join("report.o");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    run(Command::new(compiler)
        .args(["-O2", "-fPIC", "-Wall", "-c", "-o"])
        .arg(&object)
        .arg(source));
    let archive = out_dir().join("libjostle_tsan.a");
    run(Command::new("ar").arg("crs").arg(&archive).arg(&object));
    println!("cargo:rustc-link-search=native={}", out_dir().display());
    println!("cargo:rustc-link-lib=static=jostle_tsan");
}

fn run(command: &mut Command) {
    match command.status() {
        Ok(status) if status.success() => {}
        Ok(status) => panic!("{command:?} ended with {status}"),
        Err(error) => panic!(
            "a ThreadSanitizer build of jostle needs a C compiler and ar; {command:?}: {error}"
        ),
    }
}

fn out_dir() -> PathBuf {
    PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts"))
}
