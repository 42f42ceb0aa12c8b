//! What ordinary tests do with popular crates, one thing each. `../expect.json` says what comes
//! of it.
#![cfg(test)]

mod collected;
mod locks;
mod logs;
mod memory;
mod pools;
mod random;
mod signals;
