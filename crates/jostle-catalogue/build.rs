//! Passes on jostle's linker argument for ThreadSanitizer and sets `cfg(jostle_tsan)` for
//! tests.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(jostle_tsan)");
    if let Ok(argument) = std::env::var("DEP_JOSTLE_TSAN_LINK_ARG") {
        println!("cargo:rustc-link-arg={argument}");
        println!("cargo:rustc-cfg=jostle_tsan");
    }
}
