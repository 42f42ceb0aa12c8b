//! async-std, smol and the executors of futures.
use futures::executor::{LocalPool, ThreadPool, block_on};
use futures::future::{FutureExt, join_all};
use futures::task::{LocalSpawnExt, SpawnExt};
use std::time::Duration;

#[test]
fn async_std_sleep_and_spawn() {
    async_std::task::block_on(async {
        let task = async_std::task::spawn(async { 7 });
        async_std::task::sleep(Duration::from_millis(20)).await;
        assert_eq!(task.await, 7);
    });
}

#[test]
fn async_std_channel_and_blocking() {
    async_std::task::block_on(async {
        let (sender, receiver) = async_std::channel::bounded(1);
        let task = async_std::task::spawn(async move { receiver.recv().await.unwrap() });
        let n = async_std::task::spawn_blocking(|| 3).await;
        sender.send(n).await.unwrap();
        assert_eq!(task.await, 3);
    });
}

#[test]
fn async_std_tcp() {
    use async_std::io::{ReadExt, WriteExt};
    use async_std::net::{TcpListener, TcpStream};
    async_std::task::block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let task = async_std::task::spawn(async move {
            listener
                .accept()
                .await
                .unwrap()
                .0
                .write_all(b"text")
                .await
                .unwrap();
        });
        let mut text = String::new();
        TcpStream::connect(address)
            .await
            .unwrap()
            .read_to_string(&mut text)
            .await
            .unwrap();
        task.await;
        assert_eq!(text, "text");
    });
}

#[test]
fn smol_sleep_and_spawn() {
    smol::block_on(async {
        let task = smol::spawn(async { 7 });
        smol::Timer::after(Duration::from_millis(20)).await;
        assert_eq!(task.await, 7);
    });
}

#[test]
fn smol_unblock() {
    smol::block_on(async {
        assert_eq!(smol::unblock(|| 3).await, 3);
    });
}

#[test]
fn smol_unix() {
    use smol::io::{AsyncReadExt, AsyncWriteExt};
    smol::block_on(async {
        let (mut a, mut b) = smol::net::unix::UnixStream::pair().unwrap();
        let task = smol::spawn(async move { b.write_all(b"text").await.unwrap() });
        let mut text = String::new();
        a.read_to_string(&mut text).await.unwrap();
        task.await;
        assert_eq!(text, "text");
    });
}

#[test]
fn futures_thread_pool() {
    let pool = ThreadPool::builder().pool_size(2).create().unwrap();
    let handles = (0..3).map(|n| pool.spawn_with_handle(async move { n }).unwrap());
    assert_eq!(block_on(join_all(handles)), [0, 1, 2]);
}

#[test]
fn futures_local_pool() {
    let mut pool = LocalPool::new();
    let handle = pool.spawner().spawn_local_with_handle(async { 4 }).unwrap();
    assert_eq!(pool.run_until(handle), 4);
}

#[test]
fn futures_shared() {
    let (sender, receiver) = futures::channel::oneshot::channel();
    let shared = receiver.shared();
    let threads = [shared.clone(), shared].map(|f| std::thread::spawn(move || block_on(f)));
    sender.send(5).unwrap();
    for t in threads {
        assert_eq!(t.join().unwrap(), Ok(5));
    }
}
