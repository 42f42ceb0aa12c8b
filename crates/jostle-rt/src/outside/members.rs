//! What epoll descriptors from before the fork point watch.
//!
//! A duplicate of an epoll descriptor shares its list, so that an execution that changes the
//! list has it changed back, entry by entry.

#![allow(unsafe_code)]

use crate::outside::descriptors::Renewed;
use crate::sys;

/// A descriptor on the list of an epoll descriptor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Watched {
    pub(crate) epoll: i32,
    pub(crate) fd: i32,
}

/// An entry at the fork point: what is watched for, and what the program is told then.
#[derive(Clone, Copy, Debug)]
struct Entry {
    watched: Watched,
    events: u32,
    data: u64,
}

/// The lists.
#[derive(Debug, Default)]
pub(crate) struct Members {
    entries: Vec<Entry>,
    touched: Vec<Watched>,
}

impl Members {
    /// Before the fork point: a list has changed.
    pub(super) fn before(&mut self, watched: Watched, operation: i32, event: Option<(u32, u64)>) {
        self.entries.retain(|entry| entry.watched != watched);
        if let (libc::EPOLL_CTL_ADD | libc::EPOLL_CTL_MOD, Some((events, data))) =
            (operation, event)
        {
            self.entries.push(Entry {
                watched,
                events,
                data,
            });
        }
    }

    /// The fork point is here: what was closed since is on no list any more.
    pub(super) fn mark(&mut self) {
        self.entries
            .retain(|e| sys::stat(e.watched.epoll).is_some() && sys::stat(e.watched.fd).is_some());
    }

    /// An execution has changed an entry.
    pub(super) fn touched(&mut self, watched: Watched) {
        if !self.touched.contains(&watched) {
            self.touched.push(watched);
        }
    }

    /// The program closes `fd`: no list has it any more.
    pub(super) fn leave(&mut self, fd: i32) {
        for at in 0..self.entries.len() {
            let watched = self.entries[at].watched;
            if watched.fd == fd {
                control(watched, libc::EPOLL_CTL_DEL, 0, 0);
                self.touched(watched);
            }
        }
    }

    /// The lists are what they were. `renewed` are new files under their old numbers.
    pub(super) fn restore(&mut self, renewed: &Renewed) {
        for at in 0..self.entries.len() {
            let watched = self.entries[at].watched;
            if renewed.contains(watched.fd) {
                self.touched(watched);
            }
        }
        for watched in self.touched.drain(..) {
            match self.entries.iter().find(|e| e.watched == watched) {
                Some(e) => {
                    if control(watched, libc::EPOLL_CTL_MOD, e.events, e.data) != 0 {
                        control(watched, libc::EPOLL_CTL_ADD, e.events, e.data);
                    }
                }
                None => {
                    control(watched, libc::EPOLL_CTL_DEL, 0, 0);
                }
            }
        }
    }
}

fn control(watched: Watched, operation: i32, events: u32, data: u64) -> isize {
    let mut event = libc::epoll_event { events, u64: data };
    let arguments = [
        watched.epoll as usize,
        operation as usize,
        watched.fd as usize,
        (&raw mut event).addr(),
    ];
    // SAFETY: The event is there.
    unsafe { sys::call(libc::SYS_epoll_ctl, arguments) }
}
