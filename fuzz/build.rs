//! Under ThreadSanitizer, jostle asks to have its atomic operations wrapped.

fn main() {
    if let Ok(argument) = std::env::var("DEP_JOSTLE_TSAN_LINK_ARG") {
        println!("cargo:rustc-link-arg={argument}");
    }
}
