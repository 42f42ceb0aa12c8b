//! Go's packages `sync` and `context`.

use std::sync::Arc;

use jostle::go::{self, Cond, Mutex, Once, RwMutex, WaitGroup, context};

use super::support::{Memory, ordered, unordered};

/// Runs both as goroutines, with something that they share.
fn both<S: Send + Sync + 'static>(
    shared: S,
    memory: &Memory,
    one: fn(&S, &Memory),
    another: fn(&S, &Memory),
) {
    let shared = Arc::new(shared);
    for half in [one, another] {
        let (shared, memory) = (Arc::clone(&shared), memory.clone());
        go::spawn(move || half(&shared, &memory));
    }
}

#[test]
fn mutex() {
    fn under_lock(lock: &Mutex, memory: &Memory) {
        lock.lock();
        memory.write();
        lock.unlock();
    }
    fn when_free(lock: &Mutex, memory: &Memory) {
        if lock.try_lock() {
            memory.write();
            lock.unlock();
        }
    }
    fn after(lock: &Mutex, memory: &Memory) {
        lock.lock();
        lock.unlock();
        memory.write();
    }
    ordered(|memory| both(Mutex::new(), &memory, under_lock, under_lock));
    ordered(|memory| both(Mutex::new(), &memory, under_lock, when_free));
    unordered(|memory| both(Mutex::new(), &memory, after, after));
}

#[test]
fn a_writer_is_ordered_with_everybody_and_readers_are_not() {
    fn reads(lock: &RwMutex, memory: &Memory) {
        lock.rlock();
        memory.read();
        lock.runlock();
    }
    fn writes(lock: &RwMutex, memory: &Memory) {
        lock.lock();
        memory.write();
        lock.unlock();
    }
    fn writes_under_a_read_lock(lock: &RwMutex, memory: &Memory) {
        lock.rlock();
        memory.write();
        lock.runlock();
    }
    ordered(|memory| both(RwMutex::new(), &memory, writes, writes));
    ordered(|memory| both(RwMutex::new(), &memory, writes, reads));
    ordered(|memory| both(RwMutex::new(), &memory, writes_under_a_read_lock, writes));
    unordered(|memory| both(RwMutex::new(), &memory, writes_under_a_read_lock, reads));
}

#[test]
fn once() {
    fn first(once: &Once, memory: &Memory) {
        once.do_once(|| memory.write());
        memory.read();
    }
    fn after(once: &Once, memory: &Memory) {
        once.do_once(|| {});
        memory.write();
    }
    ordered(|memory| both(Once::new(), &memory, first, first));
    unordered(|memory| both(Once::new(), &memory, after, after));
}

#[test]
fn wait_group() {
    ordered(|memory| {
        let group = Arc::new(WaitGroup::new());
        let other = memory.clone();
        group.go(move || other.write());
        group.wait();
        memory.write();
    });
    unordered(|memory| {
        let group = Arc::new(WaitGroup::new());
        for _ in 0..2 {
            let other = memory.clone();
            group.go(move || other.write());
        }
        group.wait();
    });
    unordered(|memory| {
        let group = Arc::new(WaitGroup::new());
        group.add(1);
        let (other, done) = (memory.clone(), Arc::clone(&group));
        go::spawn(move || {
            done.done();
            other.write();
        });
        group.wait();
        memory.write();
    });
}

#[test]
fn cond() {
    /// The condition and the lock; the waiter's access comes after its wait.
    fn tell(memory: Memory, before: fn(&Memory), after: fn(&Memory)) {
        let cond = Arc::new(Cond::new(Arc::new(Mutex::new())));
        let (told, done) = go::chan::<()>(0);
        let (waiting, other) = (Arc::clone(&cond), memory.clone());
        go::spawn(move || {
            waiting.l.lock();
            told.send(());
            waiting.wait();
            other.write();
            waiting.l.unlock();
        });
        done.recv();
        // The lock is had only once the other one waits.
        cond.l.lock();
        cond.l.unlock();
        before(&memory);
        cond.signal();
        after(&memory);
    }
    ordered(|memory| tell(memory, Memory::write, |_| {}));
    unordered(|memory| tell(memory, |_| {}, Memory::write));
}

#[test]
fn what_is_done_before_a_context_is_cancelled() {
    ordered(|memory| {
        let (context, cancel) = context::with_cancel(&context::background());
        let other = memory.clone();
        go::spawn(move || {
            other.write();
            cancel.call();
        });
        context.done().recv();
        memory.write();
    });
}
