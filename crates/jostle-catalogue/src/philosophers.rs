//! Dining philosophers: everybody takes the left fork and waits for the right one.
//!
//! Origin: Dijkstra, EWD 310, 1971.

use std::sync::Arc;

use jostle::sync::Mutex;
use jostle::thread;

const SEATS: usize = 4;

fn dine(forks_of: fn(usize) -> (usize, usize)) {
    let forks: Arc<Vec<Mutex<u32>>> = Arc::new((0..SEATS).map(|_| Mutex::new(0)).collect());
    let guests: Vec<_> = (0..SEATS)
        .map(|seat| {
            let forks = Arc::clone(&forks);
            let guest = thread::Builder::new().name(format!("guest {seat}"));
            let dinner = move || {
                let (first, second) = forks_of(seat);
                let mut one = forks[first].lock().unwrap();
                let mut other = forks[second].lock().unwrap();
                *one += 1;
                *other += 1;
            };
            guest.spawn(dinner).unwrap()
        })
        .collect();
    for guest in guests {
        guest.join().unwrap();
    }
    let used: u32 = forks.iter().map(|fork| *fork.lock().unwrap()).sum();
    assert_eq!(used, 2 * SEATS as u32);
}

/// Everybody takes the left fork first: a circle of all guests.
#[jostle::scenario(expect = "deadlock: wait for each other")]
fn dining_philosophers() {
    dine(|seat| (seat, (seat + 1) % SEATS));
}

/// The last guest takes the right fork first.
#[jostle::scenario]
fn dining_philosophers_fixed() {
    dine(|seat| {
        let (left, right) = (seat, (seat + 1) % SEATS);
        (left.min(right), left.max(right))
    });
}
