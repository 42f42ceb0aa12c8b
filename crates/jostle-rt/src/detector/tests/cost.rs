//! What operations cost: nanoseconds in a loop, and a target for `valgrind --tool=callgrind`.

use std::hint::black_box;
use std::time::Instant;

use super::super::Order;
use super::{X, begin, with};

#[inline(never)]
fn measure(name: &str, mut body: impl FnMut(usize)) {
    let rounds = std::env::var("JOSTLE_COST_ROUNDS")
        .ok()
        .and_then(|text| text.parse().ok());
    let rounds: usize = rounds.unwrap_or(1_000_000);
    let mut best = f64::MAX;
    for _ in 0..5 {
        let start = Instant::now();
        for round in 0..rounds {
            body(black_box(round));
        }
        best = best.min(start.elapsed().as_secs_f64() * 1e9 / rounds as f64);
    }
    #[expect(clippy::print_stderr, reason = "the measurement is the point")]
    {
        eprintln!("{name:44} {best:6.1} ns");
    }
}

#[test]
#[ignore = "a measurement; run with --release --nocapture"]
fn costs() {
    let mut d = with(2);
    measure("read, same epoch", |_| d.read(1, X, 8, 1));
    measure("write, same epoch", |_| d.write(1, X + 8, 8, 1));
    measure("write, another granule each time", |n| {
        d.write(1, X + 4096 + (n & 4095) * 8, 8, 1)
    });
    begin(&mut d, 2);
    measure("write and key release (new epoch)", |n| {
        d.write(1, X + (n & 63) * 8, 8, 1);
        d.release(1, 7);
    });
    begin(&mut d, 2);
    measure("key release alone", |_| d.release(1, 7));
    begin(&mut d, 2);
    measure("write 4 of 8 bytes, then read the other 4", |n| {
        d.write(1, X + (n & 63) * 8, 4, 1);
        d.read(1, X + (n & 63) * 8 + 4, 4, 1);
    });
    begin(&mut d, 2);
    measure("read in a new execution", |n| {
        d.read(0, X + (n & 63) * 8, 8, 1);
        if n & 63 == 63 {
            begin(&mut d, 2);
        }
    });
    begin(&mut d, 2);
    measure("load, relaxed", |_| d.load(1, X, 8, Order::Relaxed, 1));
    measure("load, acquire", |_| d.load(1, X, 8, Order::Acquire, 1));
    measure("store, release", |_| d.store(1, X, 8, Order::Release, 1));
    measure("rmw, acquire-release, two threads in turn", |n| {
        d.rmw(1 + (n & 1) as u16, X, 8, Order::AcqRel, 1);
    });
    measure("fence, sequentially consistent", |_| {
        d.fence(1, Order::SeqCst)
    });
    measure("is_private", |_| {
        black_box(d.is_private(1, X, 8));
    });
    begin(&mut d, 2);
    measure("allocated and freed, 64 bytes", |n| {
        d.allocated(1, X + (n & 63) * 64, 64, 1);
        d.freed(1, X + (n & 63) * 64, 64, 1);
    });
    measure("memcpy of 64 bytes", |_| {
        d.read_range(1, X + 4096 * 8, 64, 1);
        d.write_range(1, X + 4096 * 9, 64, 1);
    });
    begin(&mut d, 2);
    d.allocated(1, X, 200 << 20, 1);
    measure("fill a fresh 16 MB block, each element", |n| {
        d.write(1, X + n * 8, 8, 1)
    });
    begin(&mut d, 2);
    measure("allocate, fill and free 200 MB in one go", |n| {
        if n & 0xffff == 0 {
            d.allocated(1, X, 200 << 20, 1);
            d.release(1, 7);
            d.write_range(1, X, 200 << 20, 1);
            d.freed(1, X, 200 << 20, 1);
        }
    });
    assert!(d.take_report().is_none());
    measure("reset and three threads", |_| begin(&mut d, 2));
}
