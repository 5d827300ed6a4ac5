//! What is remembered of each byte: the accesses that a later one can race with.
//!
//! Eight bytes share a cell, in which each access has a mask of the bytes that it is of. A write takes the place of all that it
//! comes after, a read that of the same task's earlier one (FastTrack: Flanagan and Freund, PLDI 2009).

use std::ops::Range;

use bohrbug_trace::TaskId;
use rustc_hash::FxHashMap;

use crate::happens_before::Moment;

/// How many cells are kept from one execution to the next, whose addresses are mostly the same.
const KEPT: usize = 1 << 20;

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Read,
    Write,
    Free,
}

/// An access.
#[derive(Clone, Copy, Debug)]
pub(super) struct Past {
    pub(super) task: TaskId,
    pub(super) moment: Moment,
    pub(super) act: Act,
    pub(super) is_atomic: bool,
    pub(super) place: &'static str,
}

/// Accesses to memory, by address.
#[derive(Clone, Debug, Default)]
pub(super) struct Shadow {
    cells: FxHashMap<usize, Cell>,
    execution: u64,
}

#[derive(Clone, Debug, Default)]
struct Cell {
    /// Of which execution.
    execution: u64,
    pasts: Vec<(u8, Past)>,
}

impl Shadow {
    /// An execution begins.
    pub(super) fn clear(&mut self) {
        self.execution += 1;
        if self.cells.len() > KEPT {
            self.cells.clear();
        }
    }

    /// Remembers an access, unless an earlier one is `wrong` beside it, which is returned.
    pub(super) fn access(
        &mut self,
        memory: Range<usize>,
        now: Past,
        wrong: impl Fn(&Past) -> bool,
        is_before: impl Fn(&Past) -> bool,
    ) -> Option<Past> {
        for (number, mask) in parts(memory) {
            let cell = self.cells.entry(number).or_default();
            if cell.execution != self.execution {
                cell.execution = self.execution;
                cell.pasts.clear();
            }
            if let Some(past) = cell.access(mask, now, &wrong, &is_before) {
                return Some(past);
            }
        }
        None
    }

    /// The memory is used for something else from now on.
    pub(super) fn forget(&mut self, memory: Range<usize>) {
        for (number, mask) in parts(memory) {
            if let Some(cell) = self.cells.get_mut(&number) {
                cell.take(mask, |_| true);
            }
        }
    }
}

impl Cell {
    fn access(
        &mut self,
        mask: u8,
        now: Past,
        wrong: &impl Fn(&Past) -> bool,
        is_before: &impl Fn(&Past) -> bool,
    ) -> Option<Past> {
        let is_known = |(bytes, past): &(u8, Past)| {
            *bytes == mask
                && (past.task, past.moment, past.act, past.is_atomic) == (now.task, now.moment, now.act, now.is_atomic)
        };
        if self.pasts.iter().any(is_known) && now.act != Act::Free {
            return None;
        }
        if let Some((_, past)) = self.pasts.iter().find(|(bytes, past)| bytes & mask != 0 && wrong(past)) {
            return Some(*past);
        }
        match now.act {
            // What is atomic on both sides need not be ordered: then both are kept.
            Act::Write | Act::Free => self.take(mask, is_before),
            Act::Read => self.take(mask, |past| past.act == Act::Read && is_before(past)),
        }
        self.pasts.push((mask, now));
        None
    }

    fn take(&mut self, mask: u8, which: impl Fn(&Past) -> bool) {
        for (bytes, past) in &mut self.pasts {
            if which(past) {
                *bytes &= !mask;
            }
        }
        self.pasts.retain(|(bytes, _)| *bytes != 0);
    }
}

/// The cells that some memory is in, each with the bytes of it that are meant.
fn parts(memory: Range<usize>) -> impl Iterator<Item = (usize, u8)> {
    let cells = memory.start / 8..memory.end.div_ceil(8).max(memory.start / 8);
    cells.map(move |number| {
        let first = memory.start.saturating_sub(number * 8);
        let last = (memory.end - number * 8).min(8);
        (number, ((0xFF_u16 << first) & (0xFF_u16 >> (8 - last))) as u8)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_cut_into_cells_of_eight_bytes() {
        let cut = |memory| parts(memory).collect::<Vec<_>>();
        assert_eq!(cut(16..24), [(2, 0xFF)]);
        assert_eq!(cut(18..19), [(2, 0b100)]);
        assert_eq!(cut(22..26), [(2, 0b1100_0000), (3, 0b11)]);
        assert_eq!(cut(24..24), []);
    }

    #[test]
    fn bytes_beside_each_other_are_no_conflict_and_the_same_byte_is() {
        let past = |task, act| Past {
            task: TaskId(task),
            moment: Moment::default(),
            act,
            is_atomic: false,
            place: "a.rs:1:1",
        };
        let mut shadow = Shadow::default();
        let mut write = |memory, task| {
            let beside = |past: &Past| past.task != TaskId(task);
            shadow.access(memory, past(task, Act::Write), beside, |past| past.task == TaskId(task)).is_some()
        };
        assert!(!write(8..12, 0));
        assert!(!write(12..16, 1));
        assert!(!write(8..12, 0));
        assert!(write(11..13, 0));
        assert!(write(0..64, 1));
    }
}
