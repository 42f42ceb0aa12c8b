//! Compiles the C half.
fn main() {
    println!("cargo::rerun-if-changed=src/locks.c");
    cc::Build::new()
        .file("src/locks.c")
        .flag_if_supported("-std=gnu11")
        .compile("locks");
}
