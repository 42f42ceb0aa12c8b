//! A driver that is stopped while a request comes in.
//!
//! Origin: SCTBench, `CS/bluetooth_driver`; Qadeer and Wu, "KISS", PLDI 2004.

use std::sync::Arc;

use super::cells::{Var, join, spawn};

struct Driver {
    stopping: Var,
    /// Requests in flight, and one more until the driver is being stopped.
    pending: Var,
    idle: Var,
    stopped: Var,
}

impl Driver {
    /// One request less; the last one says that the driver is idle.
    #[track_caller]
    fn leave(&self) {
        if self.pending.add(-1) == 1 {
            self.idle.set(1);
        }
    }
}

/// A request looks whether the driver is being stopped before it is counted; if it
/// stops in between, it is used after it has stopped. Fixed, the request is counted
/// first.
pub(super) fn bluetooth_driver<const FIXED: bool>() {
    let driver = Arc::new(Driver {
        stopping: Var::new(0),
        pending: Var::new(1),
        idle: Var::new(0),
        stopped: Var::new(0),
    });
    let stop = spawn(&driver, |driver| {
        driver.stopping.set(1);
        driver.leave();
        if driver.idle.get() == 1 {
            driver.stopped.set(1);
        }
    });
    let request = spawn(&driver, |driver| {
        if FIXED {
            driver.pending.add(1);
        }
        if driver.stopping.get() == 0 {
            if !FIXED {
                driver.pending.add(1);
            }
            assert_eq!(driver.stopped.get(), 0, "used after it has stopped");
        }
        driver.leave();
    });
    join([stop, request]);
}
