//! Says which runtime it gets.

use tokio::runtime::Builder;

fn main() {
    assert_eq!(Builder::new_multi_thread().kind(), 2);
    println!("{}", Builder::new_current_thread().kind());
}
