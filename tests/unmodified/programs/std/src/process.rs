//! Children, signals, ids.
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

#[test]
fn command_status_and_output() {
    let t = thread::spawn(|| Command::new("true").status().unwrap());
    assert!(t.join().unwrap().success());
    let output = Command::new("echo").arg("text").output().unwrap();
    assert_eq!(output.stdout, b"text\n");
}

#[test]
fn command_with_pre_exec() {
    let t = thread::spawn(|| {
        let mut command = Command::new("true");
        unsafe { command.pre_exec(|| Ok(())) };
        command.status().unwrap()
    });
    assert!(t.join().unwrap().success());
}

#[test]
fn command_with_pipes() {
    use std::io::{Read, Write};
    let mut child = Command::new("cat")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let t = thread::spawn(move || input.write_all(b"through"));
    let mut text = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    t.join().unwrap().unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(text, "through");
}

#[test]
fn fork_and_wait() {
    thread::spawn(|| unsafe {
        let child = libc::fork();
        if child == 0 {
            libc::_exit(7);
        }
        let mut status = 0;
        assert_eq!(libc::waitpid(child, &mut status, 0), child);
        assert_eq!(libc::WEXITSTATUS(status), 7);
    })
    .join()
    .unwrap();
}

#[test]
fn runs_itself() {
    if std::env::var_os("PROGRAMS_STD_CHILD").is_some() {
        thread::spawn(|| ()).join().unwrap();
        return;
    }
    let t = thread::spawn(|| {
        Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "process::runs_itself"])
            .env("PROGRAMS_STD_CHILD", "1")
            .stdout(Stdio::null())
            .status()
            .unwrap()
    });
    assert!(t.join().unwrap().success());
}

static SIGNALS: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];
extern "C" fn count(signal: libc::c_int) {
    SIGNALS[usize::from(signal == libc::SIGUSR2)].fetch_add(1, SeqCst);
}

#[test]
fn raise_with_a_handler() {
    let handler = count as extern "C" fn(libc::c_int);
    let before = unsafe { libc::signal(libc::SIGUSR1, handler as libc::sighandler_t) };
    assert_eq!(before, libc::SIG_DFL);
    thread::spawn(|| assert_eq!(unsafe { libc::raise(libc::SIGUSR1) }, 0))
        .join()
        .unwrap();
    assert_eq!(SIGNALS[0].load(SeqCst), 1);
}

#[test]
fn signal_to_a_thread() {
    use std::os::unix::thread::JoinHandleExt;
    let handler = count as extern "C" fn(libc::c_int);
    unsafe { libc::signal(libc::SIGUSR2, handler as libc::sighandler_t) };
    let t = thread::spawn(|| {
        while SIGNALS[1].load(SeqCst) == 0 {
            thread::yield_now();
        }
    });
    assert_eq!(
        unsafe { libc::pthread_kill(t.as_pthread_t(), libc::SIGUSR2) },
        0
    );
    t.join().unwrap();
}

#[test]
fn blocked_signals() {
    let block = || unsafe {
        let (mut set, mut before) = (std::mem::zeroed(), std::mem::zeroed());
        libc::sigemptyset(&mut set);
        libc::sigaddset(&mut set, libc::SIGUSR1);
        assert_eq!(libc::pthread_sigmask(libc::SIG_BLOCK, &set, &mut before), 0);
        libc::sigismember(&before, libc::SIGUSR1)
    };
    assert_eq!(thread::spawn(block).join().unwrap(), 0);
    assert_eq!(block(), 0);
}

#[test]
fn thread_ids_differ() {
    let id = || unsafe { libc::syscall(libc::SYS_gettid) };
    assert_ne!(thread::spawn(id).join().unwrap(), id());
}

#[test]
fn exit_handlers() {
    extern "C" fn last() {}
    assert_eq!(
        thread::spawn(|| unsafe { libc::atexit(last) })
            .join()
            .unwrap(),
        0
    );
}
