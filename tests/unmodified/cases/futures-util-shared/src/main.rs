//! futures-util 0.3.34, `Shared`, open (rust-lang/futures-rs#2706, proposed mend #2899): a wake-up is missed.
//! The inner future wakes itself while it is polled, the waker it wakes belongs to a poller that then goes away.
//! Order: A polls the inner future, which wakes and is Pending; B registers its waker after that wake and finds "polling";
//! A ends with Pending and is dropped: nobody polls again, B waits for ever.
use futures_util::future::{FutureExt, Shared};
use std::future::{poll_fn, Future};
use std::pin::{pin, Pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

struct Unpark(thread::Thread);
impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
fn block_on(future: Shared<Pin<Box<dyn Future<Output = ()> + Send>>>) {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut future = pin!(future);
    while future
        .as_mut()
        .poll(&mut Context::from_waker(&waker))
        .is_pending()
    {
        thread::park();
    }
}

pub fn scenario() -> Result<(), String> {
    let mut yielded = false;
    let inner = poll_fn(move |cx| {
        if std::mem::replace(&mut yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    });
    let inner: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(inner);
    let one = inner.shared();
    let other = one.clone();
    let a = thread::spawn(move || one.now_or_never());
    let b = thread::spawn(move || block_on(other));
    a.join().map_err(|_| "a panicked")?;
    b.join().map_err(|_| "b panicked".to_string())
}

fn main() {
    match std::panic::catch_unwind(scenario) {
        Ok(Ok(())) => {}
        Ok(Err(e)) => {
            eprintln!("{e}");
            std::process::exit(1)
        }
        Err(_) => std::process::exit(1),
    }
}

#[test]
fn holds() {
    assert_eq!(scenario(), Ok(()));
}
