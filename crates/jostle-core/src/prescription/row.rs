//! A row: one deviation from the non-preemptive schedule, in words.
//!
//! ```text
//! row   = where " -> " who                 which task runs there
//!       | where " => " choice " " number nth   what the environment does there
//! where = "start" | who " before " what | who " at " what
//! who   = "main" | "clock" | "\"name\"" nth | "(" what ")"
//! what  = operation [" of " public] [" in " function] nth
//! nth   = [" #" number]                    left out for the first
//! ```
//!
//! `before`: the task could perform the operation but is held; `at`: it has performed it or
//! is blocked in it. Parentheses hold the first operation of a task without a name.
//! `public` is the name of the library function that the operation is a part of, as
//! `Mutex::lock`, where debug information tells it: without it, an atomic operation that is
//! added would be counted among those that a lock consists of.

use std::fmt;
use std::str::FromStr;

use crate::choice::ChoiceKind;
use crate::op::OpKind;

/// An operation of a task, as edits leave it alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct What {
    /// What is done.
    pub kind: OpKind,
    /// The public name of the library function that it is a part of; empty if it is not
    /// known.
    pub public: String,
    /// The name of the function that does it, without its path; empty if it is not
    /// known.
    pub function: String,
    /// Which one of its like, counted from 1.
    pub nth: u32,
}

/// A task, as edits leave it alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Who {
    /// The virtual clock.
    Clock,
    /// The body of the scenario.
    Main,
    /// The task with this name, and which of them, counted from 1.
    Named(String, u32),
    /// The task without a name that does this first; its `nth` counts such tasks.
    Begins(What),
}

/// A point of an execution.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Where {
    /// Nobody has made a step.
    Start,
    /// The task is about to do this.
    Before(Who, What),
    /// The task has done this, or waits in it.
    At(Who, What),
}

/// What is chosen there.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Then {
    /// This task goes on.
    GoesOn(Who),
    /// The environment takes this alternative. The last number counts its choices at
    /// this point, from 1.
    Takes(ChoiceKind, u32, u32),
}

/// One deviation from the non-preemptive schedule.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Row {
    /// Where.
    pub at: Where,
    /// What.
    pub then: Then,
}

/// The name of a function: as it is or, with a character that names do not have, as JSON
/// has it.
struct Quoted<'a>(&'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.chars().all(is_part) {
            true => f.write_str(self.0),
            false => write!(f, "{}", serde_json::Value::from(self.0)),
        }
    }
}

/// What stands in the names of functions: `Mutex::lock`, `Notified.await`, `print!`.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '.' | '!')
}

struct Nth(u32);

impl fmt::Display for Nth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            1 => Ok(()),
            n => write!(f, " #{n}"),
        }
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.name())?;
        if !self.public.is_empty() {
            write!(f, " of {}", Quoted(&self.public))?;
        }
        if !self.function.is_empty() {
            write!(f, " in {}", Quoted(&self.function))?;
        }
        Nth(self.nth).fmt(f)
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Clock => f.write_str("clock"),
            Who::Main => f.write_str("main"),
            Who::Named(name, nth) => {
                // As JSON has it, where a quote cannot be mistaken for the end.
                let name = serde_json::Value::from(name.as_str());
                write!(f, "{name}{}", Nth(*nth))
            }
            Who::Begins(what) => write!(f, "({what})"),
        }
    }
}

impl fmt::Display for Where {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Where::Start => f.write_str("start"),
            Where::Before(who, what) => write!(f, "{who} before {what}"),
            Where::At(who, what) => write!(f, "{who} at {what}"),
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.then {
            Then::GoesOn(who) => write!(f, "{} -> {who}", self.at),
            Then::Takes(kind, pick, nth) => {
                write!(f, "{} => {kind} {pick}{}", self.at, Nth(*nth))
            }
        }
    }
}

/// A text that is no row.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "{0:?} is no row of a schedule, which looks like `main before close in stop -> (send in work)`"
)]
pub struct BadRow(String);

impl FromStr for Row {
    type Err = BadRow;

    fn from_str(text: &str) -> Result<Row, BadRow> {
        let mut rest = Rest(text);
        row(&mut rest)
            .filter(|_| rest.0.is_empty())
            .ok_or_else(|| BadRow(text.to_owned()))
    }
}

/// What is left to be read.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn take(&mut self, word: &str) -> bool {
        match self.0.strip_prefix(word) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn number(&mut self) -> Option<u32> {
        let digits = self.0.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = self.0.split_at(digits);
        self.0 = rest;
        number.parse().ok()
    }

    /// A text as JSON has it.
    fn json(&mut self) -> Option<String> {
        let mut texts = serde_json::Deserializer::from_str(self.0).into_iter::<String>();
        let text = texts.next()?.ok()?;
        self.0 = &self.0[texts.byte_offset()..];
        Some(text)
    }

    /// The name of a function; empty if `word` does not stand before one.
    fn name_after(&mut self, word: &str) -> Option<String> {
        if !self.take(word) {
            return Some(String::new());
        }
        if self.0.starts_with('"') {
            return self.json();
        }
        let end = self.0.find(|c| !is_part(c)).unwrap_or(self.0.len());
        let (name, left) = self.0.split_at(end);
        self.0 = left;
        Some(name.to_owned())
    }

    fn nth(&mut self) -> Option<u32> {
        match self.take(" #") {
            true => self.number().filter(|&n| n > 1),
            false => Some(1),
        }
    }

    /// The longest of these words that comes next: some begin like others.
    fn one_of<T: Copy>(&mut self, words: &[T], name: fn(T) -> &'static str) -> Option<T> {
        let fitting = words
            .iter()
            .copied()
            .filter(|&w| self.0.starts_with(name(w)));
        let longest = fitting.max_by_key(|&w| name(w).len())?;
        self.take(name(longest));
        Some(longest)
    }
}

fn row(rest: &mut Rest<'_>) -> Option<Row> {
    let at = if rest.take("start") {
        Where::Start
    } else {
        let who = who(rest)?;
        let before = rest.take(" before ");
        if !before && !rest.take(" at ") {
            return None;
        }
        let what = what(rest)?;
        match before {
            true => Where::Before(who, what),
            false => Where::At(who, what),
        }
    };
    let then = if rest.take(" -> ") {
        Then::GoesOn(who(rest)?)
    } else if rest.take(" => ") {
        let kind = rest.one_of(ChoiceKind::ALL, ChoiceKind::name)?;
        let pick = rest.take(" ").then(|| rest.number())??;
        Then::Takes(kind, pick, rest.nth()?)
    } else {
        return None;
    };
    Some(Row { at, then })
}

fn who(rest: &mut Rest<'_>) -> Option<Who> {
    if rest.take("main") {
        return Some(Who::Main);
    }
    if rest.take("clock") {
        return Some(Who::Clock);
    }
    if rest.take("(") {
        let what = what(rest)?;
        return rest.take(")").then_some(Who::Begins(what));
    }
    let name = rest.json()?;
    Some(Who::Named(name, rest.nth()?))
}

fn what(rest: &mut Rest<'_>) -> Option<What> {
    let kind = rest.one_of(OpKind::ALL, OpKind::name)?;
    let public = rest.name_after(" of ")?;
    let function = rest.name_after(" in ")?;
    let nth = rest.nth()?;
    Some(What {
        kind,
        public,
        function,
        nth,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_what() -> impl Strategy<Value = What> {
        let kinds = prop::sample::select(OpKind::ALL);
        let names = || prop_oneof!["[a-z_é][a-z0-9_:.!]{0,8}|", any::<String>()];
        (kinds, names(), names(), 1u32..).prop_map(|(kind, public, function, nth)| What {
            kind,
            public,
            function,
            nth,
        })
    }

    fn any_who() -> impl Strategy<Value = Who> {
        prop_oneof![
            Just(Who::Clock),
            Just(Who::Main),
            (any::<String>(), 1u32..).prop_map(|(name, nth)| Who::Named(name, nth)),
            any_what().prop_map(Who::Begins),
        ]
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let at = prop_oneof![
            Just(Where::Start),
            (any_who(), any_what()).prop_map(|(who, what)| Where::Before(who, what)),
            (any_who(), any_what()).prop_map(|(who, what)| Where::At(who, what)),
        ];
        let kinds = prop::sample::select(ChoiceKind::ALL);
        let then = prop_oneof![
            any_who().prop_map(Then::GoesOn),
            (kinds, any::<u32>(), 1u32..)
                .prop_map(|(kind, pick, nth)| Then::Takes(kind, pick, nth)),
        ];
        (at, then).prop_map(|(at, then)| Row { at, then })
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(row in any_row()) {
            prop_assert_eq!(row.to_string().parse(), Ok(row));
        }

        #[test]
        fn no_text_makes_reading_panic(text in ".*", row in any_row(), cut: prop::sample::Index) {
            let _ = text.parse::<Row>();
            let whole: Vec<char> = row.to_string().chars().collect();
            let part: String = whole[..cut.index(whole.len())].iter().collect();
            let _ = (part + &text).parse::<Row>();
        }
    }

    #[test]
    fn rows_are_written_as_documented() {
        for text in [
            "main before close in shutdown -> (send in work)",
            "start -> \"b to a\" #2",
            "(try send in f #3) at notify one in f #2 => waiter 1",
            "clock at fire #12 => select arm 0 #2",
            "main before rmw of Mutex::lock in work #2 -> (load of Arc::drop in \"a b\")",
        ] {
            let row: Row = text.parse().unwrap();
            assert_eq!(row.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_row_is_quoted() {
        for text in [
            "",
            "main",
            "main before",
            "main before close",
            "main before close -> ",
            "main before closing -> main",
            "main before close #1 -> main",
            "main before close -> main ",
            "nobody before close -> main",
            "main at close => coin 1",
            "main at close => waiter",
            "main at close => waiter 99999999999",
        ] {
            let error = text.parse::<Row>().unwrap_err().to_string();
            assert!(error.contains(&format!("{text:?}")), "{error}");
        }
    }
}
