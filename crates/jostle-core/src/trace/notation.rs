//! The text of choices, overrides and bytes in trace files: a person can read it and a diff
//! can show it.

use std::fmt::Write as _;

use crate::decision::{Choice, ChoiceKind, Override};

/// Choices on one line of a file.
const PER_ROW: usize = 16;

/// `t3/5` is task 3 out of 5, and `t3/5*12` twelve of these in a row.
pub(super) fn rows_of_choices(choices: &[Choice]) -> Vec<String> {
    let runs: Vec<&[Choice]> = choices.chunk_by(|a, b| a == b).collect();
    runs.chunks(PER_ROW)
        .map(|row| {
            let mut text = String::new();
            for run in row {
                if !text.is_empty() {
                    text.push(' ');
                }
                let Choice {
                    kind,
                    arity,
                    picked,
                } = run[0];
                let _ = write!(text, "{}{picked}/{arity}", kind.code());
                if run.len() > 1 {
                    let _ = write!(text, "*{}", run.len());
                }
            }
            text
        })
        .collect()
}

/// Reads one row of choices; the result has no more than `limit` of them.
pub(super) fn read_choices(
    row: &str,
    choices: &mut Vec<Choice>,
    limit: usize,
) -> Result<(), String> {
    for token in row.split_ascii_whitespace() {
        let Some((choice, times)) = read_run(token) else {
            return Err(format!(
                "{token:?} is not a choice, which looks like t3/5 or t3/5*12"
            ));
        };
        if times > limit - choices.len() {
            return Err(format!("there are more than {limit} choices"));
        }
        choices.extend(std::iter::repeat_n(choice, times));
    }
    Ok(())
}

fn read_run(token: &str) -> Option<(Choice, usize)> {
    let (choice, times) = match token.split_once('*') {
        Some((choice, times)) => (choice, times.parse().ok().filter(|&n| n > 0)?),
        None => (token, 1),
    };
    let code = choice.chars().next()?;
    let kind = ChoiceKind::from_code(code)?;
    let (picked, arity) = choice[code.len_utf8()..].split_once('/')?;
    let (picked, arity) = (picked.parse().ok()?, arity.parse().ok()?);
    // The picked one is the number of a task, or else of an alternative.
    let possible = arity >= 2 && (kind == ChoiceKind::Task || picked < arity);
    let choice = Choice {
        kind,
        arity,
        picked,
    };
    possible.then_some((choice, times))
}

/// `17:2` is alternative 2 at decision 17.
pub(super) fn override_text(o: &Override) -> String {
    format!("{}:{}", o.at, o.pick)
}

/// Reads one override.
pub(super) fn read_override(text: &str) -> Result<Override, String> {
    text.split_once(':')
        .and_then(|(at, pick)| {
            Some(Override {
                at: at.parse().ok()?,
                pick: pick.parse().ok()?,
            })
        })
        .ok_or_else(|| format!("{text:?} is not an override, which looks like 17:2"))
}

/// Two hexadecimal digits for each byte.
pub(super) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Reads hexadecimal digits.
pub(super) fn read_hex(text: &str) -> Result<Vec<u8>, String> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    text.as_bytes()
        .chunks(2)
        .map(|pair| match *pair {
            [high, low] => Some((digit(high)? << 4 | digit(low)?) as u8),
            _ => None,
        })
        .collect::<Option<Vec<u8>>>()
        .ok_or_else(|| format!("{text:?} is not a string of hexadecimal digits in pairs"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn choice(kind: ChoiceKind, picked: u32, arity: u32) -> Choice {
        Choice {
            kind,
            arity,
            picked,
        }
    }

    #[test]
    fn choices_are_written_as_documented() {
        let mut choices = vec![choice(ChoiceKind::Task, 3, 5); 12];
        choices.push(choice(ChoiceKind::Spurious, 1, 2));
        choices.push(choice(ChoiceKind::Task, 3, 5));
        assert_eq!(rows_of_choices(&choices), ["t3/5*12 s1/2 t3/5"]);
        assert!(rows_of_choices(&[]).is_empty());
        let different: Vec<Choice> = (0..40).map(|t| choice(ChoiceKind::Task, t, 9)).collect();
        assert_eq!(rows_of_choices(&different).len(), 3);
    }

    #[test]
    fn what_is_not_a_choice_is_named() {
        let wrong = [
            "t",
            "t3",
            "t3/",
            "t/5",
            "3/5",
            "t3/5*",
            "t3/5*0",
            "t3/5*x",
            "q3/5",
            "t3/1",
            "t3/0",
            "w2/2",
            "t-1/5",
            "t3/5/2",
            "t4294967296/5",
            "é1/2",
            "t3/5*-1",
        ];
        for token in wrong {
            let mut choices = Vec::new();
            let error = read_choices(&format!("t1/2 {token} t1/2"), &mut choices, 100).unwrap_err();
            assert!(error.contains(&format!("{token:?}")), "{error}");
        }
    }

    #[test]
    fn a_run_does_not_exceed_the_limit() {
        let mut choices = Vec::new();
        assert!(read_choices("t1/2*90 t0/2*10", &mut choices, 100).is_ok());
        assert!(read_choices("t1/2", &mut choices, 100).is_err());
        assert_eq!(choices.len(), 100);
        let mut choices = Vec::new();
        assert!(read_choices("t1/2 t1/2*18446744073709551615", &mut choices, 100).is_err());
        assert_eq!(choices.len(), 1);
    }

    #[test]
    fn hexadecimal_digits_come_in_pairs() {
        assert_eq!(hex(&[0, 0x1f, 0xff]), "001fff");
        assert_eq!(read_hex("001fFF"), Ok(vec![0, 0x1f, 0xff]));
        for wrong in ["0", "0g", "+1", "0x", "é", "00 1"] {
            assert!(read_hex(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn reading_never_panics(text in ".*") {
            let _ = read_choices(&text, &mut Vec::new(), 10);
            let _ = read_override(&text);
            let _ = read_hex(&text);
        }

        #[test]
        fn overrides_are_read_back(at: u32, pick: u32) {
            let o = Override { at, pick };
            prop_assert_eq!(read_override(&override_text(&o)), Ok(o));
        }
    }
}
