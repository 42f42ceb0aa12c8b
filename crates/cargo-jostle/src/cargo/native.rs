//! C code that the cc crate compiles for a build script, instrumented by its own compiler.
//!
//! `-fsanitize=thread` makes gcc and clang call the functions that our runtime defines. The
//! cc crate takes flags from variables; which of several it reads depends on its version,
//! so the most specific one is set, and holds what the user has set as well. It is set in
//! the configuration of cargo, and not in the environment, for two reasons: a trace
//! remembers options of cargo, so the same program is built again; and cargo compiles C code
//! again when it changes.

use std::env;

/// The flag of gcc and clang.
const FLAG: &str = "-fsanitize=thread";

/// The variables for the machine that tests run on: the most specific one first. Other
/// machines are refused long before.
const VARIABLES: [&str; 4] = [
    "CFLAGS_x86_64-unknown-linux-gnu",
    "CFLAGS_x86_64_unknown_linux_gnu",
    "HOST_CFLAGS",
    "CFLAGS",
];

/// The values of two `--config` for cargo.
pub(crate) fn configuration() -> [String; 2] {
    of(|name| env::var(name).ok())
}

fn of(variable: impl Fn(&str) -> Option<String>) -> [String; 2] {
    let mut set = VARIABLES
        .into_iter()
        .filter_map(|name| variable(name).map(|it| (name, it)));
    let (first, theirs) = set.next().unwrap_or_default();
    let name = match first == VARIABLES[0] {
        true => VARIABLES[0],
        false => VARIABLES[1],
    };
    let flags = format!("{theirs} {FLAG}");
    // A string of JSON is one of TOML, too.
    let value = serde_json::Value::from(flags.trim_start());
    [
        format!("env.{name}.value={value}"),
        format!("env.{name}.force=true"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_flag_comes_behind_those_of_the_user() {
        let alone = of(|_| None);
        assert_eq!(
            alone,
            [
                "env.CFLAGS_x86_64_unknown_linux_gnu.value=\"-fsanitize=thread\"",
                "env.CFLAGS_x86_64_unknown_linux_gnu.force=true",
            ]
        );
        let with = of(|name| (name == "CFLAGS").then(|| "-O1 -DA=\"b\"".to_owned()));
        assert_eq!(
            with[0],
            r#"env.CFLAGS_x86_64_unknown_linux_gnu.value="-O1 -DA=\"b\" -fsanitize=thread""#
        );
    }

    #[test]
    fn a_variable_that_would_win_is_the_one_that_is_set() {
        let with = of(|name| name.contains('-').then(|| "-O2".to_owned()));
        assert_eq!(
            with[0],
            "env.CFLAGS_x86_64-unknown-linux-gnu.value=\"-O2 -fsanitize=thread\""
        );
    }
}
