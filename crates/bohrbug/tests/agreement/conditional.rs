//! Random programs whose steps depend on what their tasks have seen: as data, how they are made, and how they are run.
//!
//! Main spawns every task, in order, and joins them; a task's steps are below. After most of those that see something
//! comes a condition on what was seen.

use std::sync::{Arc, Mutex as Plain, PoisonError};

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::{choose, fault};
use bohrbug_sync::mpsc::{self, Receiver, Sender, SyncSender};
use bohrbug_sync::thread::{self, Thread};
use bohrbug_sync::{Barrier, Condvar, Mutex, Once, RwLock, Semaphore, hint};

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

    /// A program of atomics and loops that wait for them, and one more theme.
    pub(crate) fn program_with_loops(&mut self) -> Program {
        let themes = [LOOPS, 0, self.below(THEMES)];
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

/// What the tasks have seen, each in its order, and the words at the end; outside of the model, and nobody reads it there.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Final {
    pub(crate) seen: Vec<Vec<u32>>,
    /// `None` if not all tasks have come to their end.
    pub(crate) words: Option<[u32; 2]>,
}

/// A final state in the making.
pub(crate) type Book = Arc<Plain<Final>>;

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

enum Tx {
    Unbounded(Sender<u32>),
    Bounded(SyncSender<u32>),
}

impl Tx {
    fn another(&self) -> Self {
        match self {
            Self::Unbounded(sender) => Self::Unbounded(sender.clone()),
            Self::Bounded(sender) => Self::Bounded(sender.clone()),
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
    let (tx, rx) = match program.capacity {
        None => {
            let (tx, rx) = mpsc::channel();
            (Tx::Unbounded(tx), rx)
        }
        Some(capacity) => {
            let (tx, rx) = mpsc::sync_channel(capacity);
            (Tx::Bounded(tx), rx)
        }
    };
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
