//! Maps and sets as sorted vectors, with the names and the order of std's `BTreeMap` and `BTreeSet`.
//!
//! Users build Bohrbug without optimisation, and for each type of key and value std's maps and sorts are compiled anew: that was
//! nearly half of the code. A sorted vector has a fraction of a tree's, and what does not depend on the types is compiled once.
//!
//! What they cannot do: a new key that is not the largest moves all larger ones, so that filling one key by key takes quadratic
//! time (ten thousand keys are no matter; [collecting](FromIterator) sorts instead). For more keys take std's.

mod map;
mod set;
mod sort;

pub use map::{Entry, SortedMap};
pub use set::SortedSet;
pub use sort::{sort, sort_by};
