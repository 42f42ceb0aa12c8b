//! A shared library that a program would load.

use std::sync::Mutex;

static STATE: Mutex<Vec<u32>> = Mutex::new(Vec::new());

#[unsafe(no_mangle)]
pub extern "C" fn remember(value: u32) -> usize {
    let mut state = STATE.lock().unwrap();
    state.push(value);
    state.len()
}
