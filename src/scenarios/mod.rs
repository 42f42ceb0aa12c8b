//! The catalogue.
mod channel_len;
mod cron;
mod early_return;
mod lock_order;
mod philosophers;
mod pool_shutdown;
