//! Processor, kernel and libc of this machine, as far as the runtime depends on them.

use std::fs;
use std::path::Path;

use object::{Object as _, ObjectSymbol as _};

use super::Missing;

/// `HWCAP2_FSGSBASE`: the kernel lets programs set the thread pointer.
const FSGSBASE: usize = 1 << 1;
/// The dynamic linker of glibc, by the path that every program names.
const DYNAMIC_LINKER: &str = "/lib64/ld-linux-x86-64.so.2";

/// Whether threads can be switched by a program itself.
pub(crate) fn require_fsgsbase() -> Result<(), Missing> {
    let (_, features) = rustix::param::linux_hwcap();
    if features & FSGSBASE == 0 {
        Err(Missing::FsGsBase)
    } else {
        Ok(())
    }
}

/// Whether glibc makes thread-local storage on demand.
pub(crate) fn require_thread_local_storage() -> Result<(), Missing> {
    let path = Path::new(DYNAMIC_LINKER);
    let missing = || Missing::ThreadLocalStorage(path.to_owned());
    let data = fs::read(path).map_err(|_| missing())?;
    let file = object::File::parse(data.as_slice()).map_err(|_| missing())?;
    let exports = |wanted: &str| {
        file.dynamic_symbols()
            .any(|it| it.is_definition() && it.name() == Ok(wanted))
    };
    if exports("_dl_allocate_tls") && exports("_dl_deallocate_tls") {
        Ok(())
    } else {
        Err(missing())
    }
}
