//! What a program of the suite is.

/// A program with a known bug.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Program {
    /// Its name, unique in the suite.
    pub(crate) name: &'static str,
    pub(crate) set: Set,
    /// Tasks that it spawns.
    pub(crate) threads: usize,
    pub(crate) shows: Shows,
    pub(crate) body: fn(),
    /// The same without the bug.
    pub(crate) fixed: fn(),
}

/// Why a program is in the suite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Set {
    /// Published benchmark.
    Sct,
    /// Deep protocols of our own.
    Handshake,
    /// Not looked at while strategies are tuned.
    HeldOut,
    /// The catalogue of jostle, most of it Go's channels, which the others lack.
    Catalogue,
}

/// How a bug shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shows {
    /// A panic with this text in its message.
    Panic(&'static str),
    /// Tasks wait for ever.
    Stuck,
}

impl Program {
    /// How many executions its bug is looked for at most where others get `cap`.
    pub(crate) fn cap(&self, cap: u64) -> u64 {
        /// Nobody has ever found it within what is enough for the others.
        const DEEPEST: &str = "SafeStack";
        if self.name == DEEPEST { 5 * cap } else { cap }
    }
}

/// Whether `name` is one that `pattern` stands for, in which `*` stands for
/// anything.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|tail| {
            let mut ends = tail.char_indices().map(|(at, _)| at).chain([tail.len()]);
            ends.any(|at| matches(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, name, expected) in [
            ("CS/stack", "CS/stack", true),
            ("CS/stack", "SafeStack", false),
            ("*", "", true),
            ("CS/*", "CS/stack", true),
            ("*_3", "CS/reorder_3", true),
            ("*_3", "CS/reorder_30", false),
            ("CS/*_*0", "CS/twostage_100", true),
            ("held/*", "CS/stack", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }
}
