//! A pool of connections: at most so many are open, and who finds none free waits for one, for a
//! while.
//!
//! Bug: a connection is handed to a waiter through a channel. A waiter whose time is up in just
//! that moment drops the channel with the connection in it, which the pool counts as open for ever.
use std::collections::VecDeque;
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{sleep, timeout};

/// What connects and checks connections.
pub trait Manager: Send + Sync + 'static {
    type Connection: Send + 'static;

    fn connect(&self) -> impl Future<Output = Result<Self::Connection, Refused>> + Send;

    /// Whether it may be used again.
    fn is_alive(&self, connection: &Self::Connection) -> bool;
}

/// The other side did not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    Refused,
    TimedOut,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Error::Refused => "the connection was refused",
            Error::TimedOut => "no connection became free in time",
        })
    }
}

impl std::error::Error for Error {}

struct State<M: Manager> {
    idle: Vec<M::Connection>,
    /// Connections that exist or are being made.
    open: usize,
    waiters: VecDeque<oneshot::Sender<M::Connection>>,
}

struct Shared<M: Manager> {
    manager: M,
    limit: usize,
    patience: Duration,
    state: Mutex<State<M>>,
}

/// The pool. Clones share it.
pub struct Pool<M: Manager>(Arc<Shared<M>>);

impl<M: Manager> Clone for Pool<M> {
    fn clone(&self) -> Self {
        Pool(self.0.clone())
    }
}

/// What `get` has found.
enum Found<M: Manager> {
    Idle(M::Connection),
    Room,
    Wait(oneshot::Receiver<M::Connection>),
}

impl<M: Manager> Pool<M> {
    /// At most `limit` connections; who waits longer than `patience` gets an error.
    pub fn new(manager: M, limit: usize, patience: Duration) -> Self {
        let state = State {
            idle: Vec::new(),
            open: 0,
            waiters: VecDeque::new(),
        };
        Pool(Arc::new(Shared {
            manager,
            limit,
            patience,
            state: Mutex::new(state),
        }))
    }

    /// A connection, which goes back when dropped.
    pub async fn get(&self) -> Result<Pooled<M>, Error> {
        match self.find() {
            Found::Idle(connection) => Ok(Pooled::new(self.clone(), connection)),
            Found::Room => {
                let mut place = Place(Some(self.clone()));
                let connection = self.0.manager.connect().await.map_err(|_| Error::Refused)?;
                place.0 = None;
                Ok(Pooled::new(self.clone(), connection))
            }
            Found::Wait(handed) => self.wait(handed).await,
        }
    }

    async fn wait(&self, mut handed: oneshot::Receiver<M::Connection>) -> Result<Pooled<M>, Error> {
        match timeout(self.0.patience, &mut handed).await {
            Ok(Ok(connection)) => Ok(Pooled::new(self.clone(), connection)),
            Ok(Err(_)) => Err(Error::Refused),
            Err(_) => {
                if crate::FIXED {
                    // It may have come between the last look and now.
                    handed.close();
                    if let Ok(connection) = handed.try_recv() {
                        return Ok(Pooled::new(self.clone(), connection));
                    }
                }
                Err(Error::TimedOut)
            }
        }
    }

    fn find(&self) -> Found<M> {
        let mut state = self.0.state.lock().unwrap();
        while let Some(connection) = state.idle.pop() {
            if self.0.manager.is_alive(&connection) {
                return Found::Idle(connection);
            }
            state.open -= 1;
        }
        if state.open < self.0.limit {
            state.open += 1;
            return Found::Room;
        }
        let (hand, handed) = oneshot::channel();
        state.waiters.push_back(hand);
        Found::Wait(handed)
    }

    /// Hands a connection to who waits, or keeps it.
    fn put_back(&self, mut connection: M::Connection) {
        loop {
            let waiter = {
                let mut state = self.0.state.lock().unwrap();
                match state.waiters.pop_front() {
                    Some(waiter) => waiter,
                    None => {
                        state.idle.push(connection);
                        return;
                    }
                }
            };
            match waiter.send(connection) {
                Ok(()) => return,
                // It has gone; perhaps the next one has not.
                Err(back) => connection = back,
            }
        }
    }

    /// How many connections exist or are being made.
    pub fn open(&self) -> usize {
        self.0.state.lock().unwrap().open
    }
}

/// A place taken for a connection that is being made, given back if that fails.
struct Place<M: Manager>(Option<Pool<M>>);

impl<M: Manager> Drop for Place<M> {
    fn drop(&mut self) {
        if let Some(pool) = &self.0 {
            pool.0.state.lock().unwrap().open -= 1;
        }
    }
}

/// A connection on loan.
pub struct Pooled<M: Manager> {
    pool: Pool<M>,
    connection: Option<M::Connection>,
}

impl<M: Manager> Pooled<M> {
    fn new(pool: Pool<M>, connection: M::Connection) -> Self {
        Pooled {
            pool,
            connection: Some(connection),
        }
    }

    /// Closes it instead of giving it back.
    pub fn close(mut self) {
        if self.connection.take().is_some() {
            self.pool.0.state.lock().unwrap().open -= 1;
        }
    }
}

impl<M: Manager> Deref for Pooled<M> {
    type Target = M::Connection;

    fn deref(&self) -> &M::Connection {
        self.connection.as_ref().expect("taken only when dropped")
    }
}

impl<M: Manager> Drop for Pooled<M> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.put_back(connection);
        }
    }
}

/// Uses a connection for some time, as a request would.
pub async fn hold<M: Manager>(pool: &Pool<M>, time: Duration) -> Result<(), Error> {
    let _connection = pool.get().await?;
    sleep(time).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    const PATIENCE: Duration = Duration::from_millis(50);

    /// Connections are numbers.
    #[derive(Default)]
    struct Numbers(AtomicUsize);

    impl Manager for Numbers {
        type Connection = usize;

        async fn connect(&self) -> Result<usize, Refused> {
            Ok(self.0.fetch_add(1, SeqCst))
        }

        fn is_alive(&self, _: &usize) -> bool {
            true
        }
    }

    fn pool(limit: usize) -> Pool<Numbers> {
        Pool::new(Numbers::default(), limit, PATIENCE)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn connections_are_used_again() {
        let pool = pool(2);
        for _ in 0..3 {
            hold(&pool, Duration::ZERO).await.unwrap();
        }
        assert_eq!(pool.open(), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn no_more_than_the_limit() {
        let pool = pool(1);
        let other = tokio::spawn({
            let pool = pool.clone();
            async move { hold(&pool, Duration::from_millis(5)).await }
        });
        hold(&pool, Duration::from_millis(5)).await.unwrap();
        other.await.unwrap().unwrap();
        assert_eq!(pool.open(), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn patience_ends() {
        let pool = pool(1);
        let _held = pool.get().await.unwrap();
        assert!(matches!(pool.get().await, Err(Error::TimedOut)));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_closed_connection_makes_room() {
        let pool = pool(1);
        pool.get().await.unwrap().close();
        assert_eq!(*pool.get().await.unwrap(), 1);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn the_pool_serves_after_a_timeout() {
        let pool = pool(1);
        let held = pool.get().await.unwrap();
        let waiter = tokio::spawn({
            let pool = pool.clone();
            async move { pool.get().await.map(drop) }
        });
        sleep(PATIENCE).await;
        drop(held);
        let _served_or_not = waiter.await.unwrap();
        let again = pool.get().await;
        assert!(again.is_ok(), "{}", again.err().unwrap());
    }
}
