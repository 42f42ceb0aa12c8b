//! What a program has outside its memory, and how an execution leaves it as it was.
//!
//! Memory is put back from an image. What the system keeps for the process is not part of
//! that: each change is noted when it is made, and taken back after the execution, the last
//! one included, so that an execution costs what it touched and leaves nothing behind. What
//! cannot be taken back is named in the report.
//!
//! - `descriptors`: which are open; `pairs`: pipes and the like with both ends in the
//!   process; `contents`: what lies in them; `members`: what epoll descriptors watch;
//!   `bits`: sets.
//! - `paths`: files and directories that were created.
//! - `mappings`: memory besides the heap.
//! - `state`: working directory, limits and the like.
//! - `signals`: dispositions, masks, what is pending.
//! - `children`: processes that were started. `address`: of sockets.

pub(crate) mod address;
mod bits;
pub(crate) mod children;
mod contents;
pub(crate) mod descriptors;
pub(crate) mod mappings;
mod members;
mod pairs;
pub(crate) mod paths;
pub(crate) mod signals;
pub(crate) mod state;

use children::Children;
use descriptors::Descriptors;
use mappings::Mappings;
use members::{Members, Watched};
use pairs::Pairs;
use paths::Paths;
use signals::Signals;
use state::State;

/// See the module.
#[derive(Debug)]
pub(crate) struct Outside {
    pub(crate) descriptors: Descriptors,
    pairs: Pairs,
    members: Members,
    pub(crate) mappings: Mappings,
    pub(crate) paths: Paths,
    pub(crate) state: State,
    pub(crate) signals: Signals,
    pub(crate) children: Children,
    /// The program has talked to another machine.
    pub(crate) has_left: bool,
}

impl Outside {
    pub(crate) fn new() -> Outside {
        Outside {
            descriptors: Descriptors::new(),
            pairs: Pairs::default(),
            members: Members::default(),
            mappings: Mappings::default(),
            paths: Paths::default(),
            state: State::default(),
            signals: Signals::new(),
            children: Children::default(),
            has_left: false,
        }
    }

    /// The fork point is here.
    pub(crate) fn mark(&mut self) {
        self.pairs.mark();
        self.descriptors.mark(|fd| self.pairs.contains(fd));
        self.members.mark();
        self.mappings.mark();
        self.state.mark();
        self.signals.mark();
    }

    /// An execution is over: back to the fork point.
    pub(crate) fn restore(&mut self) {
        self.children.forget();
        let members = &mut self.members;
        let pairs = &self.pairs;
        let renewed = self.descriptors.restore(|fd| pairs.contains(fd));
        self.pairs.restore(&renewed);
        members.restore(&renewed);
        self.descriptors.drain();
        self.mappings.restore();
        self.state.restore();
        self.signals.restore();
        self.paths.undo();
        self.has_left = false;
    }

    /// Both ends of a connection were made; only those from before the fork point count.
    pub(crate) fn paired(&mut self, pair: [i32; 2], kind: [i32; 2]) {
        match self.descriptors.is_marked() {
            true => pair.map(|fd| self.descriptors.opened(fd)),
            false => {
                self.pairs.sockets(pair, kind);
                [(), ()]
            }
        };
    }

    /// `epoll_ctl` has succeeded; `event` is what it was given.
    pub(crate) fn controlled(
        &mut self,
        epoll: i32,
        operation: i32,
        fd: i32,
        event: Option<(u32, u64)>,
    ) {
        let epoll = self.descriptors.original(epoll);
        let watched = Watched { epoll, fd };
        if !self.descriptors.is_marked() {
            self.members.before(watched, operation, event);
        } else if self.descriptors.is_kept(epoll) {
            self.members.touched(watched);
        }
    }

    /// The program is about to close `fd`, or has put another one in its place.
    pub(crate) fn closing(&mut self, fd: i32) {
        if self.descriptors.is_kept(fd) {
            // The copy keeps the file open, so that epoll would go on to tell of it.
            self.members.leave(fd);
        }
        self.descriptors.closed(fd);
    }
}
