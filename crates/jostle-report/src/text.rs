//! Measures, cuts and cleans text, so that it fits columns.

use unicode_width::UnicodeWidthChar;

/// Space between parts that no bar separates.
pub const GAP: &str = "  ";

/// A message of a finding is shown and saved up to so many bytes: an assertion over a
/// large value must not make a report unreadable or a file too large.
pub use jostle_core::trace::file::MAX_MESSAGE;

/// `text` without characters that would move the cursor, start a new line, reverse the
/// direction of what follows or not be seen at all; they are shown as escapes.
///
/// Names and messages come from the program under test and may hold anything.
#[must_use]
pub fn clean(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => clean.push(' '),
            c if c.is_control() => clean.extend(c.escape_default()),
            c if is_deceptive(c) => clean.extend(c.escape_unicode()),
            c => clean.push(c),
        }
    }
    clean
}

/// [`clean`], line by line: lines stay.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    let lines: Vec<String> = text.split('\n').map(clean).collect();
    lines.join("\n")
}

/// Whether a character that is no control character changes what is seen of others, or
/// is not seen: marks and overrides of direction, separators of lines, invisible
/// operators, tags, and what no text may hold.
fn is_deceptive(c: char) -> bool {
    matches!(c,
        '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
        || u32::from(c) & 0xfffe == 0xfffe
}

/// JSON that says the same, and that a terminal or the log of a CI system takes for
/// nothing but text. Outside of strings JSON has none of these characters.
#[must_use]
pub fn inert_json(json: &str) -> String {
    let mut inert = String::with_capacity(json.len());
    for c in json.chars() {
        if c != '\n' && c.is_control() || is_deceptive(c) {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                inert += &format!("\\u{unit:04x}");
            }
        } else {
            inert.push(c);
        }
    }
    inert.replace("##[", "#\\u0023[")
}

/// `text` with nothing that the runner of GitHub Actions takes for a command: a line that
/// begins with `::`, or `##[` anywhere.
#[must_use]
pub fn without_commands(text: &str) -> String {
    let line = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        let (indent, rest) = line.split_at(indent);
        let rest = rest.replace("##[", "# #[");
        match rest.strip_prefix("::") {
            Some(rest) => format!("{indent}: :{rest}"),
            None => format!("{indent}{rest}"),
        }
    };
    let lines: Vec<String> = text.split('\n').map(line).collect();
    lines.join("\n")
}

/// `text` without the colours of a report.
#[must_use]
pub fn without_colors(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let parameters = part.find(|c: char| !c.is_ascii_digit() && c != ';');
        match parameters.map(|end| part.split_at(end)) {
            Some((_, rest)) if rest.starts_with('m') => plain.push_str(&rest[1..]),
            _ => {
                plain.push_str("\u{1b}[");
                plain.push_str(part);
            }
        }
    }
    plain
}

/// A message as reports show it: at most [`MAX_MESSAGE`] bytes of it, and how many there
/// are.
#[must_use]
pub fn message(text: &str) -> std::borrow::Cow<'_, str> {
    jostle_core::trace::file::cut(text)
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

/// `text` in pieces of at most `max` cells, or of one character where that is wider. They
/// end at blanks where they can, and nothing but those is lost.
pub(crate) fn wrap(text: &str, max: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut left = max;
        let mut ends = rest.char_indices().skip_while(|&(at, c)| {
            let fits = left.checked_sub(cells(c));
            left = fits.unwrap_or(0);
            fits.is_some() || at == 0
        });
        let Some((end, _)) = ends.next() else {
            pieces.push(rest.to_owned());
            break;
        };
        // A blank right behind a piece is one to end at, too; indentation is none.
        let start = rest.len() - rest.trim_start_matches(' ').len();
        let blank = match rest[end..].starts_with(' ') {
            true => Some(end),
            false => rest[..end].rfind(' '),
        };
        let end = blank.filter(|&at| at > start).unwrap_or(end);
        pieces.push(rest[..end].trim_end_matches(' ').to_owned());
        rest = rest[end..].trim_start_matches(' ');
    }
    pieces
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
        assert_eq!(
            clean("\u{7}\r\u{9b}31m\u{7f}\u{200f}\u{feff}\u{fffe}\u{1fffe}\u{e0041}"),
            "\\u{7}\\r\\u{9b}31m\\u{7f}\\u{200f}\\u{feff}\\u{fffe}\\u{1fffe}\\u{e0041}"
        );
        assert_eq!(clean_lines("a\r\nb\u{1b}"), "a\\r\nb\\u{1b}");
        // What joins emoji and letters of some scripts stays.
        assert_eq!(clean("👩\u{200d}💻"), "👩\u{200d}💻");
    }

    #[test]
    fn no_line_is_a_command_of_a_runner() {
        assert_eq!(
            without_commands("a ::b\n  ::error::x\n::stop-commands::t\r\n x ##[error]y\n"),
            "a ::b\n  : :error::x\n: :stop-commands::t\r\n x # #[error]y\n"
        );
        let once = without_commands("\u{3000}::error");
        assert_eq!(without_commands(&once), once);
        assert!(!without_commands("###[a ##[##[").contains("##["));
    }

    #[test]
    fn json_says_the_same_without_characters_that_do_something() {
        let text = "\u{9b}\u{202e}\u{e0041}\u{fffe} ##[error] 収 ###[";
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let inert = inert_json(&json);
        assert_eq!(serde_json::from_str::<Vec<String>>(&inert).unwrap(), [text]);
        assert!(!inert.contains("##["), "{inert}");
        assert!(
            !inert
                .chars()
                .any(|c| c != '\n' && c.is_control() || is_deceptive(c))
        );
        assert!(inert.contains('収'));
    }

    #[test]
    fn colours_are_taken_out_and_nothing_else() {
        assert_eq!(
            without_colors("\u{1b}[1m\u{1b}[31mmisuse\u{1b}[0m in a"),
            "misuse in a"
        );
        assert_eq!(without_colors("a\u{1b}[2Jb\u{1b}["), "a\u{1b}[2Jb\u{1b}[");
    }

    #[test]
    fn wraps_without_losing_anything() {
        assert_eq!(wrap("shutdown.rs:17", 8), ["shutdown", ".rs:17"]);
        assert_eq!(wrap("a収集係", 3), ["a収", "集", "係"]);
        assert_eq!(wrap("収x", 1), ["収", "x"]);
        assert_eq!(
            wrap("    1 main: receive #1", 14),
            ["    1 main:", "receive #1"]
        );
        assert_eq!(wrap("send #1", 4), ["send", "#1"]);
        assert_eq!(wrap("a b 収集", 3), ["a b", "収", "集"]);
        assert_eq!(wrap("", 1), Vec::<String>::new());
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
            let pieces = wrap(&text, max.max(2));
            prop_assert!(pieces.iter().all(|piece| width(piece) <= max.max(2)), "{:?}", pieces);
            let solid = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(solid(&pieces.concat()), solid(&text));
            prop_assert!(width(&fit(&text, max)) <= max);
            prop_assert!(width(&fit_end(&text, max)) <= max);
        }
    }
}
