//! dashmap 6.1.0, documented hazard ("may deadlock if called when holding any sort of reference into the map"), often
//! reported: a `Ref` holds its shard's read lock while the same thread inserts. Feature `mended`: copies before it inserts.
//! Order: each of two threads holds a `Ref` of its key, then inserts under the other's key, which is in another shard.
use dashmap::DashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;
use std::thread;

#[derive(Default, Clone)]
struct Shard(u64);
impl Hasher for Shard {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, _: &[u8]) {}
    fn write_u64(&mut self, key: u64) {
        self.0 = key << 55;
    }
}

pub fn scenario() -> Result<(), String> {
    let map = DashMap::with_capacity_and_hasher_and_shard_amount(
        8,
        BuildHasherDefault::<Shard>::default(),
        4,
    );
    let map = Arc::new(map);
    map.insert(0u64, 0);
    map.insert(1u64, 0);
    let threads: Vec<_> = [(0, 1), (1, 0)]
        .into_iter()
        .map(|(from, to)| {
            let map = map.clone();
            thread::spawn(move || {
                if cfg!(feature = "mended") {
                    let value = *map.get(&from).unwrap();
                    map.insert(to, value + 1);
                } else {
                    let value = map.get(&from).unwrap();
                    map.insert(to, *value + 1);
                }
            })
        })
        .collect();
    for t in threads {
        t.join().map_err(|_| "panicked")?;
    }
    Ok(())
}

fn main() {
    match std::panic::catch_unwind(scenario) {
        Ok(Ok(())) => {}
        Ok(Err(e)) => {
            eprintln!("{e}");
            std::process::exit(1)
        }
        Err(_) => std::process::exit(1),
    }
}

#[test]
fn holds() {
    assert_eq!(scenario(), Ok(()));
}
