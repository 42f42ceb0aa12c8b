//! A heap of so many megabytes at the fork point, of which each execution changes four pages.
fn main() {
    let megabytes = std::env::args().nth(1).and_then(|a| a.parse().ok());
    let heap = vec![1_u8; megabytes.unwrap_or(1) << 20].leak();
    let other = std::thread::spawn(|| 1_u8);
    for part in 0..4 {
        let at = heap.len() / 4 * part;
        heap[at] += 1;
        assert_eq!(heap[at], 2);
    }
    other.join().unwrap();
}
