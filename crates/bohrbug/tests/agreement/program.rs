//! Random programs as data, and how they are made.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any};
use proptest::prop_oneof;
use proptest::sample::select;

/// One step of a task; those with steps inside do them while they hold the lock, run the initialisation, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Lock(usize, Vec<Op>),
    TryLock(usize, Vec<Op>),
    Read(Vec<Op>),
    TryRead(Vec<Op>),
    Write(Vec<Op>),
    TryWrite(Vec<Op>),
    /// Waits once, for whatever notification comes.
    Wait,
    /// Waits until the flag is set.
    WaitForFlag,
    SetFlag,
    NotifyOne,
    NotifyAll,
    Barrier,
    CallOnce(Vec<Op>),
    IsCompleted,
    WaitForOnce,
    GetOrInit,
    Get,
    Send,
    TrySend,
    Recv,
    TryRecv,
    DropSender,
    DropReceiver,
    /// Takes so many permits, and has them for the steps inside.
    Acquire(u32, Vec<Op>),
    TryAcquire(u32, Vec<Op>),
    AddPermit,
    Close,
    Load(usize),
    Store(usize),
    Add(usize),
    /// Exchanges 0 for the task's number.
    CompareExchange(usize),
    Park,
    /// Unparks main (0) or a child that was spawned before the task.
    Unpark(usize),
    /// Does the steps in a scoped thread, and waits for it.
    Scope(Vec<Op>),
    Yield,
    Choose,
    Panic,
}

/// What a program's channel can hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Capacity {
    Unbounded,
    Bounded(usize),
}

/// A child of main.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Child {
    pub(crate) ops: Vec<Op>,
    /// Whether main waits for it at its end.
    pub(crate) joined: bool,
}

/// Main spawns its children in order, does its own steps and joins the children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    pub(crate) capacity: Capacity,
    pub(crate) main: Vec<Op>,
    pub(crate) children: Vec<Child>,
}

impl Op {
    /// The steps inside.
    pub(crate) fn inside(&self) -> &[Self] {
        match self {
            Self::Lock(_, ops) | Self::TryLock(_, ops) => ops,
            Self::Read(ops) | Self::TryRead(ops) | Self::Write(ops) | Self::TryWrite(ops) => ops,
            Self::CallOnce(ops) | Self::Scope(ops) => ops,
            Self::Acquire(_, ops) | Self::TryAcquire(_, ops) => ops,
            _ => &[],
        }
    }

    /// Whether the step, or one inside, is of that sort.
    pub(crate) fn any(&self, is: &impl Fn(&Self) -> bool) -> bool {
        is(self) || self.inside().iter().any(|op| op.any(is))
    }

    /// Whether the step tries for what somebody else may have.
    pub(crate) fn tries(&self) -> bool {
        matches!(self, Self::TryLock(..) | Self::TryRead(_) | Self::TryWrite(_) | Self::TrySend | Self::TryAcquire(..))
    }

    /// Whether the step needs a sending end.
    pub(crate) fn sends(&self) -> bool {
        matches!(self, Self::Send | Self::TrySend | Self::DropSender)
    }

    /// Whether the step needs the receiving end.
    pub(crate) fn receives(&self) -> bool {
        matches!(self, Self::Recv | Self::TryRecv | Self::DropReceiver)
    }
}

impl Program {
    /// Whether a step of that sort is anywhere in it.
    pub(crate) fn any(&self, is: impl Fn(&Op) -> bool) -> bool {
        let mut ops = self.children.iter().flat_map(|child| &child.ops).chain(&self.main);
        ops.any(|op| op.any(&is))
    }
}

/// A set of primitives that programs are made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// What loom is asked about, too.
    LocksAndChannels,
    /// What waits for a word from another task.
    Signals,
    Everything,
    /// What chooses, several times in a step and in all.
    Choices,
}

/// Makes a step with others inside.
type Around = fn(Vec<Op>) -> Op;

/// The steps that have to do with one primitive: a program takes one theme or two, so that its tasks meet.
#[derive(Clone, Copy, Debug)]
struct Theme {
    simple: &'static [Op],
    around: &'static [Around],
}

const MUTEX: Theme = Theme {
    simple: &[Op::Lock(0, Vec::new()), Op::TryLock(0, Vec::new())],
    around: &[|ops| Op::Lock(0, ops), |ops| Op::Lock(1, ops), |ops| Op::TryLock(0, ops)],
};
const RWLOCK: Theme = Theme {
    simple: &[Op::Read(Vec::new()), Op::Write(Vec::new()), Op::TryRead(Vec::new()), Op::TryWrite(Vec::new())],
    around: &[Op::Read, Op::Write, Op::TryRead, Op::TryWrite],
};
const CHANNEL: Theme = Theme {
    simple: &[Op::Send, Op::Send, Op::TrySend, Op::Recv, Op::Recv, Op::TryRecv, Op::DropSender, Op::DropReceiver],
    around: &[],
};
const SEMAPHORE: Theme = Theme {
    simple: &[
        Op::Acquire(1, Vec::new()),
        Op::Acquire(2, Vec::new()),
        Op::TryAcquire(1, Vec::new()),
        Op::AddPermit,
        Op::Close,
    ],
    around: &[|ops| Op::Acquire(1, ops), |ops| Op::Acquire(2, ops), |ops| Op::TryAcquire(1, ops)],
};
const CONDVAR: Theme =
    Theme { simple: &[Op::Wait, Op::WaitForFlag, Op::SetFlag, Op::SetFlag, Op::NotifyOne, Op::NotifyAll], around: &[] };
const BARRIER: Theme = Theme { simple: &[Op::Barrier], around: &[] };
const ONCE: Theme = Theme { simple: &[Op::IsCompleted, Op::WaitForOnce], around: &[Op::CallOnce, Op::CallOnce] };
const CELL: Theme = Theme { simple: &[Op::GetOrInit, Op::Get], around: &[] };
const PARK: Theme = Theme { simple: &[Op::Park, Op::Unpark(0), Op::Unpark(1)], around: &[] };
const ATOMIC: Theme = Theme {
    simple: &[Op::Load(0), Op::Load(1), Op::Store(0), Op::Store(1), Op::Add(0), Op::CompareExchange(0)],
    around: &[],
};
const CHOICE: Theme =
    Theme { simple: &[Op::Choose, Op::Choose, Op::Choose, Op::Add(0)], around: &[|ops| Op::Lock(0, ops)] };
const THREAD: Theme = Theme { simple: &[Op::Yield, Op::Choose], around: &[Op::Scope] };

impl Family {
    fn themes(self) -> Vec<Theme> {
        match self {
            Self::LocksAndChannels => vec![MUTEX, RWLOCK, CHANNEL, SEMAPHORE],
            Self::Signals => vec![CONDVAR, BARRIER, ONCE, CELL, PARK, CHANNEL, SEMAPHORE, ATOMIC],
            Self::Choices => vec![CHOICE, CHOICE, MUTEX, CHANNEL, ATOMIC],
            Self::Everything => {
                vec![MUTEX, RWLOCK, CHANNEL, CONDVAR, BARRIER, ONCE, CELL, PARK, SEMAPHORE, ATOMIC, ATOMIC, THREAD]
            }
        }
    }

    /// Programs of this family.
    pub(crate) fn programs(self) -> impl Strategy<Value = Program> {
        let themes = (select(self.themes()), select(self.themes()), any::<bool>());
        themes.prop_flat_map(|(first, second, mixed)| of_themes(first, if mixed { second } else { first }))
    }
}

/// A step of one of the themes; one in twenty is a panic.
fn op(first: Theme, second: Theme) -> impl Strategy<Value = Op> + Clone {
    let simple = select([first.simple, first.simple, second.simple].concat());
    let around = [first.around, second.around].concat();
    let nothing: Around = |mut ops| ops.pop().unwrap_or(Op::Yield);
    let around = select(if around.is_empty() { vec![nothing] } else { around });
    let within = prop_oneof![4 => simple.clone(), 1 => Just(Op::Panic)];
    let nested = (around.clone(), vec(within, 0..=1)).prop_map(|(around, ops)| around(ops));
    // A lock inside a lock, so that locks can be taken in the wrong order.
    let deep = (around.clone(), around).prop_map(|(outer, inner)| outer(vec![inner(Vec::new())]));
    prop_oneof![12 => simple, 5 => nested, 2 => deep, 1 => Just(Op::Panic)]
}

fn of_themes(first: Theme, second: Theme) -> impl Strategy<Value = Program> {
    let op = op(first, second);
    let capacity = select(vec![Capacity::Unbounded, Capacity::Bounded(0), Capacity::Bounded(1)]);
    // Main does not wait for one child in eight; what that one sees is not part of the final state.
    let child = |most| {
        (vec(op.clone(), 1..=most), any::<u8>()).prop_map(|(ops, number)| Child { ops, joined: number % 8 != 0 })
    };
    let one = (capacity.clone(), vec(op.clone(), 1..=3), vec(child(3), 1));
    let two = (capacity, vec(op.clone(), 0..=1), vec(child(2), 2));
    prop_oneof![one, two].prop_map(|(capacity, main, children)| Program { capacity, main, children })
}
