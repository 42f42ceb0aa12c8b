//! Under ThreadSanitizer, jostle asks to have its atomic operations wrapped, and the
//! tests are to know it.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rustc-check-cfg=cfg(jostle_tsan)");
    if let Ok(argument) = std::env::var("DEP_JOSTLE_TSAN_LINK_ARG") {
        println!("cargo:rustc-link-arg={argument}");
        println!("cargo:rustc-cfg=jostle_tsan");
    }
}
