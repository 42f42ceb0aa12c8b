//! Pipes and pairs of sockets from before the fork point whose two ends are both in the
//! process.
//!
//! A copy of a descriptor keeps its end open, so that the other end would never see that the
//! program has closed it. There is none for these: where an execution has closed an end, a
//! new pair takes the place of the old one.

#![allow(unsafe_code)]

use crate::outside::contents;
use crate::outside::descriptors::{FIRST_OWN, Renewed, descriptor_flags, status_flags};
use crate::sys;

/// How a pair is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Pipe,
    /// Domain and type.
    Sockets([i32; 2]),
}

/// A descriptor of an end, with its own flags and those of the file.
#[derive(Clone, Copy, Debug)]
struct Holder {
    fd: i32,
    own: i32,
    file: i32,
}

#[derive(Debug)]
struct Pair {
    kind: Kind,
    /// By end: where a pipe is read, and where it is written.
    holders: [Vec<Holder>; 2],
    /// What can be read at either end.
    contents: [Vec<u8>; 2],
}

/// The pairs of the fork point.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    /// Pairs of sockets that were made, by inode.
    made: Vec<([u64; 2], [i32; 2])>,
    pairs: Vec<Pair>,
}

impl Pairs {
    /// A pair of sockets was made.
    pub(super) fn sockets(&mut self, pair: [i32; 2], kind: [i32; 2]) {
        let inode = |fd| sys::stat(fd).map_or(0, |(_, inode, _)| inode);
        self.made.push((pair.map(inode), kind));
    }

    /// The fork point is here.
    pub(super) fn mark(&mut self) {
        // By inode: descriptors of sockets, and of either end of pipes.
        let mut sockets: Vec<(u64, Holder)> = Vec::new();
        let mut pipes: Vec<(u64, usize, Holder)> = Vec::new();
        for fd in 0..FIRST_OWN {
            let Some((mode, inode, _)) = sys::stat(fd) else {
                continue;
            };
            let holder = Holder {
                fd,
                own: descriptor_flags(fd),
                file: status_flags(fd),
            };
            match mode & libc::S_IFMT {
                libc::S_IFSOCK => sockets.push((inode, holder)),
                libc::S_IFIFO => {
                    let end = usize::from(holder.file & libc::O_ACCMODE != libc::O_RDONLY);
                    pipes.push((inode, end, holder));
                }
                _ => {}
            }
        }
        let at = |inode: u64| -> Vec<Holder> {
            let of = sockets.iter().filter(|(i, _)| *i == inode);
            of.map(|(_, holder)| *holder).collect()
        };
        let made = self.made.iter();
        let pairs = made.map(|(inodes, kind)| (Kind::Sockets(*kind), inodes.map(at)));
        let mut pairs: Vec<_> = pairs.collect();
        while let Some(&(inode, ..)) = pipes.first() {
            let mut ends = [Vec::new(), Vec::new()];
            pipes.retain(|(i, end, holder)| {
                if *i == inode {
                    ends[*end].push(*holder);
                }
                *i != inode
            });
            pairs.push((Kind::Pipe, ends));
        }
        for (kind, holders) in pairs {
            if holders.iter().any(Vec::is_empty) {
                continue;
            }
            let mut pair = Pair {
                kind,
                holders,
                contents: [Vec::new(), Vec::new()],
            };
            pair.contents = pair.take();
            pair.put();
            self.pairs.push(pair);
        }
    }

    /// Whether `fd` is an end of one.
    pub(super) fn contains(&self, fd: i32) -> bool {
        self.pairs.iter().any(|pair| pair.has(|h| h.fd == fd))
    }

    /// Back to the fork point; `renewed` are those that the execution has closed.
    pub(super) fn restore(&mut self, renewed: &Renewed) {
        for pair in &self.pairs {
            if pair.has(|h| renewed.contains(h.fd)) {
                pair.renew();
            } else {
                pair.take();
            }
            pair.put();
        }
    }
}

impl Pair {
    fn has(&self, is: impl Fn(&Holder) -> bool) -> bool {
        self.holders.iter().flatten().any(is)
    }

    /// The descriptor of an end.
    fn end(&self, end: usize) -> i32 {
        self.holders[end].first().map_or(-1, |holder| holder.fd)
    }

    /// Takes out what can be read at either end.
    fn take(&self) -> [Vec<u8>; 2] {
        match self.kind {
            Kind::Pipe => [contents::take(self.end(0)), Vec::new()],
            Kind::Sockets(_) => [0, 1].map(|end| contents::take(self.end(end))),
        }
    }

    /// Puts it back: what can be read at one end was written at the other.
    fn put(&self) {
        for (end, bytes) in self.contents.iter().enumerate() {
            contents::put(self.end(1 - end), bytes);
        }
    }

    /// Makes the pair anew, under the same numbers.
    fn renew(&self) {
        let mut fresh = [0i32; 2];
        let room = fresh.as_mut_ptr().addr();
        let cloexec = libc::O_CLOEXEC as usize;
        // SAFETY: There is room for two descriptors.
        let made = unsafe {
            match self.kind {
                Kind::Pipe => sys::call(libc::SYS_pipe2, [room, cloexec]),
                Kind::Sockets([domain, kind]) => {
                    let kind = (kind | libc::SOCK_CLOEXEC) as usize;
                    sys::call(libc::SYS_socketpair, [domain as usize, kind, 0, room])
                }
            }
        };
        if made != 0 {
            return;
        }
        // Out of the way of the numbers that they are to have.
        let fresh = fresh.map(|fd| {
            let arguments = [
                fd as usize,
                libc::F_DUPFD_CLOEXEC as usize,
                FIRST_OWN as usize,
            ];
            // SAFETY: Both are this function's.
            unsafe {
                let moved = sys::call(libc::SYS_fcntl, arguments);
                sys::call(libc::SYS_close, [fd as usize]);
                moved as usize
            }
        });
        for (end, holders) in self.holders.iter().enumerate() {
            for holder in holders {
                let own = match holder.own & libc::FD_CLOEXEC {
                    0 => 0,
                    _ => cloexec,
                };
                // SAFETY: The number is the program's, and what it led to is gone.
                unsafe {
                    sys::call(libc::SYS_dup3, [fresh[end], holder.fd as usize, own]);
                    let set = [
                        holder.fd as usize,
                        libc::F_SETFL as usize,
                        holder.file as usize,
                    ];
                    sys::call(libc::SYS_fcntl, set);
                }
            }
            // SAFETY: It is this function's.
            unsafe { sys::call(libc::SYS_close, [fresh[end]]) };
        }
    }
}
