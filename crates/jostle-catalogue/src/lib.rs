//! The catalogue of Jostle: known concurrency bugs, each with its fixed twin.
//!
//! The bug expects its finding, the twin expects nothing: the pair shows that an
//! oracle neither misses nor invents.
//!
//! Stories: two production bugs (`pool_shutdown`, `cron`) and their variants.
//! - `pool_shutdown`: "send on closed channel", once a day.
//! - `cron`: a collector that ranges over a channel nobody closes.
//! - `orders`: the pool again, with a plan that is fuzzed together with the schedule.
//! - `shutdown`: the README's first example, a small `pool_shutdown`.
//! - `early_return`: senders abandoned by a receiver; related to `cron`.
//!
//! Classics with locks, atomics and channels:
//! - `lost_update`, `lock_order`, `lost_wakeup`,
//!   `double_checked`, `channel_len`, `philosophers`, `bounded_buffer`,
//!   `countdown`.
//!
//! Async:
//! - `lost_waker`, `select_loss`, `missed_notify`,
//!   `mpsc_cycle`.
//! - `async_crates`: `tokio::sync`, `async-channel` and `futures`, unmodified.
//!
//! Races on plain memory, for ThreadSanitizer: `races`, which is all that holds unsafe
//! code.
//!
//! A program gets the scenarios by linking this crate: `use jostle_catalogue as _;`.
#![deny(unsafe_code)]

mod async_crates;
mod bounded_buffer;
mod channel_len;
mod countdown;
mod cron;
mod double_checked;
mod early_return;
mod lock_order;
mod lost_update;
mod lost_waker;
mod lost_wakeup;
mod missed_notify;
mod mpsc_cycle;
mod orders;
mod philosophers;
mod pool_shutdown;
mod races;
mod select_loss;
mod shutdown;
