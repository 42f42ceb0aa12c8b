//! Executions per second of a workload under shuttle: `shuttled lost-update 100000`.
use std::time::Instant;

fn main() {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let [name, executions] = &words[..] else {
        panic!("a workload and a number of executions")
    };
    let workload = speed::Workload::named(name).expect("lost-update or locks");
    let executions: usize = executions.parse().expect("a number of executions");
    let start = Instant::now();
    shuttle::check_random(move || speed::shuttled::run(workload), executions);
    let speed = executions as f64 / start.elapsed().as_secs_f64();
    println!("{name}: {speed:.0} executions/s under shuttle's random scheduler");
}
