//! Randomness.
use std::thread;

#[test]
fn rand_0_8() {
    use rand_08::Rng;
    let draw = || rand_08::thread_rng().r#gen::<u64>();
    assert_ne!(thread::spawn(draw).join().unwrap(), draw());
}

#[test]
fn rand_0_9() {
    use rand_09::Rng;
    let draw = || rand_09::rng().random::<u64>();
    assert_ne!(thread::spawn(draw).join().unwrap(), draw());
}

#[test]
fn rand_0_9_shuffles() {
    use rand_09::seq::SliceRandom;
    let t = thread::spawn(|| {
        let mut list: Vec<_> = (0..20).collect();
        list.shuffle(&mut rand_09::rng());
        list
    });
    let mut list = t.join().unwrap();
    list.sort_unstable();
    assert_eq!(list, (0..20).collect::<Vec<_>>());
}

#[test]
fn getrandom_fills() {
    let fill = || {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).unwrap();
        bytes
    };
    assert_ne!(thread::spawn(fill).join().unwrap(), fill());
}

#[test]
fn uuids_differ() {
    let t = thread::spawn(uuid::Uuid::new_v4);
    assert_ne!(t.join().unwrap(), uuid::Uuid::new_v4());
}
