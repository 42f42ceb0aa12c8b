//! A `select!` that loses a message: the arm that had received it is dropped.
//!
//! Origin: the section "Cancellation safety" in the documentation of
//! `tokio::select!`.

use std::time::Duration;

use tokio::sync::mpsc;

use jostle::task;

const MESSAGES: u32 = 3;

/// Sends at a measured pace, and closes the channel.
fn send_all() -> mpsc::Receiver<u32> {
    let (send, receive) = mpsc::channel(1);
    task::spawn(async move {
        for n in 0..MESSAGES {
            task::sleep(Duration::from_millis(10)).await;
            send.send(n).await.unwrap();
        }
    });
    receive
}

/// Receives a message and then does something that takes time.
async fn receive_and_check(receive: &mut mpsc::Receiver<u32>) -> Option<u32> {
    let message = receive.recv().await;
    task::sleep(Duration::from_millis(5)).await;
    message
}

/// The timer fires while a received message is being checked, and the message is
/// gone with its future.
#[jostle::scenario(expect = "panic: a message was lost")]
async fn select_loss() {
    let mut receive = send_all();
    let mut received = 0;
    loop {
        task::select! {
            message = receive_and_check(&mut receive) => match message {
                Some(_) => received += 1,
                None => break,
            },
            () = task::sleep(Duration::from_millis(12)) => {}
        }
    }
    assert_eq!(received, MESSAGES, "a message was lost");
}

/// Only `recv` stands in the arm, which is cancel safe; what takes time stands in the
/// body.
#[jostle::scenario]
async fn select_loss_fixed() {
    let mut receive = send_all();
    let mut received = 0;
    loop {
        task::select! {
            message = receive.recv() => match message {
                Some(_) => {
                    task::sleep(Duration::from_millis(5)).await;
                    received += 1;
                }
                None => break,
            },
            () = task::sleep(Duration::from_millis(12)) => {}
        }
    }
    assert_eq!(received, MESSAGES, "a message was lost");
}
