//! Words of the vocabularies of `bohrbug-events` in a header, by their names: that crate knows no serde.
//!
//! To be written at a field, as `#[serde(with = "bohrbug_trace::by_name")]`.

use std::fmt::Display;

use bohrbug_events::{Carrier, MemoryModel, Runtime};
use serde::{Deserialize, Deserializer, Serializer, de};

use crate::Operation;

/// A word of a vocabulary.
pub trait Word: Copy + Display + 'static {
    /// What it is a word for.
    const WHAT: &'static str;
    /// Every word.
    const ALL: &'static [Self];
}

macro_rules! words {
    ($($word:ident: $what:literal),+) => {
        $(impl Word for $word {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = Self::ALL;
        })+
    };
}

words!(Operation: "operation", Runtime: "runtime", Carrier: "carrier", MemoryModel: "memory model");

/// Writes its name.
///
/// # Errors
///
/// As the serializer's.
pub fn serialize<W: Word, S: Serializer>(word: &W, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(word)
}

/// Reads a name.
///
/// # Errors
///
/// If it is none of the vocabulary.
pub fn deserialize<'de, W: Word, D: Deserializer<'de>>(deserializer: D) -> Result<W, D::Error> {
    let name = String::deserialize(deserializer)?;
    let word = W::ALL.iter().find(|word| word.to_string() == name);
    word.copied().ok_or_else(|| {
        let names: Vec<String> = W::ALL.iter().map(|word| format!("`{word}`")).collect();
        // Few words are named, as serde does; of many the reader looks for the nearest.
        de::Error::custom(match W::ALL.len() {
            0..5 => format!("there is no {} `{name}`, expected one of {}", W::WHAT, names.join(", ")),
            _ => format!("there is no {} {name:?}", W::WHAT),
        })
    })
}
