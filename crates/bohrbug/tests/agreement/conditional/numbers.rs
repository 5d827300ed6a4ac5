//! Programs that are drawn.

use super::{Op, Program};

/// Numbers that look random (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// A program: its steps come from one or two themes, and from atomics, so that its tasks meet.
    pub(crate) fn program(&mut self) -> Program {
        let themes = [self.below(THEMES), self.below(THEMES), 0];
        let tasks = 2 + self.below(3);
        let most = 9 / tasks;
        let capacity = [None, Some(0), Some(1)][self.below(3)];
        Program { capacity, tasks: (0..tasks).map(|task| self.ops(&themes, task, 1 + most, 0)).collect() }
    }

    /// A program whose tasks park, and wait for messages and for room by parking.
    pub(crate) fn program_that_parks(&mut self) -> Program {
        let themes = [3, 6];
        let tasks = 2 + self.below(2);
        let capacity = [None, Some(0), Some(1)][self.below(3)];
        Program { capacity, tasks: (0..tasks).map(|task| self.ops(&themes, task, 1 + 9 / tasks, 0)).collect() }
    }

    /// A program of atomics and loops that wait for them, and one more theme but the last, the semaphore.
    pub(crate) fn program_with_loops(&mut self) -> Program {
        let themes = [LOOPS, 0, self.below(THEMES - 1)];
        let tasks = 2 + self.below(2);
        Program { capacity: None, tasks: (0..tasks).map(|task| self.ops(&themes, task, 4, 0)).collect() }
    }

    fn ops(&mut self, themes: &[usize], task: usize, most: usize, depth: usize) -> Vec<Op> {
        let mut ops = Vec::new();
        for _ in 0..self.below(most) + usize::from(depth == 0) {
            let op = self.op(themes, task, depth);
            let sees = op.inside() == [&[] as &[Op], &[]];
            ops.push(op);
            if sees && depth < 2 && self.below(5) < 2 {
                let (then, otherwise) = (self.ops(themes, task, 2, depth + 1), self.ops(themes, task, 2, depth + 1));
                ops.push(Op::If(self.below(2) as u32, then, otherwise));
            }
        }
        ops
    }

    fn op(&mut self, themes: &[usize], task: usize, depth: usize) -> Op {
        let theme = themes[self.below(themes.len())];
        let word = self.below(2);
        let inside = if depth < 2 { self.ops(themes, task, 2, depth + 1) } else { Vec::new() };
        match (theme, self.below(6)) {
            (0, 0 | 1) => Op::Load(word),
            (0, 2 | 3) => Op::Store(word, self.below(3) as u32),
            (0, 4) => Op::Add(word),
            (0, _) => Op::Exchange(word, self.below(2) as u32, 1 + self.below(2) as u32),
            (1, 0..3) => Op::Lock(word, inside),
            (1, _) => Op::TryLock(word, inside),
            (2, 0 | 1) => Op::Read(inside),
            (2, 2) => Op::TryRead(inside),
            (2, 3 | 4) => Op::Write(inside),
            (2, _) => Op::TryWrite(inside),
            (3, 0 | 1) => Op::Send,
            (3, 2) => Op::TrySend,
            (3, 3 | 4) => Op::Recv,
            (3, _) => Op::TryRecv,
            (4, 0) => Op::Wait,
            (4, 1) => Op::WaitForFlag,
            (4, 2 | 3) => Op::SetFlag,
            (4, 4) => Op::NotifyOne,
            (4, _) => Op::NotifyAll,
            (5, 0..3) => Op::CallOnce(inside),
            (5, _) => Op::IsCompleted,
            (6, 0 | 1) => Op::Park,
            (6, _) => Op::Unpark(self.below(task + 1)),
            (7, 0..3) => Op::Choose(2 + self.below(2) as u32),
            (7, 3 | 4) => Op::Fault,
            (7, _) => Op::Yield,
            (8, _) => Op::Barrier,
            (9, 0 | 1) => Op::Acquire(1 + self.below(2) as u32, inside),
            (9, 2) => Op::TryAcquire(1 + self.below(2) as u32, inside),
            (9, 3) => Op::AddPermit,
            (9, 4) => Op::CountPermits,
            (9, _) => Op::CloseSemaphore,
            (LOOPS, 0..3) => Op::Spin(word, inside),
            (_, hint) => Op::Await(word, self.below(3) as u32, hint == 3),
        }
    }
}

/// One for each primitive, from 0.
const THEMES: usize = 10;

/// One more, for programs that are held against the others by what they come to alone.
const LOOPS: usize = 10;
