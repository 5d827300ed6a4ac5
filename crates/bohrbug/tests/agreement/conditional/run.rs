//! A program as the body of an execution.

use std::sync::{Arc, PoisonError};

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::{choose, fault};
use bohrbug_sync::mpsc::{self, Receiver};
use bohrbug_sync::thread::{self, Thread};
use bohrbug_sync::{Barrier, Condvar, Mutex, Once, RwLock, Semaphore, hint};

use super::{Book, Final, Op, PARTIES, PERMITS, Program};
use crate::channel::{Tx, channel};

struct World {
    words: [AtomicU32; 2],
    locks: [Mutex<()>; 2],
    rwlock: RwLock<()>,
    flag: Mutex<bool>,
    changed: Condvar,
    once: Once,
    barrier: Barrier,
    semaphore: Semaphore,
}

impl World {
    fn new() -> Self {
        Self {
            words: [AtomicU32::new(0), AtomicU32::new(0)],
            locks: [Mutex::new(()), Mutex::new(())],
            rwlock: RwLock::new(()),
            flag: Mutex::new(false),
            changed: Condvar::new(),
            once: Once::new(),
            barrier: Barrier::new(PARTIES),
            semaphore: Semaphore::new(PERMITS),
        }
    }
}

/// The body of an execution.
pub(crate) fn run(program: &Program, book: &Book) {
    let note = |f: &mut dyn FnMut(&mut Final)| f(&mut book.lock().unwrap_or_else(PoisonError::into_inner));
    note(&mut |book| *book = Final { seen: vec![Vec::new(); program.tasks.len()], words: None });
    let world = Arc::new(World::new());
    let (mut senders, mut receiver) = ends(program);
    let (mut threads, mut handles) = (Vec::new(), Vec::new());
    for (number, ops) in program.tasks.iter().enumerate() {
        let (world, book, ops, known) = (world.clone(), book.clone(), ops.clone(), threads.clone());
        let rx = if program.receiver() == Some(number) { receiver.take() } else { None };
        let tx = senders[number].take();
        let handle = thread::spawn(move || {
            let mut task = Task { world: &world, book, number, last: 0, tx, rx, known };
            task.perform_all(&ops);
            drop(task.tx.take());
            drop(task.rx.take());
        });
        threads.push(handle.thread().clone());
        handles.push(handle);
    }
    // Nobody uses these, and nobody is to see them go.
    std::mem::forget(receiver);
    for handle in handles {
        handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
    let words = [0, 1].map(|word| world.words[word].load(SeqCst));
    note(&mut |book| book.words = Some(words));
}

/// The channel's ends: a sender for each task that sends, and the receiver. A sender that nobody wants is never dropped.
fn ends(program: &Program) -> (Vec<Option<Tx>>, Option<Receiver<u32>>) {
    let mut senders: Vec<Option<Tx>> = program.tasks.iter().map(|_| None).collect();
    let who = program.senders();
    if who.is_empty() && program.receiver().is_none() {
        return (senders, None);
    }
    let (tx, rx) = channel(program.capacity);
    match who.split_last() {
        None => std::mem::forget(tx),
        Some((&last, others)) => {
            others.iter().for_each(|&task| senders[task] = Some(tx.another()));
            senders[last] = Some(tx);
        }
    }
    (senders, Some(rx))
}

struct Task<'a> {
    world: &'a World,
    book: Book,
    number: usize,
    last: u32,
    tx: Option<Tx>,
    rx: Option<Receiver<u32>>,
    known: Vec<Thread>,
}

impl Task<'_> {
    fn perform_all(&mut self, ops: &[Op]) {
        ops.iter().for_each(|op| self.perform(op));
    }

    fn saw(&mut self, number: impl Into<u32>) {
        self.last = number.into();
        self.book.lock().unwrap_or_else(PoisonError::into_inner).seen[self.number].push(self.last);
    }

    fn perform(&mut self, op: &Op) {
        let world = self.world;
        match op {
            Op::Load(word) => self.saw(world.words[*word].load(SeqCst)),
            Op::Store(word, value) => world.words[*word].store(*value, SeqCst),
            Op::Add(word) => self.saw(world.words[*word].fetch_add(1, SeqCst)),
            Op::Exchange(word, from, to) => {
                self.saw(world.words[*word].compare_exchange(*from, *to, SeqCst, SeqCst).is_ok());
            }
            Op::Await(word, value, hint) => {
                while world.words[*word].load(SeqCst) != *value {
                    if *hint {
                        hint::spin_loop();
                    }
                }
            }
            Op::Spin(word, ops) => {
                while world.words[*word].compare_exchange(0, 1, SeqCst, SeqCst).is_err() {}
                self.perform_all(ops);
                world.words[*word].store(0, SeqCst);
            }
            Op::Lock(..) | Op::TryLock(..) | Op::Read(_) | Op::TryRead(_) | Op::Write(_) | Op::TryWrite(_) => {
                self.locked(op);
            }
            Op::Send | Op::TrySend | Op::Recv | Op::TryRecv => self.messages(op),
            Op::Wait | Op::WaitForFlag | Op::SetFlag | Op::NotifyOne | Op::NotifyAll => self.condvar(op),
            Op::Barrier => self.saw(world.barrier.wait().is_leader()),
            Op::CallOnce(ops) => world.once.call_once(|| self.perform_all(ops)),
            Op::IsCompleted => self.saw(world.once.is_completed()),
            Op::Acquire(..) | Op::TryAcquire(..) | Op::AddPermit | Op::CountPermits | Op::CloseSemaphore => {
                self.permits(op);
            }
            Op::Park => thread::park(),
            Op::Unpark(task) => self.known.get(*task).into_iter().for_each(Thread::unpark),
            Op::Yield => thread::yield_now(),
            Op::Choose(alternatives) => self.saw(choose(*alternatives as usize) as u32),
            Op::Fault => self.saw(fault("a fault")),
            Op::If(number, then, otherwise) => {
                self.perform_all(if self.last == *number { then } else { otherwise });
            }
        }
    }

    fn locked(&mut self, op: &Op) {
        let World { locks, rwlock, .. } = self.world;
        match op {
            Op::Lock(lock, ops) => {
                let _held = locks[*lock].lock().unwrap();
                self.perform_all(ops);
            }
            Op::Read(ops) => {
                let _held = rwlock.read().unwrap();
                self.perform_all(ops);
            }
            Op::Write(ops) => {
                let _held = rwlock.write().unwrap();
                self.perform_all(ops);
            }
            Op::TryLock(lock, ops) => self.tried(locks[*lock].try_lock().ok(), ops),
            Op::TryRead(ops) => self.tried(rwlock.try_read().ok(), ops),
            Op::TryWrite(ops) => self.tried(rwlock.try_write().ok(), ops),
            _ => {}
        }
    }

    fn tried<G>(&mut self, guard: Option<G>, ops: &[Op]) {
        self.saw(guard.is_some());
        if guard.is_some() {
            self.perform_all(ops);
        }
    }

    fn permits(&mut self, op: &Op) {
        let semaphore = &self.world.semaphore;
        match op {
            Op::Acquire(permits, ops) => {
                let permit = semaphore.acquire_many(*permits);
                self.saw(permit.is_ok());
                if permit.is_ok() {
                    self.perform_all(ops);
                }
            }
            Op::TryAcquire(permits, ops) => {
                let permit = semaphore.try_acquire_many(*permits);
                self.saw(permit.is_ok());
                if permit.is_ok() {
                    self.perform_all(ops);
                }
            }
            Op::AddPermit => semaphore.add_permits(1),
            Op::CountPermits => self.saw(semaphore.available_permits() as u32),
            _ => semaphore.close(),
        }
    }

    fn messages(&mut self, op: &Op) {
        let me = self.number as u32;
        let number = match (op, &self.tx, &self.rx) {
            (Op::Send, Some(Tx::Unbounded(tx)), _) | (Op::TrySend, Some(Tx::Unbounded(tx)), _) => {
                u32::from(tx.send(me).is_ok())
            }
            (Op::Send, Some(Tx::Bounded(tx)), _) => tx.send(me).is_ok().into(),
            (Op::TrySend, Some(Tx::Bounded(tx)), _) => tx.try_send(me).is_ok().into(),
            (Op::Recv, _, Some(rx)) => rx.recv().unwrap_or(9),
            (Op::TryRecv, _, Some(rx)) => match rx.try_recv() {
                Ok(message) => message,
                Err(mpsc::TryRecvError::Empty) => 8,
                Err(mpsc::TryRecvError::Disconnected) => 9,
            },
            _ => return,
        };
        self.saw(number);
    }

    fn condvar(&mut self, op: &Op) {
        let World { flag, changed, .. } = self.world;
        match op {
            Op::Wait => drop(changed.wait(flag.lock().unwrap()).unwrap()),
            Op::WaitForFlag => drop(changed.wait_while(flag.lock().unwrap(), |flag| !*flag).unwrap()),
            Op::SetFlag => {
                *flag.lock().unwrap() = true;
                changed.notify_one();
            }
            Op::NotifyOne => changed.notify_one(),
            _ => changed.notify_all(),
        }
    }
}
