//! Random programs as data, and what they can come to.

/// How many tasks a program has, `main` included.
pub(crate) const TASKS: usize = 3;

/// One step of a task, which has `Arc`s and `Weak`s of one family. Without the one that it needs it does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Clone,
    Drop,
    /// Sees how many there are.
    Count,
    /// Sees whether it is the only one, and writes the cell if so.
    GetMut,
    TryUnwrap,
    IntoInner,
    Downgrade,
    Upgrade,
    DropWeak,
    /// Counts one more by a pointer that is kept since the beginning, whether or not anything is there.
    Raise,
    ReadCell,
    WriteCell,
    Load,
    Store,
}

/// Main, and two tasks that it spawns and joins; each begins with an `Arc` of its own, and drops at its end what it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) tasks: [Vec<Op>; TASKS],
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Outcome {
    /// What each task saw, and who dropped the value.
    Ended { seen: [Vec<u8>; TASKS], dropped: Vec<u8> },
    /// A data race on the cell.
    Race,
    /// A use of freed memory.
    Misuse,
    /// A failure that no program here should have.
    Other(String),
}

impl Program {
    /// The same with one step less, in every way.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let places = (0..TASKS).flat_map(|task| (0..self.tasks[task].len()).map(move |place| (task, place)));
        let without = |(task, place): (usize, usize)| {
            let mut program = self.clone();
            program.tasks[task].remove(place);
            program
        };
        places.map(without).collect()
    }
}

/// Numbers that look random (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % bound as u64) as usize
    }

    /// A program: its steps are of two or three sorts, so that its tasks meet.
    pub(crate) fn program(&mut self) -> Program {
        let sorts: &[Op] = match self.below(6) {
            0 => &[Op::Clone, Op::Drop, Op::Count],
            1 => &[Op::Drop, Op::GetMut, Op::TryUnwrap, Op::IntoInner, Op::ReadCell],
            2 => &[Op::Downgrade, Op::Upgrade, Op::Drop, Op::DropWeak, Op::GetMut],
            3 => &[Op::Raise, Op::Drop, Op::Drop, Op::Store],
            4 => &[Op::ReadCell, Op::WriteCell, Op::Load, Op::Store, Op::Drop, Op::GetMut],
            _ => &[
                Op::Clone,
                Op::Drop,
                Op::Count,
                Op::GetMut,
                Op::TryUnwrap,
                Op::IntoInner,
                Op::Downgrade,
                Op::Upgrade,
                Op::ReadCell,
                Op::WriteCell,
                Op::Load,
                Op::Store,
            ],
        };
        Program { tasks: [(); TASKS].map(|()| (0..self.below(4)).map(|_| sorts[self.below(sorts.len())]).collect()) }
    }
}
