//! Configures ThreadSanitizer builds. Done here because `cfg(sanitize)` is unstable in source
//! code.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(jostle_tsan)");
    let sanitizers = std::env::var("CARGO_CFG_SANITIZE").unwrap_or_default();
    if sanitizers.split(',').any(|s| s == "thread") {
        println!("cargo:rustc-cfg=jostle_tsan");
        wrap_accesses();
        compile_c();
    }
}

/// Has the linker send TSan's atomic operations through `sanitizer::tsan::fences` and
/// its plain accesses through `locals.c`: in programs of this package, and in those of a dependent whose build script
/// passes `DEP_JOSTLE_TSAN_LINK_ARG` on.
fn wrap_accesses() {
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
    for access in ["read", "write", "unaligned_read", "unaligned_write"] {
        let sizes: &[u32] = match access.starts_with("unaligned") {
            true => &[2, 4, 8, 16],
            false => &[1, 2, 4, 8, 16],
        };
        for size in sizes {
            let _ = writeln!(wraps, "--wrap=__tsan_{access}{size}");
        }
    }
    let file = out_dir().join("tsan-link-args");
    std::fs::write(&file, wraps).expect("OUT_DIR can be written to");
    let argument = format!("-Wl,@{}", file.display());
    println!("cargo:rustc-link-arg={argument}");
    println!("cargo:tsan_link_arg={argument}");
}

/// Compiles the functions that must not be instrumented, without the compiler that
/// would instrument them. Whoever links Rust programs has a C compiler.
fn compile_c() {
    println!("cargo:rerun-if-env-changed=CC");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let archive = out_dir().join("libjostle_tsan.a");
    for name in ["report", "locals"] {
        let source = Path::new("src/sanitizer/tsan")
            .join(name)
            .with_extension("c");
        println!("cargo:rerun-if-changed={}", source.display());
        let object = out_dir().join(name).with_extension("o");
        run(Command::new(&compiler)
            .args(["-O2", "-fPIC", "-Wall", "-Wextra", "-c", "-o"])
            .arg(&object)
            .arg(source));
        run(Command::new("ar").arg("crs").arg(&archive).arg(&object));
    }
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
