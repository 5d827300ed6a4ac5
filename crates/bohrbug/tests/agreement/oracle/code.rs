//! A task as a list of steps that a machine does.

use crate::conditional::{Op, Program};

/// One step of a task, as a machine does it. Jumps are to places in the task's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Do {
    Load(usize),
    Store(usize, u32),
    Add(usize),
    Exchange(usize, u32, u32),
    /// Waits for the value: a loop that reads until it is there comes to the same.
    Await(usize, u32),
    /// Waits for 0, and stores 1.
    Take(usize),
    Lock(usize),
    Unlock(usize),
    /// Jumps if it is held.
    TryLock(usize, usize),
    Read,
    EndRead,
    TryRead(usize),
    Write,
    EndWrite,
    TryWrite(usize),
    Send,
    /// The receiver of a rendezvous has taken it, or is gone.
    HandOver,
    TrySend,
    /// The receiver of a rendezvous is here.
    Offer,
    Recv,
    TryRecv,
    DropSender,
    DropReceiver,
    Wait,
    Wake,
    NotifyOne,
    NotifyAll,
    Arrive,
    Leave,
    /// Jumps if it is complete; nobody looks who has seen that before.
    Check(usize),
    Begin(usize),
    Complete,
    /// Sees whether it is complete.
    Look,
    /// Takes so many permits, or stands in line.
    Acquire(u32),
    /// Has what it stood in line for; jumps if it has not and will not.
    Granted(usize),
    /// Jumps if there are fewer.
    TryAcquire(u32, usize),
    Release(u32),
    CountPermits,
    CloseSemaphore,
    Park,
    Unpark(usize),
    Choose(u32),
    // These are part of the step before.
    SetFlag,
    JumpUnlessFlag(usize),
    JumpUnless(u32, usize),
    Jump(usize),
}

/// The mutex around the flag.
pub(super) const FLAG: usize = 2;

pub(super) struct Compiler {
    pub(super) code: Vec<Do>,
    pub(super) rendezvous: bool,
    pub(super) bounded: bool,
    pub(super) sends: bool,
    pub(super) receives: bool,
    pub(super) me: usize,
}

impl Compiler {
    fn all(&mut self, ops: &[Op]) {
        ops.iter().for_each(|op| self.op(op));
    }

    /// The step, what is inside, and the end of it; a step that jumps jumps behind that.
    fn around(&mut self, begin: impl Fn(usize) -> Do, ops: &[Op], end: Do) {
        let place = self.code.len();
        self.code.push(begin(0));
        self.all(ops);
        self.code.push(end);
        self.code[place] = begin(self.code.len());
    }

    fn op(&mut self, op: &Op) {
        match op {
            Op::Load(word) => self.code.push(Do::Load(*word)),
            Op::Store(word, value) => self.code.push(Do::Store(*word, *value)),
            Op::Add(word) => self.code.push(Do::Add(*word)),
            Op::Exchange(word, from, to) => self.code.push(Do::Exchange(*word, *from, *to)),
            Op::Await(word, value, _) => self.code.push(Do::Await(*word, *value)),
            Op::Spin(word, ops) => self.around(|_| Do::Take(*word), ops, Do::Store(*word, 0)),
            Op::Lock(lock, ops) => self.around(|_| Do::Lock(*lock), ops, Do::Unlock(*lock)),
            Op::TryLock(lock, ops) => self.around(|end| Do::TryLock(*lock, end), ops, Do::Unlock(*lock)),
            Op::Read(ops) => self.around(|_| Do::Read, ops, Do::EndRead),
            Op::TryRead(ops) => self.around(Do::TryRead, ops, Do::EndRead),
            Op::Write(ops) => self.around(|_| Do::Write, ops, Do::EndWrite),
            Op::TryWrite(ops) => self.around(Do::TryWrite, ops, Do::EndWrite),
            Op::Send | Op::TrySend if !self.sends => {}
            Op::TrySend if self.bounded => self.code.push(Do::TrySend),
            Op::Send | Op::TrySend => {
                self.code.push(Do::Send);
                if self.rendezvous {
                    self.code.push(Do::HandOver);
                }
            }
            Op::Recv | Op::TryRecv if !self.receives => {}
            Op::Recv => {
                if self.rendezvous {
                    self.code.push(Do::Offer);
                }
                self.code.push(Do::Recv);
            }
            Op::TryRecv => self.code.push(Do::TryRecv),
            Op::Wait => self.code.extend([Do::Lock(FLAG), Do::Wait, Do::Wake, Do::Unlock(FLAG)]),
            Op::WaitForFlag => {
                let place = self.code.len();
                self.code.extend([Do::Lock(FLAG), Do::JumpUnlessFlag(place + 3), Do::Jump(place + 6)]);
                self.code.extend([Do::Wait, Do::Wake, Do::Jump(place + 1), Do::Unlock(FLAG)]);
            }
            Op::SetFlag => self.code.extend([Do::Lock(FLAG), Do::SetFlag, Do::Unlock(FLAG), Do::NotifyOne]),
            Op::NotifyOne => self.code.push(Do::NotifyOne),
            Op::NotifyAll => self.code.push(Do::NotifyAll),
            Op::Barrier => self.code.extend([Do::Arrive, Do::Leave]),
            Op::CallOnce(ops) => {
                let place = self.code.len();
                self.code.extend([Do::Check(0), Do::Begin(0)]);
                self.all(ops);
                self.code.push(Do::Complete);
                let end = self.code.len();
                (self.code[place], self.code[place + 1]) = (Do::Check(end), Do::Begin(end));
            }
            Op::IsCompleted => self.code.push(Do::Look),
            Op::Acquire(permits, ops) => {
                self.code.push(Do::Acquire(*permits));
                self.around(Do::Granted, ops, Do::Release(*permits));
            }
            Op::TryAcquire(permits, ops) => {
                self.around(|end| Do::TryAcquire(*permits, end), ops, Do::Release(*permits));
            }
            Op::AddPermit => self.code.push(Do::Release(1)),
            Op::CountPermits => self.code.push(Do::CountPermits),
            Op::CloseSemaphore => self.code.push(Do::CloseSemaphore),
            Op::Park => self.code.push(Do::Park),
            Op::Unpark(task) if *task < self.me => self.code.push(Do::Unpark(*task)),
            Op::Unpark(_) | Op::Yield => {}
            Op::Choose(alternatives) => self.code.push(Do::Choose(*alternatives)),
            Op::Fault => self.code.push(Do::Choose(2)),
            Op::If(number, then, otherwise) => {
                let place = self.code.len();
                self.code.push(Do::Jump(0));
                self.all(then);
                let end = self.code.len();
                self.code.push(Do::Jump(0));
                self.code[place] = Do::JumpUnless(*number, self.code.len());
                self.all(otherwise);
                self.code[end] = Do::Jump(self.code.len());
            }
        }
    }
}

pub(super) fn compile(program: &Program, me: usize) -> Vec<Do> {
    let (sends, receives) = (program.senders().contains(&me), program.receiver() == Some(me));
    let (bounded, rendezvous) = (program.capacity.is_some(), program.capacity == Some(0));
    let mut compiler = Compiler { code: Vec::new(), rendezvous, bounded, sends, receives, me };
    compiler.all(&program.tasks[me]);
    compiler.code.extend(sends.then_some(Do::DropSender));
    compiler.code.extend(receives.then_some(Do::DropReceiver));
    compiler.code
}
