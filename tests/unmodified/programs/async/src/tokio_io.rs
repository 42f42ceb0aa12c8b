//! tokio's files, sockets, children and signals.
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, duplex};
use tokio::net::{TcpListener, TcpStream, UdpSocket, UnixStream, lookup_host};
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
    });
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"hello").await.unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "hello");
    server.await.unwrap();
}

#[tokio::test]
async fn udp() {
    let a = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let b = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    b.send_to(b"datagram", a.local_addr().unwrap())
        .await
        .unwrap();
    assert_eq!(a.recv(&mut [0; 16]).await.unwrap(), 8);
    assert!(
        timeout(Duration::from_millis(20), a.recv(&mut [0; 16]))
            .await
            .is_err()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unix_pair() {
    let (a, mut b) = UnixStream::pair().unwrap();
    let task = tokio::spawn(async move {
        b.write_all(b"one\ntwo\n").await.unwrap();
    });
    let mut lines = BufReader::new(a).lines();
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("one"));
    assert_eq!(lines.next_line().await.unwrap().as_deref(), Some("two"));
    task.await.unwrap();
}

#[tokio::test]
async fn in_memory_pipe() {
    let (mut a, mut b) = duplex(4);
    let (sent, read) = tokio::join!(a.write_all(b"12345678"), async {
        let mut bytes = [0; 8];
        b.read_exact(&mut bytes).await.map(|_| bytes)
    });
    sent.unwrap();
    assert_eq!(&read.unwrap(), b"12345678");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a");
    tokio::fs::write(&path, "text").await.unwrap();
    assert_eq!(tokio::fs::read_to_string(&path).await.unwrap(), "text");
}

#[tokio::test]
async fn child_process() {
    let output = tokio::process::Command::new("echo")
        .arg("text")
        .output()
        .await
        .unwrap();
    assert_eq!(output.stdout, b"text\n");
}

#[tokio::test]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut hangups = signal(SignalKind::hangup()).unwrap();
    let pid = std::process::id().to_string();
    let status = tokio::process::Command::new("kill")
        .args(["-HUP", &pid])
        .status()
        .await
        .unwrap();
    assert!(status.success());
    hangups.recv().await.unwrap();
}

#[tokio::test]
async fn resolver() {
    assert!(lookup_host("localhost:80").await.unwrap().count() > 0);
}

#[tokio::test]
async fn standard_output() {
    let mut out = tokio::io::stdout();
    out.write_all(b"text\n").await.unwrap();
    out.flush().await.unwrap();
}
