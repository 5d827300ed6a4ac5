//! What a task does, operation by operation, and what it sees.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::PoisonError;

use bohrbug_sync::atomic::Ordering::SeqCst;
use bohrbug_sync::choice::choose;
use bohrbug_sync::mpsc::{self, Receiver};
use bohrbug_sync::thread::{self, Thread};
use bohrbug_sync::{TryAcquireError, TryLockError};

use super::World;
use crate::channel::Tx;
use crate::program::Op;

/// One task: where it writes, and what it alone has.
pub(super) struct Task<'a> {
    pub(super) world: &'a World,
    pub(super) slot: usize,
    /// The slot of its scoped threads.
    pub(super) scoped: usize,
    pub(super) tx: Option<Tx>,
    pub(super) rx: Option<Receiver<u32>>,
    /// Main, and the children that were spawned before the task.
    pub(super) threads: Vec<Thread>,
}

impl Task<'_> {
    pub(super) fn run(mut self, ops: &[Op]) {
        let result = catch_unwind(AssertUnwindSafe(|| self.perform_all(ops)));
        if let Err(payload) = result {
            // The end of an execution unwinds tasks, too, with a payload that says nothing.
            if payload.is::<&str>() || payload.is::<String>() {
                self.saw("panic", 0_u32);
            }
            resume_unwind(payload);
        }
    }

    fn saw(&self, step: &'static str, value: impl Into<u32>) {
        let value = value.into();
        self.world.book.with(|book| book.seen[self.slot].push((step, value)));
    }

    fn me(&self) -> u32 {
        self.slot as u32 + 1
    }

    fn perform_all(&mut self, ops: &[Op]) {
        for op in ops {
            self.perform(op);
        }
    }

    fn perform(&mut self, op: &Op) {
        match op {
            Op::Lock(..) | Op::TryLock(..) => self.mutex(op),
            Op::Read(_) | Op::TryRead(_) | Op::Write(_) | Op::TryWrite(_) => self.rwlock(op),
            Op::Wait | Op::WaitForFlag | Op::SetFlag | Op::NotifyOne | Op::NotifyAll => self.condvar(op),
            Op::CallOnce(_) | Op::IsCompleted | Op::WaitForOnce | Op::GetOrInit | Op::Get => self.once(op),
            Op::Send | Op::TrySend | Op::DropSender => self.sender(op),
            Op::Recv | Op::TryRecv | Op::DropReceiver => self.receiver(op),
            Op::Acquire(..) | Op::TryAcquire(..) | Op::AddPermit | Op::Close => self.semaphore(op),
            Op::Load(_) | Op::Store(_) | Op::Add(_) | Op::CompareExchange(_) => self.atomic(op),
            Op::Barrier => self.saw("barrier", self.world.barrier.wait().is_leader()),
            Op::Park | Op::Unpark(_) | Op::Scope(_) | Op::Yield => self.thread(op),
            Op::Choose => self.saw("choose", choose(2) as u32),
            Op::Panic => panic!("on purpose"),
        }
    }

    fn mutex(&mut self, op: &Op) {
        let (guard, inside) = match op {
            Op::TryLock(which, inside) => match self.world.mutexes[*which].try_lock() {
                Err(TryLockError::WouldBlock) => return self.saw("would-block", 0_u32),
                Err(TryLockError::Poisoned(poisoned)) => (Err(poisoned), inside),
                Ok(guard) => (Ok(guard), inside),
            },
            Op::Lock(which, inside) => (self.world.mutexes[*which].lock(), inside),
            _ => return,
        };
        self.saw("poisoned", guard.is_err());
        let mut guard = guard.unwrap_or_else(PoisonError::into_inner);
        self.saw("lock", *guard);
        *guard = *guard * 5 + self.me();
        self.perform_all(inside);
    }

    fn rwlock(&mut self, op: &Op) {
        let lock = &self.world.rwlock;
        let tried = |poisoned: bool| if poisoned { "poisoned" } else { "would-block" };
        match op {
            Op::Read(inside) => {
                let guard = lock.read();
                self.saw("read", guard.as_ref().map_or(1000, |guard| **guard));
                self.perform_all(inside);
            }
            Op::TryRead(inside) => match lock.try_read() {
                Ok(guard) => {
                    self.saw("read", *guard);
                    self.perform_all(inside);
                }
                Err(error) => self.saw(tried(matches!(error, TryLockError::Poisoned(_))), 0_u32),
            },
            Op::Write(inside) => {
                let guard = lock.write();
                self.saw("poisoned", guard.is_err());
                let mut guard = guard.unwrap_or_else(PoisonError::into_inner);
                *guard = *guard * 5 + self.me();
                self.saw("write", *guard);
                self.perform_all(inside);
            }
            Op::TryWrite(inside) => match lock.try_write() {
                Ok(mut guard) => {
                    *guard = *guard * 5 + self.me();
                    self.saw("write", *guard);
                    self.perform_all(inside);
                }
                Err(error) => self.saw(tried(matches!(error, TryLockError::Poisoned(_))), 0_u32),
            },
            _ => {}
        }
    }

    fn condvar(&mut self, op: &Op) {
        let World { flag, condvar, .. } = self.world;
        let lock = || flag.lock().unwrap_or_else(PoisonError::into_inner);
        match op {
            Op::Wait => {
                let guard = condvar.wait(lock()).unwrap_or_else(PoisonError::into_inner);
                self.saw("woken", *guard);
            }
            Op::WaitForFlag => {
                let guard = condvar.wait_while(lock(), |flag| !*flag).unwrap_or_else(PoisonError::into_inner);
                self.saw("flag", *guard);
            }
            Op::SetFlag => {
                *lock() = true;
                condvar.notify_one();
                self.saw("set", 0_u32);
            }
            Op::NotifyOne => {
                condvar.notify_one();
                self.saw("notified", 1_u32);
            }
            _ => {
                condvar.notify_all();
                self.saw("notified", 2_u32);
            }
        }
    }

    fn once(&mut self, op: &Op) {
        let World { once, cell, .. } = self.world;
        match op {
            Op::CallOnce(inside) => {
                once.call_once(|| {
                    self.saw("first", 0_u32);
                    self.perform_all(inside);
                });
                self.saw("once", once.is_completed());
            }
            Op::IsCompleted => self.saw("completed", once.is_completed()),
            Op::WaitForOnce => {
                once.wait();
                self.saw("waited", 0_u32);
            }
            Op::GetOrInit => self.saw("cell", *cell.get_or_init(|| self.me())),
            _ => self.saw("cell", cell.get().copied().unwrap_or(0)),
        }
    }

    fn sender(&mut self, op: &Op) {
        let me = self.me();
        let outcome: u32 = match (&self.tx, op) {
            (None, _) => 9,
            (_, Op::DropSender) => {
                self.tx = None;
                2
            }
            (Some(Tx::Unbounded(tx)), _) => tx.send(me).is_ok().into(),
            (Some(Tx::Bounded(tx)), Op::Send) => tx.send(me).is_ok().into(),
            (Some(Tx::Bounded(tx)), _) => match tx.try_send(me) {
                Ok(()) => 1,
                Err(mpsc::TrySendError::Full(_)) => 3,
                Err(mpsc::TrySendError::Disconnected(_)) => 0,
            },
        };
        self.saw("send", outcome);
    }

    fn receiver(&mut self, op: &Op) {
        let received = match (&self.rx, op) {
            (None, _) => 1009,
            (_, Op::DropReceiver) => {
                self.rx = None;
                1002
            }
            (Some(rx), Op::Recv) => rx.recv().unwrap_or(1000),
            (Some(rx), _) => match rx.try_recv() {
                Ok(message) => message,
                Err(mpsc::TryRecvError::Empty) => 1003,
                Err(mpsc::TryRecvError::Disconnected) => 1000,
            },
        };
        self.saw("receive", received);
    }

    fn semaphore(&mut self, op: &Op) {
        let semaphore = &self.world.semaphore;
        match op {
            Op::Acquire(permits, inside) => {
                let permit = semaphore.acquire_many(*permits);
                self.saw("acquired", permit.is_ok());
                if permit.is_ok() {
                    self.perform_all(inside);
                }
            }
            Op::TryAcquire(permits, inside) => match semaphore.try_acquire_many(*permits) {
                Ok(_permit) => {
                    self.saw("acquired", 1_u32);
                    self.perform_all(inside);
                }
                Err(error) => self.saw("refused", u32::from(error == TryAcquireError::Closed)),
            },
            Op::AddPermit => {
                semaphore.add_permits(1);
                self.saw("added", 0_u32);
            }
            _ => {
                semaphore.close();
                self.saw("closed", 0_u32);
            }
        }
    }

    fn atomic(&mut self, op: &Op) {
        let me = self.me();
        let atomic = |which: &usize| &self.world.atomics[*which];
        match op {
            Op::Load(which) => self.saw("load", atomic(which).load(SeqCst)),
            Op::Store(which) => {
                atomic(which).store(me, SeqCst);
                self.saw("store", 0_u32);
            }
            Op::Add(which) => self.saw("add", atomic(which).fetch_add(me, SeqCst)),
            Op::CompareExchange(which) => {
                let found = atomic(which).compare_exchange(0, me, SeqCst, SeqCst);
                self.saw("exchange", found.unwrap_or_else(|found| found + 100));
            }
            _ => {}
        }
    }

    fn thread(&mut self, op: &Op) {
        match op {
            Op::Park => {
                thread::park();
                self.saw("park", 0_u32);
            }
            Op::Unpark(which) => {
                if let Some(thread) = self.threads.get(*which) {
                    thread.unpark();
                }
                self.saw("unpark", 0_u32);
            }
            Op::Scope(inside) => {
                let inner = Task {
                    world: self.world,
                    slot: self.scoped,
                    scoped: self.scoped,
                    tx: None,
                    rx: None,
                    threads: self.threads.clone(),
                };
                thread::scope(|scope| {
                    scope.spawn(|| inner.run(inside));
                });
                self.saw("scope", 0_u32);
            }
            _ => {
                thread::yield_now();
                self.saw("yield", 0_u32);
            }
        }
    }
}
