//! Programs whose `main` makes something before its first thread, which uses or ends it.
//!
//! `before WHAT` ends with 0 if every execution finds things as the first one did.
use std::fs::File;
use std::io::{Read, Seek, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::fd::{FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

static COUNT: AtomicUsize = AtomicUsize::new(0);

/// Runs this on a thread of its own.
fn on_thread<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    thread::scope(|s| s.spawn(f).join().unwrap())
}

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("nothing") => on_thread(|| ()),
        Some("file") => {
            let mut file = File::open("/proc/self/exe").unwrap();
            on_thread(|| file.read_exact(&mut [0; 16]).unwrap());
            assert_eq!(file.stream_position().unwrap(), 16);
        }
        Some("closed") => {
            let file = File::open("/dev/null").unwrap();
            on_thread(move || drop(file));
        }
        Some("standard-input-closed") => {
            on_thread(|| assert_eq!(unsafe { libc::close(0) }, 0));
        }
        Some("socket") => {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = listener.local_addr().unwrap();
            on_thread(move || {
                let mut client = TcpStream::connect(address).unwrap();
                let (mut server, _) = listener.accept().unwrap();
                client.write_all(b"x").unwrap();
                server.read_exact(&mut [0]).unwrap();
            });
        }
        Some("datagram") => {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            let address = socket.local_addr().unwrap();
            on_thread(|| socket.send_to(b"x", address).unwrap());
            assert_eq!(socket.recv(&mut [0; 4]).unwrap(), 1);
        }
        Some("pair") => {
            let (mut a, mut b) = UnixStream::pair().unwrap();
            on_thread(|| a.write_all(b"x").unwrap());
            b.read_exact(&mut [0]).unwrap();
        }
        Some("pipe") => {
            let (mut reader, mut writer) = std::io::pipe().unwrap();
            writer.write_all(b"x").unwrap();
            on_thread(|| reader.read_exact(&mut [0]).unwrap());
        }
        Some("pipe-empty") => {
            let (mut reader, mut writer) = std::io::pipe().unwrap();
            on_thread(|| writer.write_all(b"x").unwrap());
            drop(writer);
            let mut all = Vec::new();
            reader.read_to_end(&mut all).unwrap();
            assert_eq!(all, b"x");
        }
        Some("eventfd") => {
            let fd = unsafe { OwnedFd::from_raw_fd(libc::eventfd(1, 0)) };
            let mut file = File::from(fd);
            on_thread(|| file.read_exact(&mut [0; 8]).unwrap());
        }
        Some("epoll") => unsafe {
            let (epoll, fd) = (libc::epoll_create1(0), libc::eventfd(1, 0));
            let mut event = libc::epoll_event {
                events: libc::EPOLLIN as u32,
                u64: 7,
            };
            assert_eq!(
                libc::epoll_ctl(epoll, libc::EPOLL_CTL_ADD, fd, &mut event),
                0
            );
            on_thread(|| {
                let mut got = libc::epoll_event { events: 0, u64: 0 };
                assert_eq!(libc::epoll_wait(epoll, &mut got, 1, -1), 1);
                let null = std::ptr::null_mut();
                assert_eq!(libc::epoll_ctl(epoll, libc::EPOLL_CTL_DEL, fd, null), 0);
            });
        },
        Some("mapping") => unsafe {
            let (protection, kind) = (
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            );
            let page =
                libc::mmap(std::ptr::null_mut(), 4096, protection, kind, -1, 0).cast::<u64>();
            let address = page as usize;
            on_thread(move || *(address as *mut u64) += 1);
            assert_eq!(*page, 1);
        },
        Some("unmapped") => unsafe {
            let (protection, kind) = (
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            );
            let page = libc::mmap(std::ptr::null_mut(), 4096, protection, kind, -1, 0) as usize;
            on_thread(move || assert_eq!(libc::munmap(page as *mut _, 4096), 0));
        },
        Some("signal") => {
            extern "C" fn handler(_: libc::c_int) {
                COUNT.fetch_add(1, SeqCst);
            }
            let handler = handler as extern "C" fn(libc::c_int) as libc::sighandler_t;
            unsafe { libc::signal(libc::SIGUSR1, handler) };
            on_thread(|| unsafe {
                libc::raise(libc::SIGUSR1);
                libc::signal(libc::SIGUSR1, libc::SIG_IGN)
            });
            assert_eq!(COUNT.load(SeqCst), 1);
        }
        Some("variable") => {
            unsafe { std::env::set_var("PROGRAMS_BEFORE", "main") };
            on_thread(|| {
                assert_eq!(std::env::var("PROGRAMS_BEFORE").as_deref(), Ok("main"));
                unsafe { std::env::set_var("PROGRAMS_BEFORE", "thread") };
            });
        }
        Some("locale") => {
            let locale = || unsafe {
                let now = libc::setlocale(libc::LC_ALL, std::ptr::null());
                std::ffi::CStr::from_ptr(now).to_owned()
            };
            let before = locale();
            assert_eq!(before.to_bytes(), b"C");
            on_thread(|| {
                assert!(!unsafe { libc::setlocale(libc::LC_ALL, c"C.UTF-8".as_ptr()) }.is_null())
            });
        }
        Some("directory") => {
            let before = std::env::current_dir().unwrap();
            std::env::set_current_dir("/usr").unwrap();
            on_thread(|| std::env::set_current_dir("/").unwrap());
            assert_ne!(before, std::path::Path::new("/"));
        }
        Some("thread-local") => {
            thread_local!(static LOCAL: std::cell::Cell<u32> = const { std::cell::Cell::new(1) });
            LOCAL.set(2);
            on_thread(|| assert_eq!(LOCAL.get(), 1));
            assert_eq!(LOCAL.replace(3), 2);
        }
        Some("exit-handler") => {
            extern "C" fn last() {
                COUNT.fetch_add(1, SeqCst);
            }
            assert_eq!(unsafe { libc::atexit(last) }, 0);
            on_thread(|| assert_eq!(unsafe { libc::atexit(last) }, 0));
        }
        Some("heap") => {
            let list = Mutex::new(vec![vec![1u8; 1000]; 100]);
            on_thread(|| list.lock().unwrap().push(vec![2; 5000]));
            let mut list = list.into_inner().unwrap();
            assert_eq!(list.len(), 101);
            list.clear();
        }
        Some("big-heap") => {
            let mut list = vec![1u8; 20 << 20];
            on_thread(|| list[10 << 20] += 1);
            assert_eq!(list.iter().filter(|b| **b == 2).count(), 1);
        }
        Some("output") => {
            print!("before ");
            on_thread(|| println!("after"));
        }
        Some("resolver") => {
            use std::net::ToSocketAddrs;
            let resolve = || ("localhost", 1).to_socket_addrs().unwrap().count();
            assert!(resolve() > 0);
            assert!(on_thread(resolve) > 0);
        }
        Some("lost-update") => {
            let add = || COUNT.store(COUNT.load(SeqCst) + 1, SeqCst);
            thread::scope(|s| {
                s.spawn(add);
                add();
            });
            assert_eq!(COUNT.load(SeqCst), 2);
        }
        Some("returns-while-a-thread-runs") => {
            thread::spawn(|| {
                loop {
                    thread::park();
                }
            });
        }
        other => panic!("no such program: {other:?}"),
    }
}
