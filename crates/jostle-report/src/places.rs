//! The places that a document refers to, each once, with the source around it.

use std::collections::BTreeMap;

use jostle_core::finding;
use jostle_core::op::{self, Site};
use serde::Serialize;

use crate::ReadSource;

/// Lines of source before and after the one at a place.
const CONTEXT: usize = 3;

/// A place with its source.
#[derive(Serialize)]
pub(super) struct Place {
    file: String,
    line: u32,
    column: u32,
    #[serde(skip_serializing_if = "str::is_empty")]
    operation: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    inner: Vec<Frame>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    callers: Vec<Frame>,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<Source>,
}

/// One entry of a chain of calls.
#[derive(Serialize)]
struct Frame {
    file: &'static str,
    line: u32,
    column: u32,
    function: &'static str,
}

/// A piece of a source file.
#[derive(Serialize)]
struct Source {
    /// The number of the first line, counted from 1.
    first: usize,
    lines: Vec<String>,
}

/// What tells places apart: what they call and who called them, too.
type Key = (finding::Place, finding::Call, &'static [op::Frame]);

/// Gives places their numbers.
pub(super) struct Places<'a> {
    read: ReadSource<'a>,
    files: BTreeMap<String, Option<Vec<String>>>,
    numbers: BTreeMap<Key, usize>,
    places: Vec<Place>,
    /// Sites are compared by where they are before they are by what they say,
    /// since a long execution goes through few of them.
    last: Option<(Site, usize)>,
}

impl<'a> Places<'a> {
    pub(super) fn new(read: ReadSource<'a>) -> Places<'a> {
        Places {
            read,
            files: BTreeMap::new(),
            numbers: BTreeMap::new(),
            places: Vec::new(),
            last: None,
        }
    }

    /// The number of a site.
    pub(super) fn site(&mut self, site: Site) -> usize {
        if let Some((last, number)) = self.last
            && last.cache_key() == site.cache_key()
        {
            return number;
        }
        let place = finding::Place::from(site);
        let number = self.number(&place, finding::Call::from(site), site.callers());
        self.last = Some((site, number));
        number
    }

    /// The number of a place.
    pub(super) fn place(&mut self, place: &finding::Place) -> usize {
        self.number(place, finding::Call::default(), &[])
    }

    /// The number of the place at which a task waits.
    pub(super) fn wait(&mut self, wait: &finding::Wait) -> usize {
        self.number(&wait.place, wait.call, &[])
    }

    fn number(
        &mut self,
        place: &finding::Place,
        call: finding::Call,
        callers: &'static [op::Frame],
    ) -> usize {
        let key = (place.clone(), call, callers);
        if let Some(&number) = self.numbers.get(&key) {
            return number;
        }
        let source = self.source(place);
        self.numbers.insert(key, self.places.len());
        self.places.push(Place {
            operation: call.operation,
            inner: frames(call.inner),
            callers: frames(callers),
            file: place.file.clone(),
            line: place.line,
            column: place.column,
            source,
        });
        self.places.len() - 1
    }

    /// All of them, by number.
    pub(super) fn into_places(self) -> Vec<Place> {
        self.places
    }

    fn source(&mut self, place: &finding::Place) -> Option<Source> {
        let read = self.read;
        let file = self.files.entry(place.file.clone()).or_insert_with(|| {
            let text = read(&place.file)?;
            Some(text.lines().map(str::to_owned).collect())
        });
        let file = file.as_ref()?;
        let at = (place.line as usize).checked_sub(1)?;
        file.get(at)?;
        let first = at.saturating_sub(CONTEXT);
        let end = file.len().min(at + 1 + CONTEXT);
        Some(Source {
            first: first + 1,
            lines: file[first..end].to_vec(),
        })
    }
}

fn frames(frames: &[op::Frame]) -> Vec<Frame> {
    let frames = frames.iter().map(|frame| Frame {
        file: frame.file,
        line: frame.line,
        column: frame.column,
        function: frame.function,
    });
    frames.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(line: u32) -> finding::Place {
        finding::Place {
            file: "a.rs".to_owned(),
            line,
            column: 1,
        }
    }

    #[test]
    fn the_source_around_a_place_ends_with_the_file() {
        let read = |_: &str| Some((1..=9).map(|n| format!("line {n}\n")).collect::<String>());
        let mut places = Places::new(&read);
        for line in [1, 5, 9, 10, 0, u32::MAX] {
            places.place(&place(line));
        }
        let shown: Vec<_> = places.into_places().into_iter().map(|p| p.source).collect();
        let ends = |source: &Option<Source>| {
            source.as_ref().map(|s| {
                let last = s.lines.last().unwrap().clone();
                (s.first, s.lines[0].clone(), last)
            })
        };
        let line = |n: usize| format!("line {n}");
        assert_eq!(ends(&shown[0]), Some((1, line(1), line(4))));
        assert_eq!(ends(&shown[1]), Some((2, line(2), line(8))));
        assert_eq!(ends(&shown[2]), Some((6, line(6), line(9))));
        assert!(shown[3..].iter().all(Option::is_none));
    }

    #[test]
    fn a_place_has_one_number() {
        let mut places = Places::new(&|_| None);
        let site = Site::caller();
        assert_eq!(places.site(site), 0);
        assert_eq!(places.place(&place(1)), 1);
        assert_eq!(places.place(&finding::Place::from(site)), 0);
        assert_eq!(places.site(site), 0);
        assert_eq!(places.into_places().len(), 2);
    }
}
