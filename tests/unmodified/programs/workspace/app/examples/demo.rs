//! Prints a sum, which is wrong at times.
fn main() {
    let sum = programs_app::unlucky_sum([1, 2]);
    println!("{sum}");
    assert_eq!(sum, 3);
}
