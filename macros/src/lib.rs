//! The `#[jostle::scenario]` attribute.
