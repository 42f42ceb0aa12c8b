//! How much the tests try.

/// The number in an environment variable, or the one that is good for every day.
pub(crate) fn effort(variable: &str, daily: u64) -> u64 {
    let text = std::env::var(variable);
    text.map_or(daily, |text| text.parse().unwrap())
}

/// Executions of a test that gets surer with each. `JOSTLE_TEST_EXECUTIONS` raises it.
pub(crate) fn executions() -> u64 {
    effort("JOSTLE_TEST_EXECUTIONS", 20_000)
}
