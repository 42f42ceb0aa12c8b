//! state 0.4.2, a race in `Container` (rewritten in 0.5.0, which tests it with loom): whoever sees that the map has been
//! made looks with `Relaxed`, and `try_get` looks at the map before it takes the lock that `set` holds.
//! Order: T1 sets (makes the map, inserts), T2 gets at the same time: its read of the map is unordered with the insert.
use std::sync::Arc;
use std::thread;

#[cfg(not(feature = "mended"))]
type Container = state::Container;
#[cfg(feature = "mended")]
type Container = state::Container![Send + Sync];

pub fn scenario() -> Result<(), String> {
    let container = Arc::new(Container::new());
    let setter = {
        let container = container.clone();
        thread::spawn(move || container.set(7u32))
    };
    let getter = {
        let container = container.clone();
        thread::spawn(move || container.try_get::<u32>().copied())
    };
    let got = getter.join().map_err(|_| "getter panicked")?;
    let set = setter.join().map_err(|_| "setter panicked")?;
    match (set, got) {
        (true, None | Some(7)) => Ok(()),
        other => Err(format!("{other:?}")),
    }
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
