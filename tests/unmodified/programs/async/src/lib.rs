//! What ordinary asynchronous tests do, one thing each. `../expect.json` says what comes of it.
#![cfg(test)]

mod others;
mod tokio_io;
mod tokio_rt;
