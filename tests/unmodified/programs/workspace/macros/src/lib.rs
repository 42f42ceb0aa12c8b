//! A macro that works on a thread, at compile time.
use proc_macro::TokenStream;

/// Seven.
#[proc_macro]
pub fn seven(_: TokenStream) -> TokenStream {
    let text = std::thread::spawn(|| 7.to_string())
        .join()
        .expect("a thread that cannot panic");
    text.parse().expect("a number")
}
