//! Two services send to each other over bounded channels, each before it receives
//! anything.
//!
//! Origin: "deadlock by bounded channels" in the tokio tracker; the actor chapter
//! of Ryhl, "Actors with Tokio", 2021, warns of cycles.

use tokio::sync::mpsc;

use jostle::task;

const REQUESTS: u32 = 4;

/// Answers every request with one message, and is done when nobody sends any
/// more.
async fn serve(mut inbox: mpsc::Receiver<u32>, replies: mpsc::Sender<u32>) {
    while let Some(request) = inbox.recv().await {
        if replies.send(request + 1).await.is_err() {
            return;
        }
    }
}

async fn ask(
    requests: mpsc::Sender<u32>,
    mut replies: mpsc::Receiver<u32>,
    server: task::JoinHandle<()>,
) {
    for n in 0..REQUESTS {
        requests.send(n).await.unwrap();
    }
    drop(requests);
    let mut answers = 0;
    while replies.recv().await.is_some() {
        answers += 1;
    }
    assert_eq!(answers, REQUESTS);
    server.await.unwrap();
}

/// Both channels have room for one message, and the client reads no answer before
/// it has sent its last request.
#[jostle::scenario(expect = "deadlock: all tasks are asleep")]
async fn mpsc_cycle() {
    let (requests, inbox) = mpsc::channel(1);
    let (outbox, replies) = mpsc::channel(1);
    let server = task::spawn(serve(inbox, outbox));
    ask(requests, replies, server).await;
}

/// The channel of answers has room for all of them.
#[jostle::scenario]
async fn mpsc_cycle_fixed() {
    let (requests, inbox) = mpsc::channel(1);
    let (outbox, replies) = mpsc::channel(REQUESTS as usize);
    let server = task::spawn(serve(inbox, outbox));
    ask(requests, replies, server).await;
}
