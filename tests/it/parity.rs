//! Signatures and traits are those of std: the same table of traits and the same
//! list of signatures, compiled against both.

use std::cell::Cell;
use std::marker::{PhantomData, PhantomPinned};
use std::rc::Rc;

/// Whether a concrete type implements a trait.
macro_rules! implements {
    ($type:ty: $($trait:tt)+) => {{
        #[allow(dead_code)]
        trait Otherwise {
            const IMPLEMENTS: bool = false;
        }
        impl<T: ?Sized> Otherwise for T {}
        struct Ask<T: ?Sized>(PhantomData<T>);
        #[allow(dead_code)]
        impl<T: ?Sized + $($trait)+> Ask<T> {
            const IMPLEMENTS: bool = true;
        }
        <Ask<$type>>::IMPLEMENTS
    }};
}

/// The names of those of a list of traits that a type implements.
macro_rules! traits {
    ($type:ty) => {
        traits!($type:
            Send, Sync, Unpin, std::panic::UnwindSafe, std::panic::RefUnwindSafe,
            std::fmt::Debug, std::fmt::Display, std::fmt::Pointer, Default, Clone, Copy,
            PartialEq, Eq, PartialOrd, Ord, std::hash::Hash, Iterator, IntoIterator,
            std::ops::Deref, std::ops::DerefMut, std::error::Error)
    };
    ($type:ty: $($trait:path),*) => {{
        let mut names = Vec::new();
        $(
            if implements!($type: $trait) {
                names.push(stringify!($trait));
            }
        )*
        names
    }};
}

/// For each type, by name, the traits that it implements.
macro_rules! table {
    ($library:ident) => {{
        #[allow(unused_imports)]
        use ::$library::{sync::atomic::*, sync::mpsc::*, sync::*, thread::*, time::*};
        table!(
            Mutex<u32>, Mutex<Cell<u32>>, Mutex<Rc<u32>>, Mutex<[u8]>, Mutex<PhantomPinned>,
            MutexGuard<'static, u32>, MutexGuard<'static, Cell<u32>>, MutexGuard<'static, str>,
            RwLock<u32>, RwLock<Cell<u32>>, RwLock<Rc<u32>>, RwLock<[u8]>, RwLock<PhantomPinned>,
            RwLockReadGuard<'static, u32>, RwLockReadGuard<'static, Cell<u32>>,
            RwLockWriteGuard<'static, u32>, RwLockWriteGuard<'static, Cell<u32>>,
            Condvar, WaitTimeoutResult, Barrier, BarrierWaitResult, Once, OnceState,
            OnceLock<u32>, OnceLock<Cell<u32>>, OnceLock<Rc<u32>>, OnceLock<&'static mut u32>,
            OnceLock<PhantomPinned>, OnceLock<f32>,
            LazyLock<u32>, LazyLock<Cell<u32>>, LazyLock<Rc<u32>>, LazyLock<u32, Rc<u32>>,
            LazyLock<&'static mut u32>, LazyLock<PhantomPinned>, LazyLock<u32, Cell<u32>>,
            Sender<u32>, Sender<Cell<u32>>, Sender<Rc<u32>>, Sender<PhantomPinned>,
            SyncSender<u32>, SyncSender<Cell<u32>>, SyncSender<Rc<u32>>,
            Receiver<u32>, Receiver<Cell<u32>>, Receiver<Rc<u32>>,
            Iter<'static, u32>, TryIter<'static, u32>, IntoIter<u32>, IntoIter<Rc<u32>>,
            AtomicBool, AtomicI8, AtomicU8, AtomicI16, AtomicU16, AtomicI32, AtomicU32,
            AtomicI64, AtomicU64, AtomicIsize, AtomicUsize, AtomicPtr<u32>,
            AtomicPtr<Cell<u32>>, AtomicPtr<Rc<u32>>,
            JoinHandle<u32>, ScopedJoinHandle<'static, u32>, Scope<'static, 'static>,
            Thread, ThreadId, Builder, LocalKey<Cell<u32>>, LocalKey<Rc<u32>>, AccessError,
            Instant, SystemTime,
        )
    }};
    ($($type:ty),* $(,)?) => {
        vec![$((stringify!($type), traits!($type)),)*]
    };
}

#[test]
fn types_implement_the_traits_that_they_implement_in_std() {
    let pairs = table!(std).into_iter().zip(table!(jostle));
    let different: Vec<_> = pairs
        .filter(|(on_std, on_jostle)| on_std != on_jostle)
        .collect();
    assert!(different.is_empty(), "{different:#?}");
}

#[test]
fn the_table_tells_types_apart() {
    assert!(!implements!(Rc<u32>: Send));
    assert!(implements!(Cell<u32>: Send));
    assert!(!implements!(Cell<u32>: Sync));
}

/// Does not compile unless each item has this type.
macro_rules! signatures {
    ($module:ident, $library:ident) => {
        mod $module {
            use std::time::Duration;

            use ::$library::sync::atomic::{
                AtomicBool, AtomicPtr, AtomicU32, Ordering, compiler_fence, fence,
            };
            use ::$library::sync::mpsc::{
                self, Iter, Receiver, RecvError, RecvTimeoutError, SendError, Sender, SyncSender,
                TryIter, TryRecvError, TrySendError,
            };
            use ::$library::sync::{
                Arc, Barrier, BarrierWaitResult, Condvar, LazyLock, LockResult, Mutex, MutexGuard,
                Once, OnceLock, OnceState, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard,
                TryLockError, TryLockResult, WaitTimeoutResult, Weak,
            };
            use ::$library::thread::{self, JoinHandle, LocalKey, Scope, Thread, ThreadId};
            use ::$library::time::{Instant, SystemTime, SystemTimeError, UNIX_EPOCH};

            type Guard<'a> = MutexGuard<'a, u32>;
            type Timed<'a> = LockResult<(Guard<'a>, WaitTimeoutResult)>;

            static _MUTEX: Mutex<u32> = Mutex::new(0);
            static _RWLOCK: RwLock<u32> = RwLock::new(0);
            static _CONDVAR: Condvar = Condvar::new();
            static _BARRIER: Barrier = Barrier::new(1);
            static _ONCE: Once = Once::new();
            static _CELL: OnceLock<String> = OnceLock::new();
            static _LAZY: LazyLock<String> = LazyLock::new(String::new);
            static _ATOMIC: AtomicU32 = AtomicU32::new(0);
            static _ARRAY: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];
            static _POINTER: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
            const _INNER: u32 = AtomicU32::new(3).into_inner();

            /// A read guard of something is one of something shorter-lived.
            #[allow(dead_code)]
            fn shortened<'a, 'b>(
                guard: RwLockReadGuard<'a, &'static str>,
                _: &'b str,
            ) -> RwLockReadGuard<'a, &'b str> {
                guard
            }

            #[allow(dead_code, clippy::type_complexity)]
            fn locks() {
                let _: fn(&Mutex<u32>) -> LockResult<Guard<'_>> = Mutex::lock;
                let _: fn(&Mutex<u32>) -> TryLockResult<Guard<'_>> = Mutex::try_lock;
                let _: fn(&Mutex<u32>) -> bool = Mutex::is_poisoned;
                let _: fn(&Mutex<u32>) = Mutex::clear_poison;
                let _: fn(Mutex<u32>) -> LockResult<u32> = Mutex::into_inner;
                let _: fn(&mut Mutex<u32>) -> LockResult<&mut u32> = Mutex::get_mut;
                let _: fn(u32) -> Mutex<u32> = From::from;
                let _: fn(&RwLock<u32>) -> LockResult<RwLockReadGuard<'_, u32>> = RwLock::read;
                let _: fn(&RwLock<u32>) -> LockResult<RwLockWriteGuard<'_, u32>> = RwLock::write;
                let _: fn(&RwLock<u32>) -> TryLockResult<RwLockReadGuard<'_, u32>> =
                    RwLock::try_read;
                let _: fn(&RwLock<u32>) -> TryLockResult<RwLockWriteGuard<'_, u32>> =
                    RwLock::try_write;
                let _: fn(&RwLock<u32>) -> bool = RwLock::is_poisoned;
                let _: fn(&RwLock<u32>) = RwLock::clear_poison;
                let _: fn(RwLock<u32>) -> LockResult<u32> = RwLock::into_inner;
                let _: fn(&mut RwLock<u32>) -> LockResult<&mut u32> = RwLock::get_mut;
                let _: fn(u32) -> RwLock<u32> = From::from;
                let _: fn(Guard<'static>) -> PoisonError<Guard<'static>> = PoisonError::new;
                let _: fn(Guard<'static>) -> TryLockError<Guard<'static>> =
                    |guard| TryLockError::from(PoisonError::new(guard));
                let _: fn(&Arc<u32>) -> Weak<u32> = Arc::downgrade;
                let unsized_one: Arc<Mutex<[u32]>> = Arc::new(Mutex::new([1, 2]));
                let _ = unsized_one.lock().map(|held| held.len());
            }

            #[allow(dead_code, clippy::type_complexity)]
            fn waiting() {
                type Check = fn(&mut u32) -> bool;
                let _: for<'a> fn(&Condvar, Guard<'a>) -> LockResult<Guard<'a>> = Condvar::wait;
                let _: for<'a> fn(&Condvar, Guard<'a>, Check) -> LockResult<Guard<'a>> =
                    Condvar::wait_while;
                let _: for<'a> fn(&Condvar, Guard<'a>, Duration) -> Timed<'a> =
                    Condvar::wait_timeout;
                let _: for<'a> fn(&Condvar, Guard<'a>, Duration, Check) -> Timed<'a> =
                    Condvar::wait_timeout_while;
                let _: fn(&Condvar) = Condvar::notify_one;
                let _: fn(&Condvar) = Condvar::notify_all;
                let _: fn(&WaitTimeoutResult) -> bool = WaitTimeoutResult::timed_out;
                let _: fn(&Barrier) -> BarrierWaitResult = Barrier::wait;
                let _: fn(&BarrierWaitResult) -> bool = BarrierWaitResult::is_leader;
            }

            #[allow(dead_code, clippy::type_complexity)]
            fn once() {
                let _: fn(&Once, fn()) = Once::call_once;
                let _: fn(&Once, fn(&OnceState)) = Once::call_once_force;
                let _: fn(&Once) -> bool = Once::is_completed;
                let _: fn(&Once) = Once::wait;
                let _: fn(&Once) = Once::wait_force;
                let _: fn(&OnceState) -> bool = OnceState::is_poisoned;
                let _: fn(&OnceLock<u32>) -> Option<&u32> = OnceLock::get;
                let _: fn(&mut OnceLock<u32>) -> Option<&mut u32> = OnceLock::get_mut;
                let _: fn(&OnceLock<u32>, u32) -> Result<(), u32> = OnceLock::set;
                let _: for<'a> fn(&'a OnceLock<u32>, fn() -> u32) -> &'a u32 =
                    OnceLock::get_or_init;
                let _: fn(&OnceLock<u32>) -> &u32 = OnceLock::wait;
                let _: fn(&mut OnceLock<u32>) -> Option<u32> = OnceLock::take;
                let _: fn(OnceLock<u32>) -> Option<u32> = OnceLock::into_inner;
                let _: fn(u32) -> OnceLock<u32> = From::from;
                let _: fn(&LazyLock<u32>) -> &u32 = LazyLock::force;
            }

            #[allow(dead_code, clippy::type_complexity)]
            fn channels() {
                let _: fn() -> (Sender<u32>, Receiver<u32>) = mpsc::channel;
                let _: fn(usize) -> (SyncSender<u32>, Receiver<u32>) = mpsc::sync_channel;
                let _: fn(&Sender<u32>, u32) -> Result<(), SendError<u32>> = Sender::send;
                let _: fn(&SyncSender<u32>, u32) -> Result<(), SendError<u32>> = SyncSender::send;
                let _: fn(&SyncSender<u32>, u32) -> Result<(), TrySendError<u32>> =
                    SyncSender::try_send;
                let _: fn(&Receiver<u32>) -> Result<u32, RecvError> = Receiver::recv;
                let _: fn(&Receiver<u32>) -> Result<u32, TryRecvError> = Receiver::try_recv;
                let _: fn(&Receiver<u32>, Duration) -> Result<u32, RecvTimeoutError> =
                    Receiver::recv_timeout;
                let _: fn(&Receiver<u32>) -> Iter<'_, u32> = Receiver::iter;
                let _: fn(&Receiver<u32>) -> TryIter<'_, u32> = Receiver::try_iter;
                let _: fn(Receiver<u32>) -> mpsc::IntoIter<u32> = IntoIterator::into_iter;
                let _: fn(&'static Receiver<u32>) -> Iter<'static, u32> = IntoIterator::into_iter;
            }

            #[allow(dead_code, clippy::type_complexity)]
            fn atomics() {
                type Exchange<A, T> = fn(&A, T, T, Ordering, Ordering) -> Result<T, T>;
                type Fetch<A, T> = fn(&A, T, Ordering) -> T;
                type Update<A, T> = fn(&A, Ordering, Ordering, fn(T) -> Option<T>) -> Result<T, T>;
                let _: fn(&AtomicU32, Ordering) -> u32 = AtomicU32::load;
                let _: fn(&AtomicU32, u32, Ordering) = AtomicU32::store;
                let _: [Fetch<AtomicU32, u32>; 9] = [
                    AtomicU32::swap,
                    AtomicU32::fetch_add,
                    AtomicU32::fetch_sub,
                    AtomicU32::fetch_and,
                    AtomicU32::fetch_nand,
                    AtomicU32::fetch_or,
                    AtomicU32::fetch_xor,
                    AtomicU32::fetch_max,
                    AtomicU32::fetch_min,
                ];
                let _: [Exchange<AtomicU32, u32>; 2] = [
                    AtomicU32::compare_exchange,
                    AtomicU32::compare_exchange_weak,
                ];
                let _: Update<AtomicU32, u32> = AtomicU32::fetch_update;
                let _: fn(&mut AtomicU32) -> &mut u32 = AtomicU32::get_mut;
                let _: fn(AtomicU32) -> u32 = AtomicU32::into_inner;
                let _: fn(&AtomicU32) -> *mut u32 = AtomicU32::as_ptr;
                let _: fn(u32) -> AtomicU32 = From::from;
                let _: [Fetch<AtomicBool, bool>; 5] = [
                    AtomicBool::swap,
                    AtomicBool::fetch_and,
                    AtomicBool::fetch_nand,
                    AtomicBool::fetch_or,
                    AtomicBool::fetch_xor,
                ];
                let _: fn(&AtomicBool, Ordering) -> bool = AtomicBool::fetch_not;
                let _: [Exchange<AtomicBool, bool>; 2] = [
                    AtomicBool::compare_exchange,
                    AtomicBool::compare_exchange_weak,
                ];
                let _: Update<AtomicBool, bool> = AtomicBool::fetch_update;
                let _: Fetch<AtomicPtr<u8>, *mut u8> = AtomicPtr::swap;
                let _: [Exchange<AtomicPtr<u8>, *mut u8>; 2] = [
                    AtomicPtr::compare_exchange,
                    AtomicPtr::compare_exchange_weak,
                ];
                let _: Update<AtomicPtr<u8>, *mut u8> = AtomicPtr::fetch_update;
                let _: fn(*mut u8) -> AtomicPtr<u8> = From::from;
                let _: [fn(Ordering); 2] = [fence, compiler_fence];
            }

            #[allow(dead_code, clippy::type_complexity)]
            fn threads() {
                let _: fn(fn() -> u32) -> JoinHandle<u32> = thread::spawn;
                let _: fn(JoinHandle<u32>) -> thread::Result<u32> = JoinHandle::join;
                let _: fn(&JoinHandle<u32>) -> bool = JoinHandle::is_finished;
                let _: fn(&JoinHandle<u32>) -> &Thread = JoinHandle::thread;
                let _: fn(thread::Builder, String) -> thread::Builder = thread::Builder::name;
                let _: fn(thread::Builder, usize) -> thread::Builder = thread::Builder::stack_size;
                let _: fn(thread::Builder, fn() -> u32) -> std::io::Result<JoinHandle<u32>> =
                    thread::Builder::spawn;
                let _: fn(for<'s> fn(&'s Scope<'s, '_>) -> u32) -> u32 = thread::scope;
                let _: fn() -> Thread = thread::current;
                let _: fn(&Thread) -> ThreadId = Thread::id;
                let _: fn(&Thread) -> Option<&str> = Thread::name;
                let _: fn(&Thread) = Thread::unpark;
                let _: [fn(); 2] = [thread::park, thread::yield_now];
                let _: [fn(Duration); 2] = [thread::park_timeout, thread::sleep];
                let _: fn() -> bool = thread::panicking;
                let _: fn() -> std::io::Result<std::num::NonZero<usize>> =
                    thread::available_parallelism;
                let _: fn(&'static LocalKey<u32>, fn(&u32) -> u32) -> u32 = LocalKey::with;
                let _: fn(
                    &'static LocalKey<u32>,
                    fn(&u32) -> u32,
                ) -> Result<u32, thread::AccessError> = LocalKey::try_with;
            }

            #[allow(dead_code, clippy::type_complexity)]
            fn clocks() {
                let _: fn() -> Instant = Instant::now;
                let _: [fn(&Instant, Instant) -> Duration; 2] =
                    [Instant::duration_since, Instant::saturating_duration_since];
                let _: fn(&Instant, Instant) -> Option<Duration> = Instant::checked_duration_since;
                let _: fn(&Instant) -> Duration = Instant::elapsed;
                let _: [fn(&Instant, Duration) -> Option<Instant>; 2] =
                    [Instant::checked_add, Instant::checked_sub];
                let _: fn() -> SystemTime = SystemTime::now;
                let _: fn(&SystemTime, SystemTime) -> Result<Duration, SystemTimeError> =
                    SystemTime::duration_since;
                let _: fn(&SystemTime) -> Result<Duration, SystemTimeError> = SystemTime::elapsed;
                let _: [fn(&SystemTime, Duration) -> Option<SystemTime>; 2] =
                    [SystemTime::checked_add, SystemTime::checked_sub];
                let _: SystemTime = SystemTime::UNIX_EPOCH.max(UNIX_EPOCH);
                let _: fn() = ::$library::hint::spin_loop;
                let _: fn(u32) -> u32 = ::$library::hint::black_box;
            }
        }
    };
}

signatures!(on_std, std);
signatures!(on_jostle, jostle);
