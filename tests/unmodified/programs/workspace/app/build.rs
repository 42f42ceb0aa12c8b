//! Makes a number, on a thread.
fn main() {
    let number = std::thread::spawn(|| 5)
        .join()
        .expect("a thread that cannot panic");
    println!("cargo::rustc-env=PROGRAMS_APP_NUMBER={number}");
    println!("cargo::rerun-if-changed=build.rs");
}
