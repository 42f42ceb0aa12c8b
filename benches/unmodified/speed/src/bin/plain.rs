//! One execution of a workload on std: `plain lost-update` or `plain locks`.
fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let workload = speed::Workload::named(&name).expect("lost-update or locks");
    speed::plain::run(workload);
}
