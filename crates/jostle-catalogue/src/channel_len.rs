//! Checks a channel's length, then receives: another task may take the message first.
//!
//! Origin: time of check to time of use (Bishop and Dilger, 1996), on the channel
//! length that Go's FAQ warns of.

use jostle::go;

/// Two consumers look before they receive, and there is one message: the second one
/// waits for ever.
#[jostle::scenario(expect = "leak: receive (leaked)")]
fn channel_len() {
    let (send, receive) = go::chan(1);
    send.send(1);
    for _ in 0..2 {
        let receive = receive.clone();
        go::spawn(move || {
            if !receive.is_empty() {
                receive.recv();
            }
        });
    }
}

/// A `select!` with a default looks and receives in one operation.
#[jostle::scenario]
fn channel_len_fixed() {
    let (send, receive) = go::chan(1);
    send.send(1);
    for _ in 0..2 {
        let receive = receive.clone();
        go::spawn(move || {
            go::select! {
                recv(receive) => {}
                default => {}
            }
        });
    }
}
