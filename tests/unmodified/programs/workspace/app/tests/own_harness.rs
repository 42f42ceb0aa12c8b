//! A test whose `main` is its own.
fn main() {
    assert_eq!(programs_app::sum(&[4, 5]), 9);
    println!("passed");
}
