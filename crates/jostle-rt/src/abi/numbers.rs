//! System calls that a program makes by number, with `syscall(2)`: those that are under
//! control when they are made by name are so here, too.

#![allow(unsafe_code)]

use crate::abi::{descriptors, poll, process, signal, sockets, transfer};
use crate::engine::with;
use crate::hot;

/// Makes a call under control. `None`: it is one that passes as it is.
///
/// # Safety
///
/// As of the system call.
pub(super) unsafe fn call(number: usize, arguments: [usize; 6], pc: usize) -> Option<isize> {
    if !hot::is_virtual() {
        return None;
    }
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: As the caller promises.
    let result = unsafe {
        match number as libc::c_long {
            libc::SYS_read => transfer::read_into(a, b, c, pc),
            libc::SYS_write => transfer::write_from(a, b, c, pc),
            libc::SYS_recvfrom => sockets::receive_from(a, b, c, d, e, f, pc),
            libc::SYS_sendto => sockets::send_to(a, b, c, d, e, f, pc),
            libc::SYS_accept4 => sockets::accept_from(a, b, c, d, pc),
            libc::SYS_openat => descriptors::open_in(a, b, c, d, pc),
            libc::SYS_close => descriptors::close_one(a, pc),
            libc::SYS_close_range => descriptors::close_many(a, b, c, pc),
            libc::SYS_dup3 => descriptors::duplicate_with(a, b, c, pc),
            libc::SYS_pipe2 => descriptors::make_pipe_with(a, b, pc),
            libc::SYS_fcntl => descriptors::control(a, b, c, pc),
            libc::SYS_memfd_create => descriptors::make_memory(a, b, pc),
            libc::SYS_timerfd_create => descriptors::make_timer(a, b, pc),
            libc::SYS_pidfd_open => descriptors::make_process(a, b, pc),
            libc::SYS_poll => poll::poll_for(a, b, c, pc),
            libc::SYS_ppoll => poll::poll_until(a, b, c, d, pc),
            libc::SYS_epoll_create1 => poll::make_epoll(a, pc),
            libc::SYS_epoll_ctl => poll::control(a, b, c, d, pc),
            libc::SYS_epoll_wait | libc::SYS_epoll_pwait => poll::epoll_for(a, b, c, d, pc),
            libc::SYS_epoll_pwait2 => poll::epoll_until(a, b, c, d, e, pc),
            libc::SYS_eventfd2 => poll::make_event(a, b, pc),
            libc::SYS_wait4 => process::wait_for(a, b, c, d, pc),
            libc::SYS_waitid => process::wait_for_id(a, b, c, d, pc),
            libc::SYS_kill => signal::kill_process(a, b, pc),
            libc::SYS_tgkill => signal::kill_thread(a, b, c, pc),
            libc::SYS_tkill => signal::kill_thread(signal::own_pid() as usize, a, b, pc),
            libc::SYS_sched_yield => {
                crate::abi::thread::yield_now(pc);
                0
            }
            libc::SYS_clone | libc::SYS_clone3 | libc::SYS_vfork | libc::SYS_fork => {
                refuse("a process or thread made by number (`syscall`) was refused");
                -(libc::ENOSYS as isize)
            }
            libc::SYS_unshare | libc::SYS_setns | libc::SYS_ptrace => {
                refuse("a call that would change the process for good was refused (`syscall`)");
                -(libc::EPERM as isize)
            }
            _ => return None,
        }
    };
    Some(result)
}

fn refuse(what: &str) {
    with(|e| e.inside(|_| crate::cautions::add(what)));
}
