//! What to call the object behind an address, without the address.
//!
//! Addresses differ from run to run, so that reports and searches name an object by where it
//! lives: the static, the allocation by its number in the execution, the function whose local
//! it is; and by what it is, as far as the first operation on it tells.

use super::name::Name;
use super::symbolizer::Symbol;

/// Where an object lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[cfg_attr(not(test), allow(dead_code, reason = "only symbols are asked for yet"))]
pub(crate) enum Home<'a> {
    /// In a static, or in another thing that has a symbol.
    Static(&'a Symbol),
    /// In the allocation with this number, so many bytes behind its beginning.
    Heap {
        /// Counted in the order of allocation.
        allocation: u64,
        /// In bytes.
        offset: usize,
    },
    /// In the stack frame of this function; empty if it is not known which.
    Local {
        /// Without its path.
        function: &'a str,
    },
    /// In a thread-local.
    ThreadLocal,
    /// In memory that nobody has told of.
    Unknown,
}

/// The name of the object that lives there. `operation` is the public name of what was first done
/// to it, such as `Mutex::lock`; empty if that is not known.
///
/// `COUNTER`, `Mutex (allocation 3 + 16)`, `AtomicUsize (local of close)`.
#[must_use]
pub(crate) fn object_name(home: Home<'_>, operation: &str) -> String {
    let place = match home {
        Home::Static(symbol) => {
            let name = Name::parse(&symbol.name).function;
            let name = if name.is_empty() { &symbol.name } else { name };
            return behind(name, symbol.offset);
        }
        Home::Heap { allocation, offset } => behind(&format!("allocation {allocation}"), offset),
        Home::Local { function: "" } => "a local".to_owned(),
        Home::Local { function } => format!("local of {function}"),
        Home::ThreadLocal => "thread-local".to_owned(),
        Home::Unknown => "unknown memory".to_owned(),
    };
    match kind_of_object(operation) {
        "" => place,
        kind => format!("{kind} ({place})"),
    }
}

fn behind(name: &str, offset: usize) -> String {
    match offset {
        0 => name.to_owned(),
        _ => format!("{name} + {offset}"),
    }
}

/// What the object of an operation with this public name is: `Mutex` for `Mutex::lock` and for
/// `MutexGuard::drop`, `channel` for `Sender::send`; empty for what is no method.
#[must_use]
pub(crate) fn kind_of_object(operation: &str) -> &str {
    let end = operation.find([':', '.']).unwrap_or(0);
    match &operation[..end] {
        "MutexGuard" | "MappedMutexGuard" | "OwnedMutexGuard" => "Mutex",
        guard if guard.starts_with("RwLock") => "RwLock",
        "Sender" | "SyncSender" | "UnboundedSender" | "Receiver" | "UnboundedReceiver" => "channel",
        "Notified" => "Notify",
        "JoinHandle" | "ScopedJoinHandle" | "Thread" => "thread",
        kind if kind.starts_with(char::is_uppercase) => kind,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_named_by_where_it_lives_and_what_it_is() {
        let symbol = |name: &str, offset| Symbol {
            name: name.to_owned(),
            offset,
        };
        let counter = symbol("pool::COUNTER", 0);
        let pool = symbol("<pool::Pool<u8>>::get::POOL", 8);
        let c = symbol(".Lanon", 0);
        let heap = |offset| Home::Heap {
            allocation: 3,
            offset,
        };
        for (home, operation, expected) in [
            (Home::Static(&counter), "AtomicUsize::load", "COUNTER"),
            (Home::Static(&pool), "", "POOL + 8"),
            (Home::Static(&c), "", ".Lanon"),
            (heap(16), "Mutex::lock", "Mutex (allocation 3 + 16)"),
            (heap(0), "", "allocation 3"),
            (heap(0), "thread::spawn", "allocation 3"),
            (
                Home::Local { function: "close" },
                "Once::call_once",
                "Once (local of close)",
            ),
            (Home::Local { function: "" }, "", "a local"),
            (Home::ThreadLocal, "Notified.await", "Notify (thread-local)"),
            (Home::Unknown, "", "unknown memory"),
        ] {
            assert_eq!(object_name(home, operation), expected);
        }
    }

    #[test]
    fn an_operation_tells_what_its_object_is() {
        for (operation, kind) in [
            ("Mutex::lock", "Mutex"),
            ("MutexGuard::drop", "Mutex"),
            ("RwLockReadGuard::drop", "RwLock"),
            ("SyncSender::send", "channel"),
            ("Receiver.await", "channel"),
            ("Arc::drop", "Arc"),
            ("AtomicUsize::fetch_add", "AtomicUsize"),
            ("JoinHandle::join", "thread"),
            ("mpsc::channel", ""),
            ("print!", ""),
            ("", ""),
        ] {
            assert_eq!(kind_of_object(operation), kind, "{operation}");
        }
    }
}
