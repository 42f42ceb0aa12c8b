//! What ordinary tests do with std, one thing each. `../expect.json` says what comes of it.
#![cfg(test)]

mod chance;
mod ends;
mod files;
mod net;
mod process;
mod threads;
mod time;
