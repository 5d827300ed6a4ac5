//! What is remembered of each byte: the accesses that a later one can race with.
//!
//! Eight bytes share a cell, in which each access has a mask of the bytes that it is of. A write takes the place of all that it
//! comes after, a read that of the same task's earlier one (FastTrack: Flanagan and Freund, PLDI 2009). Who has allocated a block
//! is asked at the first access to eight bytes alone: what comes after that one comes after the allocation.

use std::collections::BTreeMap;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{Act, Past};

/// How many cells are kept from one execution to the next, whose addresses are mostly the same.
const KEPT: usize = 1 << 20;

/// Accesses to memory, by address.
#[derive(Clone, Debug, Default)]
pub(super) struct Shadow {
    cells: FxHashMap<usize, Cell>,
    /// The blocks that tasks have allocated, or given back since: where each ends, and by whom.
    blocks: BTreeMap<usize, (usize, Past)>,
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
        if !self.blocks.is_empty() {
            self.blocks.clear();
        }
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
            let cell = cell(&mut self.cells, self.execution, number);
            let new = cell.pasts.is_empty();
            let allocation =
                || Some(self.blocks.range(..=number * 8).next_back()?.1).filter(|(end, _)| *end > number * 8);
            if let Some((_, past)) = new.then(allocation).flatten().filter(|(_, past)| wrong(past)) {
                return Some(*past);
            }
            if let Some(past) = cell.access(mask, now, &wrong, &is_before) {
                return Some(past);
            }
        }
        None
    }

    /// Remembers an access of before, where no later one of that task is known.
    pub(super) fn recall(&mut self, memory: Range<usize>, past: Past) {
        for (number, mask) in parts(memory) {
            let cell = cell(&mut self.cells, self.execution, number);
            let is_later = |(bytes, known): &(u8, Past)| {
                bytes & mask != 0 && known.task == past.task && known.moment > past.moment
            };
            if !cell.pasts.iter().any(is_later) {
                cell.pasts.push((mask, past));
            }
        }
    }

    /// A task has allocated that block. What was there before was forgotten, or was a block that began there, too.
    pub(super) fn allocate(&mut self, block: Range<usize>, by: Past) {
        if self.blocks.contains_key(&block.start) {
            self.forget(block.clone());
        }
        self.blocks.insert(block.start, (block.end, by));
    }

    /// A task gives that block back, unless an earlier access is `wrong` beside that, which is returned. Where nobody has used the
    /// block, it alone remembers.
    pub(super) fn free(
        &mut self,
        block: Range<usize>,
        now: Past,
        wrong: impl Fn(&Past) -> bool,
        is_before: impl Fn(&Past) -> bool,
    ) -> Option<Past> {
        let known = self.blocks.insert(block.start, (block.end, now));
        if let Some((_, past)) = known.filter(|(_, past)| wrong(past)) {
            return Some(past);
        }
        for (number, mask) in parts(block) {
            let Some(cell) = self.cells.get_mut(&number).filter(|cell| cell.execution == self.execution) else {
                continue;
            };
            if cell.pasts.is_empty() {
                continue;
            }
            if let Some(past) = cell.access(mask, now, &wrong, &is_before) {
                return Some(past);
            }
        }
        None
    }

    /// The memory is used for something else from now on.
    pub(super) fn forget(&mut self, memory: Range<usize>) {
        self.blocks.remove(&memory.start);
        for (number, mask) in parts(memory) {
            if let Some(cell) = self.cells.get_mut(&number) {
                cell.take(mask, |_| true);
            }
        }
    }
}

/// The cell of that number in that execution.
fn cell(cells: &mut FxHashMap<usize, Cell>, execution: u64, number: usize) -> &mut Cell {
    let cell = cells.entry(number).or_default();
    if cell.execution != execution {
        cell.execution = execution;
        cell.pasts.clear();
    }
    cell
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
                && (past.task, past.moment, past.act, past.atomic) == (now.task, now.moment, now.act, now.atomic)
        };
        if self.pasts.iter().any(is_known) && now.act != Act::Free {
            return None;
        }
        if let Some((_, past)) = self.pasts.iter().find(|(bytes, past)| bytes & mask != 0 && wrong(past)) {
            return Some(*past);
        }
        match now.act {
            // What is atomic on both sides need not be ordered: then both are kept.
            Act::Read => self.take(mask, |past| past.act == Act::Read && is_before(past)),
            _ => self.take(mask, is_before),
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
    use super::super::Place;
    use super::*;
    use crate::happens_before::Moment;
    use bohrbug_trace::TaskId;

    fn past(task: u32, act: Act) -> Past {
        Past { task: TaskId(task), moment: Moment::default(), act, atomic: None, place: Place::Told("a.rs:1:1") }
    }

    #[test]
    fn the_first_access_to_a_block_comes_after_its_allocation() {
        let mut shadow = Shadow::default();
        shadow.allocate(8..32, past(0, Act::Allocate));
        let mut write = |memory, task| {
            let beside = |past: &Past| past.task != TaskId(task);
            shadow.access(memory, past(task, Act::Write), beside, |past| past.task == TaskId(task)).map(|past| past.act)
        };
        assert_eq!(write(24..32, 1), Some(Act::Allocate));
        assert_eq!(write(24..32, 0), None);
        assert_eq!(write(24..32, 1), Some(Act::Write));
        assert_eq!(write(32..40, 1), None, "behind the block");
        let beside = |past: &Past| past.act == Act::Free;
        assert!(shadow.free(8..32, past(0, Act::Free), beside, |_| true).is_none());
        for memory in [8..16, 24..32] {
            let found = shadow.access(memory, past(0, Act::Read), beside, |_| true);
            assert_eq!(found.map(|past| past.act), Some(Act::Free), "used before, or not");
        }
        assert!(shadow.free(8..32, past(0, Act::Free), beside, |_| true).is_some());
        shadow.allocate(8..32, past(0, Act::Allocate));
        assert!(shadow.access(24..32, past(0, Act::Read), beside, |_| true).is_none());
    }

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
