//! Passes on jostle's linker argument for ThreadSanitizer.

fn main() {
    if let Ok(argument) = std::env::var("DEP_JOSTLE_TSAN_LINK_ARG") {
        println!("cargo:rustc-link-arg={argument}");
    }
}
