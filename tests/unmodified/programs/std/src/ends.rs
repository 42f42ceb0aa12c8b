//! Tests that end the process. Each is ignored, since the ordinary harness ends with it.
use std::thread;

#[test]
#[ignore = "ends the process"]
fn abort() {
    let _ = thread::spawn(|| std::process::abort()).join();
}

#[test]
#[ignore = "ends the process"]
fn segmentation_fault() {
    let _ =
        thread::spawn(|| unsafe { std::hint::black_box(8 as *mut u8).write_volatile(1) }).join();
}

#[test]
#[ignore = "ends the process"]
fn double_panic() {
    struct Again;
    impl Drop for Again {
        fn drop(&mut self) {
            panic!("again");
        }
    }
    let _ = thread::spawn(|| {
        let _again = Again;
        panic!("once");
    })
    .join();
}

#[test]
#[ignore = "ends the process"]
fn exit_3() {
    let _ = thread::spawn(|| std::process::exit(3)).join();
}

#[test]
#[ignore = "ends the process"]
fn exit_0_while_a_thread_runs() {
    thread::spawn(|| {
        loop {
            thread::park();
        }
    });
    std::process::exit(0);
}

#[test]
#[ignore = "ends the process"]
fn floating_point_signal() {
    let _ = thread::spawn(|| unsafe { libc::raise(libc::SIGFPE) }).join();
}

#[test]
#[ignore = "ends the process"]
fn illegal_instruction() {
    let _ = thread::spawn(|| unsafe { libc::raise(libc::SIGILL) }).join();
}

#[test]
#[ignore = "ends the process"]
fn trap() {
    let _ = thread::spawn(|| unsafe { libc::raise(libc::SIGTRAP) }).join();
}

#[test]
#[ignore = "ends the process"]
fn terminates_itself() {
    let _ = thread::spawn(|| unsafe { libc::kill(libc::getpid(), libc::SIGTERM) }).join();
}

#[test]
#[ignore = "ends the process"]
fn stack_overflow() {
    #[allow(unconditional_recursion)]
    fn deeper(n: usize) -> usize {
        let local = std::hint::black_box([n; 64]);
        1 + deeper(n + 1) + local[n % 64]
    }
    let _ = thread::spawn(|| deeper(0)).join();
}

#[test]
#[ignore = "never ends"]
fn endless_computation() {
    let _ = thread::spawn(|| {
        let mut n = 1u64;
        loop {
            n = std::hint::black_box(n.wrapping_mul(3));
        }
    })
    .join();
}

#[test]
#[ignore = "fails"]
fn fails_without_a_thread() {
    assert_eq!(1, 2);
}

#[test]
#[ignore = "fails"]
fn fails_always() {
    thread::spawn(|| ()).join().unwrap();
    assert_eq!(1, 2);
}

#[test]
#[ignore = "fails"]
fn out_of_memory() {
    let layout = std::alloc::Layout::from_size_align(1 << 46, 1).unwrap();
    let _ = thread::spawn(move || std::alloc::handle_alloc_error(layout)).join();
}
