//! Small concurrent programs as data.

use std::sync::atomic::Ordering;

/// A program: straight-line threads, each a list of operations, over locations that are 0 at first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) locations: usize,
    pub(crate) threads: Vec<Vec<Op>>,
}

/// One operation. What one reads is its result, which later ones of its thread refer to by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Load(usize, Ordering),
    Store(usize, Ordering, Value),
    /// Adds that much; its result is the old value.
    Add(usize, Ordering, u64),
    /// Replaces the first value by the second, with one order where the first is there and another where it is not.
    Exchange(usize, Ordering, Ordering, Value, Value),
    Fence(Ordering),
    /// Skips so many operations unless the result of the operation at that place has that value.
    SkipUnless(usize, u64, usize),
    /// Executions in which it has another value are not complete: the thread waits for it.
    Assume(usize, u64),
    /// Takes that mutex, and releases it. The judge knows neither these nor the following.
    Lock(usize),
    Unlock(usize),
    /// Waits for that thread's end.
    Join(usize),
    /// The end of a thread that may be joined, which no program spells out.
    End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Is(u64),
    /// The result of the operation at that place of the same thread, and so much.
    Result(usize, u64),
}

impl Value {
    pub(crate) fn of(self, results: &[u64]) -> u64 {
        match self {
            Self::Is(value) => value,
            Self::Result(place, more) => results[place] + more,
        }
    }
}

impl Op {
    /// The location that it accesses.
    pub(crate) fn location(&self) -> Option<usize> {
        match *self {
            Self::Load(x, _) | Self::Store(x, ..) | Self::Add(x, ..) | Self::Exchange(x, ..) => Some(x),
            _ => None,
        }
    }

    pub(crate) fn reads(&self) -> bool {
        matches!(self, Self::Load(..) | Self::Add(..) | Self::Exchange(..))
    }

    pub(crate) fn may_write(&self) -> bool {
        matches!(self, Self::Store(..) | Self::Add(..) | Self::Exchange(..))
    }
}

/// Who made a store: the operation at that place of that thread, or nobody for the initial value.
pub(crate) type Writer = Option<(usize, usize)>;

/// An execution graph without its program order, and what its loads came to: two executions are the same if these are.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Graph {
    /// For each thread the operations that read, each with what it read.
    pub(crate) reads: Vec<Vec<(usize, Writer)>>,
    /// For each location the stores in modification order, but for the initial one; then for each mutex its locks in order.
    pub(crate) order: Vec<Vec<(usize, usize)>>,
    /// For each thread the values that it read.
    pub(crate) values: Vec<Vec<u64>>,
}

impl Program {
    /// An operation of a thread, its end among them if somebody waits for that.
    pub(crate) fn op(&self, thread: usize, place: usize) -> Option<Op> {
        let is_joined = || self.threads.iter().flatten().any(|op| matches!(op, Op::Join(_)));
        let ops = &self.threads[thread];
        ops.get(place).copied().or_else(|| (place == ops.len() && is_joined()).then_some(Op::End))
    }

    /// How many mutexes it has.
    pub(crate) fn mutexes(&self) -> usize {
        let mutex = |op: &Op| if let Op::Lock(mutex) = op { mutex + 1 } else { 0 };
        self.threads.iter().flatten().map(mutex).max().unwrap_or(0)
    }
    /// The same with acquire and release in the place of `SeqCst`.
    pub(crate) fn without_seq_cst(&self) -> Self {
        let mut program = self.clone();
        for op in program.threads.iter_mut().flatten() {
            let weaker = |order: Ordering, other| if order == Ordering::SeqCst { other } else { order };
            match op {
                Op::Load(_, order) => *order = weaker(*order, Ordering::Acquire),
                Op::Store(_, order, _) => *order = weaker(*order, Ordering::Release),
                Op::Add(_, order, _) | Op::Fence(order) => *order = weaker(*order, Ordering::AcqRel),
                Op::Exchange(_, success, failure, ..) => {
                    *success = weaker(*success, Ordering::AcqRel);
                    *failure = weaker(*failure, Ordering::Acquire);
                }
                _ => {}
            }
        }
        program
    }
}
