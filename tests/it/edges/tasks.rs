//! Spawning, joining, parking, waking, timers.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use jostle::sync::Mutex;
use jostle::{task, thread};

use super::support::{Memory, ordered, ordered_calmly, unordered};

#[test]
fn spawn_and_join() {
    ordered(|memory| {
        memory.write();
        let other = memory.clone();
        let task = thread::spawn(move || other.write());
        task.join().unwrap();
        memory.write();
    });
    unordered(|memory| {
        let other = memory.clone();
        let task = thread::spawn(move || other.write());
        memory.write();
        task.join().unwrap();
    });
}

#[test]
fn the_end_of_a_scope() {
    ordered(|memory| {
        thread::scope(|scope| {
            scope.spawn(|| memory.write());
        });
        memory.write();
    });
    unordered(|memory| {
        thread::scope(|scope| {
            let _one = scope.spawn(|| memory.write());
            let _another = scope.spawn(|| memory.write());
        });
    });
}

/// Std loads a counter with `Relaxed`.
#[test]
fn is_finished_does_not_join() {
    unordered(|memory| {
        let other = memory.clone();
        let task = thread::spawn(move || other.write());
        while !task.is_finished() {
            thread::yield_now();
        }
        memory.write();
    });
}

/// Whoever drops the handle of a task that has ended comes after it, as the owners of an
/// `Arc` do: where nothing is to be ordered, the handle lives on.
#[test]
fn unpark_and_park() {
    ordered_calmly(|memory| {
        let (main, other) = (thread::current(), memory.clone());
        let _task = thread::spawn(move || {
            other.write();
            main.unpark();
        });
        thread::park();
        memory.write();
    });
    unordered(|memory| {
        let (main, other) = (thread::current(), memory.clone());
        let _task = thread::spawn(move || {
            main.unpark();
            other.write();
        });
        thread::park();
        memory.write();
    });
}

#[test]
fn neither_time_nor_yielding_orders() {
    unordered(|memory| {
        let other = memory.clone();
        let _task = thread::spawn(move || other.write());
        thread::sleep(Duration::from_millis(50));
        memory.write();
    });
    unordered(|memory| {
        let other = memory.clone();
        let _task = thread::spawn(move || {
            other.write();
            thread::yield_now();
        });
        thread::yield_now();
        memory.write();
    });
    unordered(|memory| {
        let other = memory.clone();
        let _task = thread::spawn(move || {
            thread::sleep(Duration::from_millis(10));
            other.write();
        });
        thread::park_timeout(Duration::from_millis(50));
        memory.write();
    });
}

#[test]
fn async_spawn_and_await() {
    ordered(|memory| {
        task::block_on(async move {
            memory.write();
            let other = memory.clone();
            let task = task::spawn(async move { other.write() });
            task.await.unwrap();
            memory.write();
        });
    });
    unordered(|memory| {
        task::block_on(async move {
            let other = memory.clone();
            let task = task::spawn(async move { other.write() });
            memory.write();
            task.await.unwrap();
        });
    });
}

/// A future that is woken once. `first` is what the waker's owner does before, `after`
/// what it does after.
fn wake(memory: Memory, first: fn(&Memory), after: fn(&Memory)) {
    task::block_on(async move {
        let left: Arc<Mutex<Option<Waker>>> = Arc::default();
        let (taken, other) = (Arc::clone(&left), memory.clone());
        let waking = task::spawn_blocking(move || {
            let waker = loop {
                if let Some(waker) = taken.lock().unwrap().take() {
                    break waker;
                }
                thread::yield_now();
            };
            first(&other);
            waker.wake();
            after(&other);
        });
        let mut polls = 0;
        poll_fn(|context| {
            polls += 1;
            if polls == 1 {
                *left.lock().unwrap() = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        memory.write();
        waking.await.unwrap();
    });
}

#[test]
fn wake_and_the_poll_that_follows() {
    ordered(|memory| wake(memory, Memory::write, |_| {}));
    unordered(|memory| wake(memory, |_| {}, Memory::write));
}
