//! A race on memory shared by two async tasks, across an await.

use std::sync::Arc;

use super::plain::Plain;
use jostle::task;

/// Two tasks count in a cell, with an await between reading and writing.
#[jostle::scenario(expect = "race: data race")]
async fn race_across_await() {
    let cell = Plain::shared(0);
    let other = Arc::clone(&cell);
    let counting = task::spawn(async move {
        let before = other.get();
        task::yield_now().await;
        other.set(before + 1);
    });
    let before = cell.get();
    task::yield_now().await;
    cell.set(before + 1);
    counting.await.unwrap();
}

/// They hold an async lock meanwhile.
#[jostle::scenario]
async fn race_across_await_fixed() {
    let cell = Arc::new((tokio::sync::Mutex::new(()), Plain::new(0)));
    let other = Arc::clone(&cell);
    let counting = task::spawn(async move {
        let _locked = other.0.lock().await;
        let before = other.1.get();
        task::yield_now().await;
        other.1.set(before + 1);
    });
    {
        let _locked = cell.0.lock().await;
        let before = cell.1.get();
        task::yield_now().await;
        cell.1.set(before + 1);
    }
    counting.await.unwrap();
    assert_eq!(cell.1.get(), 2);
}
