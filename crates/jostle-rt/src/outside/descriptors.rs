//! Which descriptors are open.
//!
//! At the fork point each has a copy under a number that the program does not use. After an
//! execution what it opened is closed, and what it closed or replaced comes back from the
//! copy. Flags and offsets belong to the file that both lead to: they are set back. What the
//! runtime opens is not noted, and not touched.

#![allow(unsafe_code)]

use crate::outside::bits::Bits;
use crate::outside::contents;
use crate::sys;

/// Descriptors of the runtime are numbered from here on.
pub(crate) const FIRST_OWN: i32 = 900;

/// What a kept descriptor leads to, as far as something lies in it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// A file, with this offset.
    File(i64),
    Socket,
    Listener,
    /// An event counter, with this count.
    Event(u64),
    /// See `pairs`.
    Paired,
    Other,
}

/// A descriptor that was open at the fork point.
#[derive(Clone, Copy, Debug)]
struct Kept {
    fd: i32,
    /// Its copy; -1 for one end of a pair.
    copy: i32,
    own: i32,
    file: i32,
    kind: Kind,
}

/// Descriptors that are new files under their old numbers.
#[derive(Debug)]
pub(crate) struct Renewed(Bits);

impl Renewed {
    pub(crate) fn contains(&self, fd: i32) -> bool {
        self.0.contains(fd)
    }
}

/// The descriptors of the program.
#[derive(Debug)]
pub(crate) struct Descriptors {
    marked: bool,
    kept: Vec<Kept>,
    /// The same, as a set.
    known: Bits,
    /// Opened by this execution.
    opened: Bits,
    /// Known ones that this execution has closed or replaced.
    changed: Bits,
    /// Known ones whose flags it has changed.
    flagged: Bits,
    /// Output or error that the program had replaced before the fork point.
    replaced: Bits,
    /// Duplicates of known ones, made by this execution.
    duplicates: Vec<(i32, i32)>,
}

impl Descriptors {
    pub(crate) fn new() -> Descriptors {
        Descriptors {
            marked: false,
            kept: Vec::new(),
            known: Bits::NONE,
            opened: Bits::NONE,
            changed: Bits::NONE,
            flagged: Bits::NONE,
            replaced: Bits::NONE,
            duplicates: Vec::new(),
        }
    }

    /// Whether the fork point is behind.
    pub(crate) fn is_marked(&self) -> bool {
        self.marked
    }

    /// Whether `fd` was open at the fork point and still is what it was.
    pub(crate) fn is_kept(&self, fd: i32) -> bool {
        self.known.contains(fd) && !self.changed.contains(fd)
    }

    /// Whether `fd` leads to a file that was open at the fork point.
    pub(crate) fn is_kept_file(&self, fd: i32) -> bool {
        let fd = self.original(fd);
        let file = |kept: &Kept| kept.fd == fd && matches!(kept.kind, Kind::File(_));
        self.is_kept(fd) && self.kept.iter().any(file)
    }

    /// Whether the program has put something else in the place of `fd`.
    #[inline]
    pub(crate) fn is_replaced(&self, fd: i32) -> bool {
        self.replaced.contains(fd) || self.changed.contains(fd)
    }

    /// Whether the program may do as it likes with `fd`: the runtime's are none for it.
    pub(crate) fn is_programs(&self, fd: i32) -> bool {
        fd < FIRST_OWN || self.opened.contains(fd)
    }

    /// The program has opened `fd`.
    #[inline]
    pub(crate) fn opened(&mut self, fd: i32) {
        if self.marked {
            self.opened.add(fd);
        }
    }

    /// The program has closed `fd`.
    #[inline]
    pub(crate) fn closed(&mut self, fd: i32) {
        self.opened.remove(fd);
        if self.known.contains(fd) {
            self.changed.add(fd);
        } else if !self.marked && (fd == 1 || fd == 2) {
            self.replaced.add(fd);
        }
        self.duplicates.retain(|(duplicate, _)| *duplicate != fd);
    }

    /// `duplicate` leads to what `fd` does.
    pub(crate) fn duplicated(&mut self, fd: i32, duplicate: i32) {
        self.opened(duplicate);
        let original = self.original(fd);
        if self.is_kept(original) {
            self.duplicates.push((duplicate, original));
        }
    }

    /// The known descriptor of which `fd` is a duplicate, or itself.
    pub(crate) fn original(&self, fd: i32) -> i32 {
        let found = self.duplicates.iter().find(|(d, _)| *d == fd);
        found.map_or(fd, |(_, original)| *original)
    }

    /// The program changes the flags of the file that `fd` leads to.
    pub(crate) fn flags_changed(&mut self, fd: i32) {
        let original = self.original(fd);
        if self.known.contains(original) {
            self.flagged.add(original);
        }
    }

    /// The program has shut a connection down, which nothing takes back: one from before the
    /// fork point has to be made anew, if it can be.
    pub(crate) fn shut(&mut self, fd: i32) {
        let original = self.original(fd);
        if let Some(kept) = self.kept.iter().find(|kept| kept.fd == original) {
            match kept.kind {
                Kind::Paired => self.changed.add(original),
                _ => crate::cautions::add(
                    "a connection made before the first thread is shut down and stays so: \
                     executions after the first one see it",
                ),
            }
        }
    }

    /// The fork point is here.
    pub(super) fn mark(&mut self, is_paired: impl Fn(i32) -> bool) {
        for fd in 0..FIRST_OWN {
            let Some((mode, ..)) = sys::stat(fd) else {
                continue;
            };
            let paired = is_paired(fd);
            self.kept.push(Kept {
                fd,
                copy: if paired { -1 } else { copy(fd) },
                own: descriptor_flags(fd),
                file: status_flags(fd),
                kind: if paired { Kind::Paired } else { kind(fd, mode) },
            });
            self.known.add(fd);
        }
        self.marked = true;
    }

    /// Back to the fork point. Returns those that lead to new files, or are to.
    pub(super) fn restore(&mut self, is_paired: impl Fn(i32) -> bool) -> Renewed {
        let known = &self.known;
        self.opened.drain(|fd| {
            if !known.contains(fd) {
                // SAFETY: The program has opened it, and does not run any more.
                unsafe { sys::call(libc::SYS_close, [fd as usize]) };
            }
        });
        self.duplicates.clear();
        let mut renewed = Renewed(Bits::NONE);
        let kept = &self.kept;
        let find = |fd| kept.iter().find(|kept| kept.fd == fd);
        self.changed.drain(|fd| {
            if is_paired(fd) {
                // SAFETY: The program does not run; the pair is made anew.
                unsafe { sys::call(libc::SYS_close, [fd as usize]) };
                renewed.0.add(fd);
            } else if let Some(kept) = find(fd) {
                let own = match kept.own & libc::FD_CLOEXEC {
                    0 => 0,
                    _ => libc::O_CLOEXEC as usize,
                };
                // SAFETY: The number is the program's, which does not run.
                unsafe { sys::call(libc::SYS_dup3, [kept.copy as usize, fd as usize, own]) };
            }
        });
        self.flagged.drain(|fd| {
            if let Some(kept) = find(fd) {
                let arguments = [fd as usize, libc::F_SETFL as usize, kept.file as usize];
                // SAFETY: Flags that it had before.
                unsafe { sys::call(libc::SYS_fcntl, arguments) };
            }
        });
        renewed
    }

    /// Takes out what executions leave in files, sockets and counters.
    pub(super) fn drain(&self) {
        for kept in &self.kept {
            match kept.kind {
                Kind::File(offset) => {
                    let arguments = [kept.fd as usize, offset as usize, libc::SEEK_SET as usize];
                    // SAFETY: The offset that it had before.
                    unsafe { sys::call(libc::SYS_lseek, arguments) };
                }
                Kind::Socket => contents::drain_socket(kept.fd, false),
                Kind::Listener => contents::drain_socket(kept.fd, true),
                Kind::Event(count) => contents::set_event_count(kept.fd, count),
                Kind::Paired | Kind::Other => {}
            }
        }
    }
}

/// A copy of `fd` under a number of the runtime's.
fn copy(fd: i32) -> i32 {
    let arguments = [
        fd as usize,
        libc::F_DUPFD_CLOEXEC as usize,
        FIRST_OWN as usize,
    ];
    // SAFETY: A new descriptor.
    unsafe { sys::call(libc::SYS_fcntl, arguments) as i32 }
}

fn kind(fd: i32, mode: u32) -> Kind {
    match mode & libc::S_IFMT {
        libc::S_IFREG => {
            let arguments = [fd as usize, 0, libc::SEEK_CUR as usize];
            // SAFETY: It changes nothing.
            Kind::File(unsafe { sys::call(libc::SYS_lseek, arguments) } as i64)
        }
        libc::S_IFSOCK => {
            let (mut listens, mut size) = (0i32, size_of::<i32>() as libc::socklen_t);
            let arguments = [
                fd as usize,
                libc::SOL_SOCKET as usize,
                libc::SO_ACCEPTCONN as usize,
                (&raw mut listens).addr(),
                (&raw mut size).addr(),
            ];
            // SAFETY: There is room for the result.
            unsafe { sys::call(libc::SYS_getsockopt, arguments) };
            match listens {
                0 => Kind::Socket,
                _ => Kind::Listener,
            }
        }
        // Anonymous inodes have no type.
        0 => contents::event_count(fd).map_or(Kind::Other, Kind::Event),
        _ => Kind::Other,
    }
}

/// The flags of a descriptor itself.
pub(super) fn descriptor_flags(fd: i32) -> i32 {
    // SAFETY: It changes nothing.
    unsafe { sys::call(libc::SYS_fcntl, [fd as usize, libc::F_GETFD as usize]) as i32 }
}

/// The flags of the file that a descriptor leads to.
pub(super) fn status_flags(fd: i32) -> i32 {
    // SAFETY: It changes nothing.
    unsafe { sys::call(libc::SYS_fcntl, [fd as usize, libc::F_GETFL as usize]) as i32 }
}
