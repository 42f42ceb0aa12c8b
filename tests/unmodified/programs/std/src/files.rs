//! Files and what else outlives a process.
use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, Read, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::thread;

/// A path that is the same in every run.
fn fixed(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("programs-std-{name}"))
}

#[test]
fn file_at_a_fixed_path() {
    let path = fixed("file");
    let t = {
        let path = path.clone();
        thread::spawn(move || {
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(path)
                .unwrap();
            file.write_all(b"text").unwrap();
        })
    };
    t.join().unwrap();
    assert_eq!(fs::read_to_string(&path).unwrap(), "text");
    fs::remove_file(path).unwrap();
}

#[test]
fn directory_at_a_fixed_path() {
    let path = fixed("directory");
    thread::spawn({
        let path = path.clone();
        move || fs::create_dir(path).unwrap()
    })
    .join()
    .unwrap();
    fs::write(path.join("a"), "a").unwrap();
    fs::remove_dir_all(path).unwrap();
}

#[test]
fn file_left_behind() {
    let path = fixed("left");
    let _ = fs::remove_file(&path);
    thread::spawn(move || File::create_new(path).unwrap())
        .join()
        .unwrap();
}

#[test]
fn working_directory() {
    let before = std::env::current_dir().unwrap();
    thread::spawn(|| std::env::set_current_dir("/").unwrap())
        .join()
        .unwrap();
    assert_ne!(before, PathBuf::from("/"));
    assert_eq!(std::env::current_dir().unwrap(), PathBuf::from("/"));
}

#[test]
fn file_mode_mask() {
    let before = thread::spawn(|| unsafe { libc::umask(0o077) })
        .join()
        .unwrap();
    assert_ne!(before, 0o077);
}

#[test]
fn limit_of_descriptors() {
    let limit = || {
        let mut limit = libc::rlimit {
            rlim_cur: 0,
            rlim_max: 0,
        };
        assert_eq!(
            unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) },
            0
        );
        limit
    };
    let before = limit();
    let lower = libc::rlimit {
        rlim_cur: 123,
        ..before
    };
    assert_ne!(before.rlim_cur, 123);
    thread::spawn(move || assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, &lower) }, 0))
        .join()
        .unwrap();
    assert_eq!(limit().rlim_cur, 123);
}

#[test]
fn standard_input() {
    let t = thread::spawn(|| std::io::stdin().lock().lines().count());
    let _lines = t.join().unwrap();
}

#[test]
fn offsets_move() {
    let mut file = File::open("/proc/self/exe").unwrap();
    let mut four = [0; 4];
    file.read_exact(&mut four).unwrap();
    let mut file = thread::spawn(move || {
        file.seek(SeekFrom::Start(0)).unwrap();
        file
    })
    .join()
    .unwrap();
    let mut again = [0; 4];
    file.read_exact(&mut again).unwrap();
    assert_eq!(four, again);
}

#[test]
#[ignore = "holds for a test alone in its process"]
fn descriptors_are_used_again() {
    let first = File::open("/dev/null").unwrap().as_raw_fd();
    let second = thread::spawn(|| File::open("/dev/null").unwrap().as_raw_fd())
        .join()
        .unwrap();
    assert_eq!(first, second);
}

#[test]
fn variables_are_set() {
    const NAME: &str = "PROGRAMS_STD_A";
    assert!(std::env::var(NAME).is_err());
    thread::spawn(|| unsafe { std::env::set_var(NAME, "1") })
        .join()
        .unwrap();
    assert_eq!(std::env::var(NAME).as_deref(), Ok("1"));
}

#[test]
fn many_variables_are_set() {
    thread::spawn(|| {
        for n in 0..200 {
            unsafe { std::env::set_var(format!("PROGRAMS_STD_{n}"), "x".repeat(n)) };
        }
    })
    .join()
    .unwrap();
    assert_eq!(std::env::var("PROGRAMS_STD_199").unwrap().len(), 199);
    unsafe { std::env::remove_var("PROGRAMS_STD_199") };
}
