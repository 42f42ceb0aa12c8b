//! Sockets and pipes that block.
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::thread;
use std::time::{Duration, Instant};

#[test]
fn tcp_echo() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = [0; 5];
        stream.read_exact(&mut bytes).unwrap();
        stream.write_all(&bytes).unwrap();
    });
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"hello").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text, "hello");
    server.join().unwrap();
}

#[test]
fn udp() {
    let (a, b) = (
        UdpSocket::bind("127.0.0.1:0").unwrap(),
        UdpSocket::bind("127.0.0.1:0").unwrap(),
    );
    let to = a.local_addr().unwrap();
    let t = thread::spawn(move || b.send_to(b"datagram", to).unwrap());
    let mut bytes = [0; 16];
    assert_eq!(a.recv(&mut bytes).unwrap(), 8);
    t.join().unwrap();
}

#[test]
fn udp_read_timeout() {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    thread::spawn(move || {
        let start = Instant::now();
        let error = socket.recv(&mut [0; 4]).unwrap_err();
        assert!(matches!(
            error.kind(),
            ErrorKind::WouldBlock | ErrorKind::TimedOut
        ));
        assert!(start.elapsed() >= Duration::from_millis(150));
    })
    .join()
    .unwrap();
}

#[test]
fn unix_pair() {
    let (mut a, mut b) = UnixStream::pair().unwrap();
    let t = thread::spawn(move || b.write_all(b"pair"));
    let mut text = String::new();
    a.read_to_string(&mut text).unwrap();
    assert_eq!(text, "pair");
    t.join().unwrap().unwrap();
}

#[test]
fn unix_listener() {
    let path = std::env::temp_dir().join(format!("programs-std-{}.sock", std::process::id()));
    let _ = std::fs::remove_file(&path);
    let listener = UnixListener::bind(&path).unwrap();
    let t = thread::spawn(move || listener.accept().unwrap().0.write_all(b"unix"));
    let mut text = String::new();
    UnixStream::connect(&path)
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "unix");
    t.join().unwrap().unwrap();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn pipe() {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    let t = thread::spawn(move || writer.write_all(&[7; 100]));
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, [7; 100]);
    t.join().unwrap().unwrap();
}

#[test]
fn full_pipe() {
    let (mut reader, mut writer) = std::io::pipe().unwrap();
    let t = thread::spawn(move || writer.write_all(&vec![1; 200_000]));
    let mut bytes = Vec::new();
    reader.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len(), 200_000);
    t.join().unwrap().unwrap();
}

#[test]
fn poll() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let t = thread::spawn(move || {
        let mut polled = libc::pollfd {
            fd: reader.as_raw_fd(),
            events: libc::POLLIN,
            revents: 0,
        };
        assert_eq!(unsafe { libc::poll(&mut polled, 1, -1) }, 1);
        assert_eq!(polled.revents & libc::POLLIN, libc::POLLIN);
    });
    writer.write_all(b"x").unwrap();
    t.join().unwrap();
}

#[test]
fn select() {
    let (reader, mut writer) = std::io::pipe().unwrap();
    let t = thread::spawn(move || unsafe {
        let (fd, null) = (reader.as_raw_fd(), std::ptr::null_mut());
        let mut set: libc::fd_set = std::mem::zeroed();
        libc::FD_SET(fd, &mut set);
        assert_eq!(
            libc::select(fd + 1, &mut set, null, null, std::ptr::null_mut()),
            1
        );
    });
    writer.write_all(b"x").unwrap();
    t.join().unwrap();
}

#[test]
fn event_descriptor() {
    let fd = unsafe { libc::eventfd(0, 0) };
    let t = thread::spawn(move || {
        let mut value = 0u64;
        assert_eq!(unsafe { libc::read(fd, (&raw mut value).cast(), 8) }, 8);
        value
    });
    let one = 1u64;
    assert_eq!(unsafe { libc::write(fd, (&raw const one).cast(), 8) }, 8);
    assert_eq!(t.join().unwrap(), 1);
    unsafe { libc::close(fd) };
}

#[test]
fn localhost_has_an_address() {
    let t = thread::spawn(|| ("localhost", 80).to_socket_addrs().unwrap().count());
    assert!(t.join().unwrap() > 0);
}

/// Deadlock: both ends of a pair read first.
#[test]
#[ignore = "never ends"]
fn both_read_first() {
    let (mut a, mut b) = UnixStream::pair().unwrap();
    let t = thread::spawn(move || {
        b.read_exact(&mut [0]).unwrap();
        b.write_all(b"b").unwrap();
    });
    a.read_exact(&mut [0]).unwrap();
    a.write_all(b"a").unwrap();
    t.join().unwrap();
}
