//! Integration tests, one binary.

mod guards;
