//! Places in this test program, whose addresses are those of the process.

#![allow(unsafe_code)]

use std::ffi::{c_int, c_void};
use std::path::Path;

use jostle_site::Site;

use crate::symbols::{Settings, Symbolizer, loaded_objects};

unsafe extern "C" {
    /// Of the C library: return addresses, the innermost first.
    fn backtrace(buffer: *mut *mut c_void, size: c_int) -> c_int;
}

/// The return addresses of whoever calls this, the innermost first.
#[inline(never)]
fn returns() -> Vec<usize> {
    let mut buffer = [std::ptr::null_mut(); 100];
    // SAFETY: The buffer has room for as many as are asked for.
    let depth = unsafe { backtrace(buffer.as_mut_ptr(), 100) };
    let known = buffer[..depth as usize].iter().map(|a| a.addr());
    // The first is in this function.
    known.skip(1).collect()
}

fn symbolizer() -> Symbolizer {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let settings = Settings {
        workspace: workspace.canonicalize().unwrap(),
        ..Settings::default()
    };
    Symbolizer::new(&settings, loaded_objects())
}

fn site_of(symbols: &mut Symbolizer, returns: &[usize]) -> Site {
    let stack: Vec<usize> = returns[1..].iter().rev().copied().collect();
    symbols.resolve(returns[0], &stack)
}

#[inline(never)]
fn outer() -> (Vec<usize>, u32) {
    std::hint::black_box(inner())
}

#[inline(never)]
fn inner() -> (Vec<usize>, u32) {
    std::hint::black_box((returns(), line!()))
}

#[test]
fn a_place_of_the_running_process_is_found() {
    let mut symbols = symbolizer();
    let (returns, line) = outer();
    let site = site_of(&mut symbols, &returns);
    assert_eq!(site.file(), "crates/jostle-rt/src/symbols/tests/on_self.rs");
    assert_eq!((site.line(), site.function()), (line, "inner"));
    assert_eq!(site.operation(), "");
    let callers: Vec<&str> = site.callers().iter().map(|f| f.function).collect();
    assert_eq!(
        callers,
        ["outer", "a_place_of_the_running_process_is_found"]
    );
    assert_eq!(symbols.function_at(returns[0]), "inner");
    assert_eq!(symbols.function_at(8), "");
    // Equal places are one site.
    assert_eq!(
        site_of(&mut symbols, &returns).cache_key(),
        site.cache_key()
    );
}

#[test]
fn what_a_library_calls_back_is_the_users_again() {
    let mut symbols = symbolizer();
    let mut all = Vec::new();
    std::sync::Once::new().call_once(|| all = returns());
    let site = site_of(&mut symbols, &all);
    assert_eq!(
        site.function(),
        "what_a_library_calls_back_is_the_users_again"
    );
    assert_eq!(site.callers().len(), 1, "{site:?}");
    let own = std::hint::black_box(a_place_of_the_running_process_is_found as fn() as usize);
    let symbol = symbols.symbol_of(own + 1).unwrap();
    assert!(
        symbol
            .name
            .ends_with("::a_place_of_the_running_process_is_found")
    );
    assert_eq!(symbol.offset, 1);
    let libc = libc::getpid as unsafe extern "C" fn() -> i32 as usize;
    assert!(
        symbols
            .symbol_of(libc)
            .is_some_and(|s| s.name.contains("getpid"))
    );
}
