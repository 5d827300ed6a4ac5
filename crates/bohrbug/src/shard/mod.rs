//! Shards: one exploration in several processes, on as many machines.
//!
//! A shard is named `M/N`, the M-th of N, counted from 1. Executions that are drawn depend on the seed and on their
//! number, so a shard runs the numbers that leave its remainder; of a depth-first search it runs every N-th subtree.
//! Its result is a [`Part`], and [`Exploration::merge`] makes of parts the report that one process would have made.
//!
//! [`Exploration::merge`]: crate::Exploration::merge

mod campaign;
mod checked;
mod engines;
mod in_test;
mod part;
pub mod results;
mod sample;
mod stored;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::unknown::UnknownName;

pub use campaign::{Campaign, InTest};
pub use engines::{ENGINES, Engine};
pub(crate) use in_test::place;
pub use in_test::{InShard, LeaveError, Left};
pub use part::Part;
pub(crate) use part::{Findings, Place, Subtree, Work};
pub use results::Results;
pub(crate) use sample::Sample;
pub(crate) use stored::Stored;

/// One of several shards.
///
/// ```
/// use bohrbug::shard::Shard;
///
/// let shard: Shard = "3/7".parse()?;
/// assert_eq!((shard.number(), shard.of()), (3, 7));
/// assert_eq!("8/7".parse::<Shard>().unwrap_err().to_string(), "there is no shard 8 of 7; they count from 1 to 7");
/// # Ok::<(), bohrbug::shard::ShardError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "(u64, u64)", into = "(u64, u64)")]
pub struct Shard {
    of: u64,
    number: u64,
}

/// The maximum number of shards: in a proof each runs a few executions of every subtree's beginning.
const MOST: u64 = 10_000;

/// Why a shard cannot be named, explored or merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ShardError {
    /// It is not written as a shard.
    #[error("`{0}` names no shard; write the third of seven as 3/7, or env/7 where an engine sets the number")]
    Text(String),
    /// The number is beyond the total.
    #[error("there is no shard {number} of {of}; they count from 1 to {of}")]
    Beyond {
        /// The number that was asked for.
        number: u64,
        /// The total.
        of: u64,
    },
    /// There are too few or too many.
    #[error("a campaign has 1 to {MOST} shards, not {0}")]
    Total(u64),
    /// The environment does not say which one it is.
    #[error("{0}")]
    Environment(String),
    /// The strategy cannot be divided.
    #[error("`{strategy}` cannot be divided into shards: {reason}")]
    Strategy {
        /// Its name.
        strategy: String,
        /// Why, and what to do.
        reason: &'static str,
    },
    /// The budget is not one of executions.
    #[error("a shard has a budget of executions only: where another ends depends on the machine")]
    Budget,
    /// Executions share something, so they cannot run in several processes.
    #[error(
        "executions of {0} share something, a static for instance, so that what one does depends on those before it; without \
         shards they run in order"
    )]
    Shares(String),
    /// An unknown name.
    #[error(transparent)]
    Name(#[from] UnknownName),
    /// Parts that cannot be of one exploration.
    #[error("{0}")]
    Disagree(String),
}

impl Shard {
    /// The one of that number, from 1.
    ///
    /// # Errors
    ///
    /// If there is no such shard.
    pub const fn new(number: u64, of: u64) -> Result<Self, ShardError> {
        if of == 0 || of > MOST {
            return Err(ShardError::Total(of));
        }
        if number == 0 || number > of {
            return Err(ShardError::Beyond { number, of });
        }
        Ok(Self { of, number })
    }

    /// The one that the text names: `3/7`, or `env/7`, the number of which an engine's [variable](ENGINES) says.
    ///
    /// # Errors
    ///
    /// If it names none; if the environment says nothing, or several different things.
    pub fn asked(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, ShardError> {
        let wrong = || ShardError::Text(text.to_owned());
        let (number, of) = text.split_once('/').ok_or_else(wrong)?;
        let of = of.trim().parse().map_err(|_| wrong())?;
        match number.trim() {
            "env" => engines::number(of, variable).and_then(|number| Self::new(number, of)),
            number => Self::new(number.parse().map_err(|_| wrong())?, of),
        }
    }

    /// Its number, from 1.
    pub const fn number(self) -> u64 {
        self.number
    }

    /// How many there are.
    pub const fn of(self) -> u64 {
        self.of
    }

    /// Whether the execution or the subtree of that number, from 0, is its own.
    pub const fn owns(self, number: u64) -> bool {
        number % self.of == self.number - 1
    }

    /// How many of the numbers below that one are its own.
    pub(crate) const fn owned_below(self, end: u64) -> u64 {
        (end / self.of) + (end % self.of >= self.number) as u64
    }

    /// The first of its numbers from that one on; `None` beyond the last of all numbers.
    pub(crate) fn first_from(self, begin: u64) -> Option<u64> {
        let first = self.number - 1;
        let ahead = (first + self.of - begin % self.of) % self.of;
        begin.checked_add(ahead)
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        Self::asked(text, |_| None)
    }
}

impl TryFrom<(u64, u64)> for Shard {
    type Error = ShardError;

    fn try_from((number, of): (u64, u64)) -> Result<Self, ShardError> {
        Self::new(number, of)
    }
}

impl From<Shard> for (u64, u64) {
    fn from(shard: Shard) -> Self {
        (shard.number, shard.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_one_shards_own() {
        for of in [1, 2, 3, 7, 64] {
            let shards: Vec<Shard> = (1..=of).map(|number| Shard::new(number, of).unwrap()).collect();
            for end in 0..200 {
                let own: Vec<u64> = shards.iter().map(|shard| shard.owned_below(end)).collect();
                assert_eq!(own.iter().sum::<u64>(), end, "{of} {end} {own:?}");
                assert_eq!(shards.iter().filter(|shard| shard.owns(end)).count(), 1);
                for shard in &shards {
                    let first = (end..).find(|number| shard.owns(*number));
                    assert_eq!(shard.first_from(end), first, "{shard} {end}");
                }
            }
        }
    }

    #[test]
    fn what_names_no_shard_is_refused_with_a_word() {
        let none = |_: &str| None;
        for (text, said) in [
            ("3", "names no shard"),
            ("", "names no shard"),
            ("/", "names no shard"),
            ("a/b", "names no shard"),
            ("-1/7", "names no shard"),
            ("1/99999999999999999999", "names no shard"),
            ("0/7", "count from 1 to 7"),
            ("8/7", "there is no shard 8 of 7"),
            ("1/0", "1 to 10000 shards, not 0"),
            ("1/10001", "not 10001"),
            ("env/7", "no engine"),
            ("env/", "names no shard"),
        ] {
            let error = Shard::asked(text, none).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }
}
