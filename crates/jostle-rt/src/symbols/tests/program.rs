//! A program that tells where its atomic instructions are executed, for the tests of `symbols`.
//!
//! It runs `operations` one instruction at a time. Before each atomic instruction it notes the
//! address and the return addresses of the stack, and prints them at the end: a line each, in
//! hexadecimal, innermost first. A line with the address of `COUNTER` comes before them. A comment `//= Mutex::lock` says which operations the tests
//! expect to see on its line.

use std::arch::asm;
use std::ffi::{c_int, c_void};
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, Once, OnceLock, RwLock, mpsc};
use std::task::{Context, Poll, Waker};
use std::thread;

static COUNTER: AtomicUsize = AtomicUsize::new(0);
static FLAG: AtomicBool = AtomicBool::new(false);
static STARTED: Once = Once::new();
static LIMIT: OnceLock<u32> = OnceLock::new();

struct Pool<T> {
    jobs: Mutex<Vec<T>>,
    filled: Condvar,
}

impl<T> Pool<T> {
    #[inline(never)]
    fn close(&self) {
        let mut jobs = self.jobs.lock().unwrap(); //= Mutex::lock
        jobs.clear();
        drop(jobs); //= MutexGuard::drop
        self.filled.notify_all();
    }
}

#[inline(always)]
fn add() {
    COUNTER.fetch_add(1, Ordering::SeqCst); //= AtomicUsize::fetch_add
}

#[inline(always)]
fn nested() {
    add()
}

#[inline(never)]
fn recurse(depth: u32) {
    match depth {
        0 => nested(),
        _ => recurse(depth - 1),
    }
    std::hint::black_box(depth);
}

struct Ready(Arc<AtomicUsize>);

impl Future for Ready {
    type Output = usize;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<usize> {
        Poll::Ready(self.0.swap(7, Ordering::Acquire)) //= AtomicUsize::swap
    }
}

async fn wait(counter: Arc<AtomicUsize>) -> usize {
    let all = Ready(counter).await; //= Arc::drop
    FLAG.swap(true, Ordering::Release); //= AtomicBool::swap
    all
}

fn generic<F: Fn(usize) -> usize>(f: F) -> usize {
    (0..1).map(f).sum()
}

#[inline(never)]
fn operations(pool: &Arc<Pool<u32>>) {
    let other = Arc::clone(pool); //= Arc::clone
    other.close();
    drop(other); //= Arc::drop
    recurse(0);
    recurse(200);
    generic(|n| COUNTER.fetch_sub(n, Ordering::SeqCst)); //= AtomicUsize::fetch_sub
    let boxed: Box<dyn Fn()> = Box::new(|| {
        COUNTER.fetch_or(4, Ordering::SeqCst); //= AtomicUsize::fetch_or
    });
    std::hint::black_box(boxed)();
    let shared = vec![Arc::clone(pool)]; //= Arc::clone
    drop(shared); //= Arc::drop
    let (sender, receiver) = mpsc::channel();
    sender.send(1).unwrap(); //= Sender::send
    receiver.recv().unwrap(); //= Receiver::recv
    let lock = RwLock::new(1);
    drop(lock.read().unwrap()); //= RwLock::read, RwLockReadGuard::drop
    STARTED.call_once(|| ()); //= Once::call_once
    LIMIT.get_or_init(|| 3); //= OnceLock::get_or_init
    let pointer = AtomicPtr::new(std::ptr::null_mut::<u8>());
    pointer.swap(&raw mut *Box::leak(Box::new(1)), Ordering::AcqRel); //= AtomicPtr::swap
    let ready = Arc::new(AtomicUsize::new(1));
    let mut waiting = pin!(wait(ready));
    let _ = waiting.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    // The C library blocks all signals while it makes a thread.
    step(false);
    let thread = thread::spawn(|| ());
    step(true);
    thread.join().unwrap(); //= JoinHandle::join
}

/// Room for what is noted: for each instruction its address and the stack.
const ROWS: usize = 4096;
const DEPTH: usize = 128;
static mut NOTED: [[*mut c_void; DEPTH]; ROWS] = [[std::ptr::null_mut(); DEPTH]; ROWS];
static USED: AtomicUsize = AtomicUsize::new(0);

unsafe extern "C" {
    fn backtrace(buffer: *mut *mut c_void, size: c_int) -> c_int;
    fn signal(number: c_int, handler: extern "C" fn(c_int, *const c_void, *const u8)) -> *mut c_void;
}

const SIGTRAP: c_int = 5;

/// Sets or clears the trap flag.
#[inline(always)]
fn step(on: bool) {
    // SAFETY: Nothing but the flag is changed, and the handler of the trap is set when it
    // first is.
    match on {
        true => unsafe { asm!("pushfq", "or qword ptr [rsp], 0x100", "popfq") },
        false => unsafe { asm!("pushfq", "and qword ptr [rsp], -0x101", "popfq") },
    }
}

/// Called before each instruction.
extern "C" fn stepped(_: c_int, _: *const c_void, context: *const u8) {
    // SAFETY: The kernel gives a `ucontext_t`, which has the instruction pointer there.
    let code = unsafe { context.add(168).cast::<*mut c_void>().read() };
    if !is_atomic(code.cast()) {
        return;
    }
    let mut stack = [std::ptr::null_mut(); DEPTH + 8];
    // SAFETY: The buffer has room for as many as are asked for.
    let depth = unsafe { backtrace(stack.as_mut_ptr(), stack.len() as c_int) } as usize;
    // The innermost frames are this function and the return from the signal.
    let Some(start) = stack[..depth].iter().position(|&frame| frame == code) else {
        return;
    };
    let end = depth.min(start + DEPTH);
    let row = USED.fetch_add(1, Ordering::Relaxed);
    // SAFETY: Only this handler writes, each time another row; it is read when no
    // instruction is trapped any more.
    unsafe { NOTED[row][..end - start].copy_from_slice(&stack[start..end]) };
}

/// Whether the instruction has a lock prefix or is an exchange with memory.
fn is_atomic(mut code: *const u8) -> bool {
    loop {
        // SAFETY: This is the instruction that is executed next, and prefixes are never
        // its last byte.
        match unsafe { code.read() } {
            0xf0 => return true,
            // SAFETY: As above.
            0x66 | 0x40..=0x4f => code = unsafe { code.add(1) },
            // SAFETY: As above.
            0x86 | 0x87 => return unsafe { code.add(1).read() } < 0xc0,
            _ => return false,
        }
    }
}

fn main() {
    let pool = Arc::new(Pool {
        jobs: Mutex::new(vec![1]),
        filled: Condvar::new(),
    });
    // SAFETY: The buffer has room for two. The first use loads a library, which a handler
    // of signals must not.
    unsafe { backtrace([std::ptr::null_mut(); 2].as_mut_ptr(), 2) };
    // SAFETY: The handler has the signature that the kernel calls it with.
    unsafe { signal(SIGTRAP, stepped) };
    step(true);
    operations(&pool);
    step(false);
    println!("{:x}", (&raw const COUNTER).addr());
    for row in 0..USED.load(Ordering::Relaxed) {
        // SAFETY: Nobody writes any more.
        let stack = unsafe { NOTED[row] };
        let known = stack.iter().take_while(|address| !address.is_null());
        let words: Vec<String> = known.map(|a| format!("{:x}", a.addr())).collect();
        println!("{}", words.join(" "));
    }
}
