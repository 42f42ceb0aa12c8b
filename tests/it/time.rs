//! Virtual time and hints.

use std::time::Duration;

use jostle::sync::Arc;
use jostle::sync::atomic::{AtomicBool, Ordering};
use jostle::thread;
use jostle::time::{Instant, SystemTime, UNIX_EPOCH};
use jostle_core::finding::Kind;

use crate::support::conformance::conformance;
use crate::support::explore::explore;

conformance! {
    sleeping_takes_as_long_as_it_should() -> bool {
        let start = time::Instant::now();
        thread::sleep(time::Duration::from_millis(2));
        start.elapsed() >= time::Duration::from_millis(2)
    } gives [true];

    instants_calculate_like_std() -> (bool, bool, bool, bool) {
        let now = time::Instant::now();
        let second = time::Duration::from_secs(1);
        let later = now + second;
        let mut moved = later;
        moved -= second;
        moved += second;
        let differences = later - now == second
            && later.duration_since(now) == second
            && now.duration_since(later) == time::Duration::ZERO
            && now.checked_duration_since(later).is_none()
            && now.saturating_duration_since(later) == time::Duration::ZERO;
        (
            differences,
            moved == later && later > now,
            now.checked_add(time::Duration::MAX).is_none(),
            now.checked_sub(time::Duration::from_secs(60)).is_some(),
        )
    } gives [(true, true, true, true)];

    the_time_of_day_calculates_like_std() -> (bool, bool) {
        let now = time::SystemTime::now();
        let later = now + time::Duration::from_secs(1);
        let behind = now.duration_since(later).unwrap_err().duration();
        let since_2020 = now
            .duration_since(time::UNIX_EPOCH + time::Duration::from_secs(1_577_836_800))
            .is_ok();
        (behind == time::Duration::from_secs(1), since_2020)
    } gives [(true, true)];

    a_loop_that_spins_ends() -> bool {
        use sync::atomic::{AtomicBool, Ordering};
        let flag = sync::Arc::new(AtomicBool::new(false));
        let theirs = sync::Arc::clone(&flag);
        let other = thread::spawn(move || theirs.store(true, Ordering::SeqCst));
        while !flag.load(Ordering::SeqCst) {
            hint::spin_loop();
        }
        other.join().unwrap();
        hint::black_box(true)
    } gives [true];
}

#[test]
fn sleepers_wake_in_the_order_of_their_deadlines() {
    let explored = explore(100, || {
        let order = Arc::new(jostle::sync::Mutex::new(Vec::new()));
        let sleepers: Vec<_> = [30, 10, 20]
            .into_iter()
            .map(|hours| {
                let order = Arc::clone(&order);
                thread::spawn(move || {
                    thread::sleep(Duration::from_secs(hours * 3600));
                    order.lock().unwrap().push(hours);
                })
            })
            .collect();
        for sleeper in sleepers {
            sleeper.join().unwrap();
        }
        order.lock().unwrap().clone()
    });
    explored.gives([vec![10, 20, 30]]);
}

#[test]
fn both_clocks_show_virtual_time() {
    let explored = explore(20, || {
        let (start, day) = (Instant::now(), SystemTime::now());
        let first = format!("{start:?} {:?}", day.duration_since(UNIX_EPOCH).unwrap());
        thread::sleep(Duration::from_secs(90));
        let earlier = start - Duration::from_secs(1);
        let passed = (start.elapsed(), day.elapsed().unwrap());
        (first, format!("{earlier:?}"), passed)
    });
    let minute_and_a_half = Duration::from_secs(90);
    explored.gives([(
        "Instant(0ns) 1577836800s",
        "Instant(-1s)",
        (minute_and_a_half, minute_and_a_half),
    )]);
}

#[test]
fn overflow_panics_with_the_words_of_std() {
    let explored = explore(1, || Instant::now() + Duration::MAX);
    explored.always_finds(Kind::Panic, "overflow when adding duration to instant");
}

#[test]
fn spinning_for_good_is_a_livelock() {
    let explored = explore(2, || {
        let flag = AtomicBool::new(false);
        while !flag.load(Ordering::SeqCst) {
            jostle::hint::spin_loop();
        }
    });
    explored.always_finds(Kind::Livelock, "no end within the step budget");
}

/// Who spins until a deadline sees it pass.
#[test]
fn spinning_on_the_clock_ends() {
    let explored = explore(20, || {
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(5) {
            jostle::hint::spin_loop();
        }
        true
    });
    explored.gives([true]);
}
