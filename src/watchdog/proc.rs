//! Reads from `/proc` what a thread of this process is doing.

use std::fs;

/// The state of a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// On a processor, or waiting for one.
    Running,
    /// Asleep in a system call.
    Asleep,
    /// Stopped, swapped out, or waiting for a disk: nothing can be said about
    /// it.
    Other,
}

/// A look at a thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Look {
    pub(crate) state: State,
    /// Processor time it has used, in clock ticks.
    pub(crate) used: u64,
}

/// Looks at a thread; `None` if there is no such thread any more.
pub(crate) fn look(thread: i32) -> Option<Look> {
    parse(&fs::read_to_string(format!("/proc/self/task/{thread}/stat")).ok()?)
}

fn parse(stat: &str) -> Option<Look> {
    // The name, in parentheses, may contain anything.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace();
    let state = match fields.next()? {
        "R" => State::Running,
        "S" => State::Asleep,
        _ => State::Other,
    };
    // Fields 14 and 15 of proc_pid_stat(5); the state is the third.
    let user: u64 = fields.nth(10)?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Look {
        state,
        used: user + system,
    })
}

/// The system call in which a thread is asleep: its name, if it is one of those
/// that are known to make scenarios hang, and what it usually comes from.
pub(crate) fn system_call(thread: i32) -> Option<(&'static str, &'static str)> {
    let text = fs::read_to_string(format!("/proc/self/task/{thread}/syscall")).ok()?;
    let number: i64 = text.split_whitespace().next()?.parse().ok()?;
    CALLS
        .iter()
        .find(|(n, ..)| *n == number)
        .map(|&(_, name, source)| (name, source))
}

const LOCK: &str = "a lock, a channel, a condition variable or a join of std or of another library";
const SLEEP: &str = "std::thread::sleep or the like";
const IO: &str = "input or output: a file, a pipe, a socket";
const CHILD: &str = "waiting for a child process";

/// System calls by number.
const CALLS: &[(i64, &str, &str)] = &[
    (libc::SYS_futex, "futex", LOCK),
    (libc::SYS_nanosleep, "nanosleep", SLEEP),
    (libc::SYS_clock_nanosleep, "clock_nanosleep", SLEEP),
    (libc::SYS_read, "read", IO),
    (libc::SYS_readv, "readv", IO),
    (libc::SYS_write, "write", IO),
    (libc::SYS_writev, "writev", IO),
    (libc::SYS_recvfrom, "recvfrom", IO),
    (libc::SYS_recvmsg, "recvmsg", IO),
    (libc::SYS_sendto, "sendto", IO),
    (libc::SYS_sendmsg, "sendmsg", IO),
    (libc::SYS_accept, "accept", IO),
    (libc::SYS_accept4, "accept4", IO),
    (libc::SYS_connect, "connect", IO),
    (libc::SYS_ppoll, "ppoll", IO),
    (libc::SYS_pselect6, "pselect6", IO),
    (libc::SYS_epoll_pwait, "epoll_pwait", IO),
    (libc::SYS_flock, "flock", IO),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_poll, "poll", IO),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_select, "select", IO),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_epoll_wait, "epoll_wait", IO),
    (libc::SYS_wait4, "wait4", CHILD),
    (libc::SYS_waitid, "waitid", CHILD),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_confuse() {
        let stat = "7 (a) R (b) S 1 1 1 0 -1 4194304 86 0 0 0 31 11 0 0 20 0 2 0";
        let look = parse(stat).expect("it is well formed");
        assert_eq!(look.state, State::Asleep);
        assert_eq!(look.used, 42);
    }

    #[test]
    fn the_calling_thread_runs() {
        let status = crate::rt::thread_status::ThreadStatus::of_this_thread();
        let look = look(status.os_thread_id()).expect("it exists");
        assert_eq!(look.state, State::Running);
    }
}
