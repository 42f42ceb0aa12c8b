//! A program beside the library.

fn main() {
    assert_eq!(app::locked(), 4);
    assert_eq!(app::four(), 4);
}
