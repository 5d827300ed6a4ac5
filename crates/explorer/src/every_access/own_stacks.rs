//! What each task has last done with its own stack, which nobody else has used yet.
//!
//! Few variables are ever used by another task, and so a task's accesses to its own stack are told of those alone, and only then
//! (`taken`). Of eight bytes the last read and the last write are kept; what lies further back was done before these.
//! Not kept are accesses of more than [`MOST`] bytes.

use std::ops::Range;

use bohrbug_sync::control::Position;

use crate::heap::stack_end;

/// How many bytes an access has at the most.
const MOST: usize = 256;

/// All stacks.
#[derive(Default)]
pub(super) struct OwnStacks {
    /// By number, from the end of the stack on.
    stacks: Vec<Vec<[Option<Done>; 2]>>,
    execution: u32,
}

/// An access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub(super) at: Position,
    /// The instruction.
    pub(super) code: usize,
    /// The first byte of the eight, and behind the last.
    bytes: [u8; 2],
    execution: u32,
}

impl OwnStacks {
    /// An execution begins.
    pub(super) const fn begin(&mut self) {
        self.execution = self.execution.wrapping_add(1);
    }

    /// The task whose stack it is has used that memory.
    pub(super) fn used(&mut self, number: usize, memory: &Range<usize>, writes: bool, at: Position, code: usize) {
        if memory.end - memory.start > MOST {
            return;
        }
        if self.stacks.len() <= number {
            self.stacks.resize_with(number + 1, Vec::new);
        }
        let (stack, execution) = (&mut self.stacks[number], self.execution);
        for (place, bytes) in parts(number, memory) {
            if stack.len() <= place {
                stack.resize((place + 1).next_power_of_two(), [None; 2]);
            }
            stack[place][usize::from(writes)] = Some(Done { at, code, bytes, execution });
        }
    }

    /// Takes out what was done with that memory, with whether it was written.
    pub(super) fn taken(&mut self, number: usize, memory: &Range<usize>) -> Vec<(Range<usize>, bool, Done)> {
        let mut found = Vec::new();
        let Some(stack) = self.stacks.get_mut(number) else { return found };
        for (place, _) in parts(number, memory) {
            for (writes, done) in stack.get_mut(place).into_iter().flatten().enumerate() {
                if let Some(done) = done.take().filter(|done| done.execution == self.execution) {
                    let start = stack_end(number) - (place + 1) * 8;
                    let [first, end] = done.bytes.map(|byte| start + usize::from(byte));
                    found.push((first..end, writes == 1, done));
                }
            }
        }
        found
    }
}

/// The places that some memory is in, each with the bytes of it that are meant.
fn parts(number: usize, memory: &Range<usize>) -> impl Iterator<Item = (usize, [u8; 2])> {
    let end = stack_end(number);
    let (first, last) = (memory.start / 8, memory.end.div_ceil(8));
    let memory = memory.clone();
    (first..last).map(move |cell| {
        let bytes = [memory.start.max(cell * 8), memory.end.min(cell * 8 + 8)].map(|byte| (byte - cell * 8) as u8);
        (end / 8 - 1 - cell, bytes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bohrbug::trace::{StepIdx, TaskId};

    #[test]
    fn the_last_read_and_write_are_taken_once_and_only_in_their_execution() {
        let mut stacks = OwnStacks::default();
        let at = |steps| Position { task: TaskId(1), steps: StepIdx(steps) };
        let top = stack_end(3);
        stacks.begin();
        stacks.used(3, &(top - 16..top - 12), true, at(1), 7);
        stacks.used(3, &(top - 16..top - 12), true, at(2), 8);
        stacks.used(3, &(top - 12..top - 4), false, at(3), 9);
        let taken = stacks.taken(3, &(top - 16..top));
        let facts: Vec<_> = taken.into_iter().map(|(memory, writes, done)| (memory, writes, done.code)).collect();
        let expected = [(top - 12..top - 8, false, 9), (top - 16..top - 12, true, 8), (top - 8..top - 4, false, 9)];
        assert_eq!(facts, expected);
        assert!(stacks.taken(3, &(top - 16..top)).is_empty());
        stacks.used(3, &(top - 8..top), true, at(4), 7);
        stacks.begin();
        assert!(stacks.taken(3, &(top - 8..top)).is_empty());
    }
}
