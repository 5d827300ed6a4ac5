//! What a verdict rests on.

use std::borrow::Cow;
use std::fmt;

/// Something that a verdict takes for granted, since it was not explored: "`Arc` counts excepted".
///
/// ```
/// use bohrbug::Assumption;
///
/// assert_eq!(Assumption::new("`Arc` counts excepted").to_string(), "`Arc` counts excepted");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assumption(Cow<'static, str>);

impl Assumption {
    /// One in words that can follow a verdict: "verified, `Arc` counts excepted".
    pub fn new(words: impl Into<Cow<'static, str>>) -> Self {
        Self(words.into())
    }
}

impl fmt::Display for Assumption {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
