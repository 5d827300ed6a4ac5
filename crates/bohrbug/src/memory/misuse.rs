//! What can be wrong with a block, and the moments that tell of it.

use std::collections::BTreeSet;

/// The moment of an allocation or a free: how many events the execution had seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(pub(crate) u32);

/// Something wrong with a block of memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misuse {
    /// It was freed again.
    DoubleFree { size: usize, allocated: Moment, freed: Moment, again: Moment },
    /// It was written to after it had been freed.
    WriteAfterFree { size: usize, allocated: Moment, freed: Moment, at: usize },
}

/// What an execution leaves behind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Left {
    /// The first misuse, double frees before writes.
    pub(crate) misuse: Option<Misuse>,
    /// The blocks that were not freed, in the order of their allocation.
    pub(crate) live: Vec<Live>,
    /// The addresses of those that the execution before had left and that are still there.
    pub(crate) still: BTreeSet<usize>,
}

/// A block that was not freed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Live {
    pub(crate) allocated: Moment,
    pub(crate) size: usize,
    pub(crate) address: usize,
}
