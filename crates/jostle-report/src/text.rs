//! Text measured, cut and cleaned, so that it can stand in columns.

use unicode_width::UnicodeWidthChar;

/// Space between parts that no bar separates.
pub const GAP: &str = "  ";

/// `text` without characters that would move the cursor, start a new line or
/// reverse the direction of what follows; they are shown as escapes.
///
/// Names and messages come from the program under test and may hold anything.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => clean.push(' '),
            '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => clean.extend(c.escape_unicode()),
            c if c.is_control() => clean.extend(c.escape_default()),
            c => clean.push(c),
        }
    }
    clean
}

/// How many terminal cells `text` takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().map(cells).sum()
}

/// `text`, cut at its end with an ellipsis if it takes more than `max` cells.
#[must_use]
pub fn fit(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let kept: String = within(text.chars(), max).collect();
    if max == 0 { kept } else { kept + "…" }
}

/// `text`, cut at its beginning with an ellipsis if it takes more than `max`
/// cells: the end of a path tells more than its beginning.
pub(crate) fn fit_end(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let kept: Vec<char> = within(text.chars().rev(), max).collect();
    let ellipsis = (max > 0).then_some('…');
    ellipsis.into_iter().chain(kept.into_iter().rev()).collect()
}

/// `items`, separated by commas, on lines of at most `max` cells where an item
/// does not take more by itself.
pub(crate) fn flow(items: &[String], max: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for (i, item) in items.iter().enumerate() {
        let comma = if i + 1 < items.len() { "," } else { "" };
        match lines.last_mut() {
            Some(line) if width(line) + 1 + width(item) + comma.len() <= max => {
                line.push(' ');
                line.push_str(item);
                line.push_str(comma);
            }
            _ => lines.push(format!("{item}{comma}")),
        }
    }
    lines
}

/// `"1 step"`, `"2 steps"`.
pub(crate) fn count(n: usize, noun: &str) -> String {
    let plural = if n == 1 { "" } else { "s" };
    format!("{n} {noun}{plural}")
}

fn cells(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// The characters that fit into `max` cells with one left for the ellipsis.
fn within(chars: impl Iterator<Item = char>, max: usize) -> impl Iterator<Item = char> {
    let mut left = max.saturating_sub(1);
    chars.map_while(move |c| {
        left = left.checked_sub(cells(c))?;
        Some(c)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn cuts_by_cells() {
        assert_eq!(fit("collector", 9), "collector");
        assert_eq!(fit("collector", 8), "collect…");
        assert_eq!(fit("収集係", 4), "収…", "half of a wide character is none");
        assert_eq!(fit_end("src/cron.rs:43", 8), "…n.rs:43");
        assert_eq!(fit("x", 0), "");
    }

    #[test]
    fn shows_control_characters_as_escapes() {
        assert_eq!(clean("a\u{1b}[31m\nb\tc"), "a\\u{1b}[31m\\nb c");
        assert_eq!(clean("\u{202e}drow"), "\\u{202e}drow");
        assert_eq!(clean("naïve 収"), "naïve 収");
    }

    #[test]
    fn flows_over_lines() {
        let items = ["one", "two", "three"].map(str::to_owned);
        assert_eq!(flow(&items, 9), ["one, two,", "three"]);
        assert_eq!(flow(&items, 8), ["one,", "two,", "three"]);
        assert_eq!(flow(&items, 80), ["one, two, three"]);
        assert_eq!(flow(&[], 80), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn never_wider_than_asked(text in ".*", max in 0usize..20) {
            let text = clean(&text);
            prop_assert!(width(&fit(&text, max)) <= max);
            prop_assert!(width(&fit_end(&text, max)) <= max);
        }
    }
}
