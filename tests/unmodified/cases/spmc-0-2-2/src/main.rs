//! spmc 0.2.2 (yanked, Cargo.lock still takes it), mended in 0.3.0 (seanmonstar/spmc#5): `push` links the next node first
//! and writes the value after it. A receiver in between takes nothing and frees the node that the sender then writes.
//! Order: the sender stores `next`; a receiver pops; the sender writes the value (use after free, message lost).
use std::thread;

pub fn scenario() -> Result<(), String> {
    #[allow(unused_mut)]
    let (mut tx, rx) = spmc::channel();
    let receivers: Vec<_> = (0..2)
        .map(|_| {
            let rx = rx.clone();
            thread::spawn(move || rx.recv().map_or(0, |v: Box<u32>| *v))
        })
        .collect();
    tx.send(Box::new(1)).map_err(|_| "closed")?;
    tx.send(Box::new(2)).map_err(|_| "closed")?;
    let mut sum = 0;
    for t in receivers {
        sum += t.join().map_err(|_| "receiver panicked")?;
    }
    if sum == 3 {
        Ok(())
    } else {
        Err(format!("sum {sum}"))
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
