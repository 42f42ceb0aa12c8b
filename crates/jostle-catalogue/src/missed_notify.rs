//! `Notify::notify_waiters` before any task waits.
//!
//! Origin: the documentation of `tokio::sync::Notify`, which tells how to enable a
//! `notified()` future before the check.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

use jostle::task;

struct Door {
    open: AtomicBool,
    opened: Notify,
}

fn open_later(door: &Arc<Door>) -> task::JoinHandle<()> {
    let door = Arc::clone(door);
    task::spawn(async move {
        task::yield_now().await;
        door.open.store(true, Ordering::SeqCst);
        door.opened.notify_waiters();
    })
}

fn door() -> Arc<Door> {
    Arc::new(Door {
        open: AtomicBool::new(false),
        opened: Notify::new(),
    })
}

/// The door opens between the look and the wait, and `notify_waiters` leaves no
/// permit behind.
#[jostle::scenario(expect = "deadlock: all tasks are asleep")]
async fn missed_notify() {
    let door = door();
    let opener = open_later(&door);
    if !door.open.load(Ordering::SeqCst) {
        task::yield_now().await;
        door.opened.notified().await;
    }
    opener.await.unwrap();
}

/// The `notified()` future exists before the look.
#[jostle::scenario]
async fn missed_notify_fixed() {
    let door = door();
    let opener = open_later(&door);
    let opened = door.opened.notified();
    if !door.open.load(Ordering::SeqCst) {
        task::yield_now().await;
        opened.await;
    }
    opener.await.unwrap();
}
