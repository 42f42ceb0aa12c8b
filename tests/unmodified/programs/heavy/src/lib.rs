//! Web, database, compression: one ordinary use each. `../expect.json` says what comes of it.
#![cfg(test)]

mod compress;
mod database;
mod web;
