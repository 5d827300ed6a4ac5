//! Random programs whose steps depend on what their tasks have seen: as data; `numbers`
//! makes them, and `run` runs them.
//!
//! Main spawns every task, in order, and joins them; a task's steps are below. After most of those that see something
//! comes a condition on what was seen.

mod numbers;
mod run;

use std::sync::{Arc, Mutex as Plain};

pub(crate) use numbers::Numbers;
pub(crate) use run::run;

/// One step of a task. Those that see a number remember it; a number is what was read, or 1 for what could be done and 0
/// for what could not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Load(usize),
    Store(usize, u32),
    /// Adds 1, and sees what was there.
    Add(usize),
    /// Exchanges the first number for the second; sees whether it did.
    Exchange(usize, u32, u32),
    Lock(usize, Vec<Op>),
    TryLock(usize, Vec<Op>),
    Read(Vec<Op>),
    TryRead(Vec<Op>),
    Write(Vec<Op>),
    TryWrite(Vec<Op>),
    /// Sends the task's number; sees whether it could.
    Send,
    TrySend,
    /// Sees the message, or 9 if there is none and can be none.
    Recv,
    /// As `Recv`, or 8 if there is none yet.
    TryRecv,
    /// Waits for one notification, whatever it means.
    Wait,
    /// Waits until the flag is set.
    WaitForFlag,
    /// Sets the flag, and notifies one after the lock was given back.
    SetFlag,
    NotifyOne,
    NotifyAll,
    /// Sees whether it is the leader.
    Barrier,
    CallOnce(Vec<Op>),
    IsCompleted,
    /// Waits for so many permits, and has them for the steps inside; sees whether it got them.
    Acquire(u32, Vec<Op>),
    TryAcquire(u32, Vec<Op>),
    /// Adds a permit.
    AddPermit,
    /// Sees how many permits there are.
    CountPermits,
    CloseSemaphore,
    Park,
    /// Unparks a task that was spawned before this one.
    Unpark(usize),
    Yield,
    Choose(u32),
    Fault,
    /// Reads a word until it has that value; with a hint, or without.
    Await(usize, u32, bool),
    /// Exchanges 0 for 1 until that succeeds, and stores 0 after the steps.
    Spin(usize, Vec<Op>),
    /// The first steps if that number was seen last, or else the second.
    If(u32, Vec<Op>, Vec<Op>),
}

/// Everything that a run needs to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Program {
    /// How many messages the channel holds, if it has a bound.
    pub(crate) capacity: Option<usize>,
    pub(crate) tasks: Vec<Vec<Op>>,
}

/// How many tasks meet at the barrier.
pub(crate) const PARTIES: usize = 2;

/// What the semaphore begins with.
pub(crate) const PERMITS: usize = 1;

impl Op {
    /// The steps inside, in one or two lists.
    pub(crate) fn inside(&self) -> [&[Self]; 2] {
        match self {
            Self::Lock(_, ops) | Self::TryLock(_, ops) | Self::CallOnce(ops) | Self::Spin(_, ops) => [ops, &[]],
            Self::Read(ops) | Self::TryRead(ops) | Self::Write(ops) | Self::TryWrite(ops) => [ops, &[]],
            Self::Acquire(_, ops) | Self::TryAcquire(_, ops) => [ops, &[]],
            Self::If(_, then, otherwise) => [then, otherwise],
            _ => [&[], &[]],
        }
    }

    fn inside_mut(&mut self) -> Vec<&mut Vec<Self>> {
        match self {
            Self::Lock(_, ops) | Self::TryLock(_, ops) | Self::CallOnce(ops) | Self::Spin(_, ops) => vec![ops],
            Self::Read(ops) | Self::TryRead(ops) | Self::Write(ops) | Self::TryWrite(ops) => vec![ops],
            Self::Acquire(_, ops) | Self::TryAcquire(_, ops) => vec![ops],
            Self::If(_, then, otherwise) => vec![then, otherwise],
            _ => Vec::new(),
        }
    }

    /// Whether the step, or one inside, is of that sort.
    pub(crate) fn any(&self, is: fn(&Self) -> bool) -> bool {
        is(self) || self.inside().into_iter().flatten().any(|op| op.any(is))
    }
}

impl Program {
    /// The tasks that have a sender.
    pub(crate) fn senders(&self) -> Vec<usize> {
        self.who(|op| matches!(op, Op::Send | Op::TrySend))
    }

    /// The task that has the receiver: the first that wants it.
    pub(crate) fn receiver(&self) -> Option<usize> {
        self.who(|op| matches!(op, Op::Recv | Op::TryRecv)).first().copied()
    }

    fn who(&self, is: fn(&Op) -> bool) -> Vec<usize> {
        (0..self.tasks.len()).filter(|&task| self.tasks[task].iter().any(|op| op.any(is))).collect()
    }

    /// The same with one step less, in every way.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for task in 0..self.tasks.len() {
            let mut number = 0;
            loop {
                let mut program = self.clone();
                let mut left = number;
                if !remove(&mut program.tasks[task], &mut left) {
                    break;
                }
                all.push(program);
                number += 1;
            }
        }
        all
    }
}

/// Takes out the step of that number, or what is around its steps.
fn remove(ops: &mut Vec<Op>, number: &mut usize) -> bool {
    for place in 0..ops.len() {
        if *number == 0 {
            ops.remove(place);
            return true;
        }
        *number -= 1;
        let inside: Vec<Op> = ops[place].inside().concat();
        if !inside.is_empty() {
            if *number == 0 {
                ops.splice(place..=place, inside);
                return true;
            }
            *number -= 1;
        }
        if ops[place].inside_mut().into_iter().any(|ops| remove(ops, number)) {
            return true;
        }
    }
    false
}

/// What the tasks have seen, each in its order, and the words at the end; outside of the model, and nobody reads it there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Final {
    pub(crate) seen: Vec<Vec<u32>>,
    /// `None` if not all tasks have come to their end.
    pub(crate) words: Option<[u32; 2]>,
}

/// A final state in the making.
pub(crate) type Book = Arc<Plain<Final>>;
