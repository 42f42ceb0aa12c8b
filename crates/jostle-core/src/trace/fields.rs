//! Serializes the fields of trace files that are not plain JSON, one module for each as
//! `#[serde(with = …)]` takes it.

use std::fmt;
use std::marker::PhantomData;

use serde::Serializer;
use serde::de::{DeserializeSeed, Deserializer, Error, SeqAccess, Visitor};

use crate::decision::{Choice, Override};
use crate::finding;
use crate::strategy;
use crate::trace::file::MAX_CHOICES;
use crate::trace::notation;

/// Parses a string of the file. The error comes out of the visitor and not
/// after it, so that it gets the place of the string.
struct Parse<F, T>(F, PhantomData<T>);

impl<'de, F, T> Visitor<'de> for Parse<F, T>
where
    F: FnOnce(&str) -> Result<T, String>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.0)(text).map_err(E::custom)
    }
}

impl<'de, F, T> DeserializeSeed<'de> for Parse<F, T>
where
    F: FnOnce(&str) -> Result<T, String>,
{
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<T, D::Error> {
        from.deserialize_str(self)
    }
}

fn parsed<'de, D: Deserializer<'de>, T>(
    from: D,
    parse: impl FnOnce(&str) -> Result<T, String>,
) -> Result<T, D::Error> {
    Parse(parse, PhantomData).deserialize(from)
}

/// Parses a list of strings, each with `row`, which adds to the result: no list
/// of strings is ever in memory.
struct Rows<F, T>(F, Vec<T>);

impl<'de, F, T> Visitor<'de> for Rows<F, T>
where
    F: FnMut(&str, &mut Vec<T>) -> Result<(), String>,
{
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of strings")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        let Rows(mut row, mut rows) = self;
        let mut next = |text: &str| row(text, &mut rows);
        while let Some(()) = list.next_element_seed(Parse(&mut next, PhantomData))? {}
        Ok(rows)
    }
}

fn rows<'de, D: Deserializer<'de>, T>(
    from: D,
    row: impl FnMut(&str, &mut Vec<T>) -> Result<(), String>,
) -> Result<Vec<T>, D::Error> {
    from.deserialize_seq(Rows(row, Vec::new()))
}

pub(super) mod finding_kind {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(kind: &finding::Kind, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(kind.name())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<finding::Kind, D::Error> {
        parsed(from, |name| {
            finding::Kind::from_name(name).ok_or_else(|| format!("{name:?} is no kind of finding"))
        })
    }
}

pub(super) mod strategy_name {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(
        kind: &strategy::Kind,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        to.serialize_str(kind.name_in_files())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<strategy::Kind, D::Error> {
        parsed(from, |name| {
            name.parse()
                .map_err(|e: strategy::UnknownStrategy| e.to_string())
        })
    }
}

pub(super) mod decimal {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(seed: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(seed)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        parsed(from, |text| {
            text.parse()
                .map_err(|_| format!("{text:?} is not a seed, a number below 2⁶⁴"))
        })
    }
}

pub(super) mod hexadecimal {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(hash: &u64, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{hash:016x}"))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
        parsed(from, |text| {
            u64::from_str_radix(text, 16)
                .map_err(|_| format!("{text:?} is not a fingerprint, 16 hexadecimal digits"))
        })
    }
}

pub(super) mod bytes {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&notation::hex(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        parsed(from, notation::read_hex)
    }
}

pub(super) mod overrides {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(list: &[Override], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(list.iter().map(notation::override_text))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Override>, D::Error> {
        rows(from, |row, list| {
            list.push(notation::read_override(row)?);
            Ok(())
        })
    }
}

pub(super) mod choices {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(list: &[Choice], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(notation::rows_of_choices(list))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Choice>, D::Error> {
        rows(from, |row, list| {
            notation::read_choices(row, list, MAX_CHOICES)
        })
    }
}
