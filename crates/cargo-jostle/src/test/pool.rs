//! Several tests at a time, with results in the order of the list.
//!
//! Results are given one by one as soon as all before them are there, so that two runs
//! print the same, whatever takes how long.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How often the progress is told.
const TICK: Duration = Duration::from_millis(100);

/// Does `work` on all items with so many OS threads.
///
/// `progress` is told which items are being worked on and how many are done, `result` each
/// result in order.
///
/// # Panics
///
/// If `work` does.
pub(crate) fn run<T: Sync, R: Send>(
    items: &[T],
    jobs: usize,
    work: &(dyn Fn(&T) -> R + Sync),
    progress: &dyn Fn(&[usize], usize),
    result: &mut dyn FnMut(&R),
) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let running = Mutex::new(Vec::new());
    let change = |f: &dyn Fn(&mut Vec<usize>)| {
        f(&mut running.lock().unwrap_or_else(PoisonError::into_inner));
    };
    let (done, results) = mpsc::channel();
    let mut ordered: Vec<R> = Vec::new();
    let mut early: BTreeMap<usize, R> = BTreeMap::new();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(items.len()) {
            let (done, next, change) = (done.clone(), &next, &change);
            scope.spawn(move || {
                loop {
                    let nth = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(nth) else { break };
                    change(&|running| running.push(nth));
                    let result = work(item);
                    change(&|running| running.retain(|&other| other != nth));
                    if done.send((nth, result)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        loop {
            match results.recv_timeout(TICK) {
                Ok((nth, value)) => {
                    early.insert(nth, value);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            while let Some(value) = early.remove(&ordered.len()) {
                result(&value);
                ordered.push(value);
            }
            let now = running.lock().map(|running| running.clone());
            progress(&now.unwrap_or_default(), ordered.len() + early.len());
        }
    });
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whatever_takes_how_long() {
        let items: Vec<u64> = (0..20).collect();
        for jobs in [1, 3, 64] {
            let mut told = Vec::new();
            let work = |&item: &u64| {
                std::thread::sleep(Duration::from_millis((20 - item) / 4));
                item * 2
            };
            let results = run(&items, jobs, &work, &|_, _| {}, &mut |&r| told.push(r));
            let doubled: Vec<u64> = items.iter().map(|item| item * 2).collect();
            assert_eq!(results, doubled);
            assert_eq!(told, doubled);
        }
        let none = run(&[0; 0], 4, &|&n: &i32| n, &|_, _| {}, &mut |_| {});
        assert!(none.is_empty());
    }

    #[test]
    fn no_more_run_at_a_time_than_jobs() {
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = |_: &u8| {
            most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::sleep(Duration::from_millis(5));
            now.fetch_sub(1, Ordering::SeqCst);
        };
        run(&[0; 12], 3, &work, &|_, _| {}, &mut |()| {});
        assert!(most.load(Ordering::SeqCst) <= 3);
    }
}
