//! Senders abandoned by a receiver that returns early.
//!
//! Origin: related to `cron`.
//! It is the first example in goleak's documentation.

use jostle::go;

fn fetch(n: u32) -> Result<u32, String> {
    if n == 1 {
        Err("not found".to_owned())
    } else {
        Ok(n)
    }
}

/// Fetches in parallel and returns with the first error.
fn fetch_all(capacity: usize) -> Result<u32, String> {
    let (send, results) = go::chan(capacity);
    for n in 0..3 {
        let send = send.clone();
        go::spawn(move || send.send(fetch(n)));
    }
    let mut sum = 0;
    for _ in 0..3 {
        match results.recv() {
            Some(Ok(n)) => sum += n,
            Some(Err(error)) => return Err(error),
            None => break,
        }
    }
    Ok(sum)
}

/// The channel has no buffer: whoever has not been received from waits for ever.
#[jostle::scenario(expect = "leak: send (leaked)")]
fn early_return() {
    assert_eq!(fetch_all(0), Err("not found".to_owned()));
}

/// The channel has room for every result.
#[jostle::scenario]
fn early_return_fixed() {
    assert_eq!(fetch_all(3), Err("not found".to_owned()));
}
