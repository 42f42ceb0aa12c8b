//! Parsers shared by command-line options and environment variables, with the same errors.

use std::time::Duration;

/// A time above zero: a number of seconds, or one with s, m or h behind it.
///
/// # Errors
///
/// If it is none.
pub fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1.0),
        Some((at, 'm')) => (&text[..at], 60.0),
        Some((at, 'h')) => (&text[..at], 3600.0),
        _ => (text, 1.0),
    };
    let wrong = || "this is no time above zero; write for example 30, 0.5s, 5m or 1h".to_owned();
    let seconds: f64 = number.parse().map_err(|_| wrong())?;
    match Duration::try_from_secs_f64(seconds * unit) {
        Ok(time) if !time.is_zero() => Ok(time),
        _ => Err(wrong()),
    }
}

/// A whole number above zero.
///
/// # Errors
///
/// If it is none.
pub fn above_zero(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err("this is no whole number above zero; write for example 1000".to_owned()),
    }
}

/// The value of an environment variable, if it is set, as `parse` reads it.
///
/// # Errors
///
/// If it cannot be read; with the name of the variable and the remedy.
pub fn variable<T, E: std::fmt::Display>(
    name: &str,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<Option<T>, String> {
    let Some(value) = std::env::var_os(name) else {
        return Ok(None);
    };
    read(name, &value, parse).map(Some)
}

fn read<T, E: std::fmt::Display>(
    name: &str,
    value: &std::ffi::OsStr,
    parse: impl FnOnce(&str) -> Result<T, E>,
) -> Result<T, String> {
    let parsed = match value.to_str() {
        Some(text) => parse(text).map_err(|error| error.to_string()),
        None => Err("this is no text".to_owned()),
    };
    parsed.map_err(|error| {
        let value = crate::text::fit(&value.to_string_lossy(), 80);
        format!("the environment variable {name} is {value:?}: {error}; or unset it")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    #[test]
    fn times_are_seconds_minutes_or_hours_and_never_zero() {
        assert_eq!(duration("30"), Ok(Duration::from_secs(30)));
        assert_eq!(duration("0.5"), Ok(Duration::from_millis(500)));
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1500)));
        assert_eq!(duration("2m"), Ok(Duration::from_secs(120)));
        assert_eq!(duration("1h"), Ok(Duration::from_secs(3600)));
        for wrong in [
            "", "s", "-1", "1d", "nan", "inf", "1e40h", "0", "0.0s", "1e-30", "-0",
        ] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_are_whole_and_above_zero() {
        assert_eq!(above_zero("7"), Ok(7));
        for wrong in ["", "0", "-1", "1.5", "abc", "99999999999999999999"] {
            assert!(above_zero(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_variable_that_cannot_be_read_is_named_with_the_remedy() {
        let said = |value: &[u8]| read("X", OsStr::from_bytes(value), above_zero).unwrap_err();
        for value in [&b""[..], b"abc", b"\xff", &[b'9'; 1 << 16]] {
            let said = said(value);
            assert!(
                said.contains("variable X is") && said.contains("unset it"),
                "{said}"
            );
            assert!(said.len() < 400, "{said}");
        }
    }
}
