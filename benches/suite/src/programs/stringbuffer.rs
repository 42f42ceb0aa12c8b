//! Appending a string that is changed meanwhile.
//!
//! Origin: SCTBench, `CB/stringbuffer-jdk1.4`; `java.lang.StringBuffer` of JDK 1.4;
//! Flanagan and Qadeer, "A Type and Effect System for Atomicity", PLDI 2003.

use std::sync::Arc;

use super::cells::{Lock, join, spawn};

/// Appending asks for the length and then for the characters, each under the lock;
/// in between they are erased. Fixed, the lock is held over both.
pub(super) fn stringbuffer<const FIXED: bool>() {
    let buffer = Arc::new(Lock::new(String::from("abc")));
    let change = spawn(&buffer, |buffer| {
        buffer.lock().clear();
        buffer.lock().push_str("abc");
    });
    let append = spawn(&buffer, |buffer| {
        let own = Lock::new(String::new());
        let mut own = own.lock();
        if FIXED {
            own.push_str(&buffer.lock());
            return;
        }
        let length = buffer.lock().len();
        let buffer = buffer.lock();
        assert!(length <= buffer.len(), "fewer characters than announced");
        own.push_str(&buffer[..length]);
    });
    join([change, append]);
}
