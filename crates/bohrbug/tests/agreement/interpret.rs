//! Runs a program and writes down what its tasks see.
//!
//! The book lies outside the model, and no task may learn anything from it: what a task does depends on the primitives
//! alone, or a strategy that does not know of the book could not find everything.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex as Plain, PoisonError};

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::choice::choose;
use bohrbug_sync::mpsc::{self, Receiver, Sender, SyncSender};
use bohrbug_sync::thread::{self, Thread};
use bohrbug_sync::{Barrier, Condvar, Mutex, Once, OnceLock, RwLock, TryLockError};

use crate::program::{Capacity, Op, Program};

/// What a task saw: at which step, and a number.
pub(crate) type Seen = (&'static str, u32);

/// How an execution of a program ended, in a form that can be compared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Final {
    /// Main came to its end: what it and the joined children saw, and the shared values.
    Ended(Vec<Vec<Seen>>, Vec<u32>),
    /// Main panicked: what it saw.
    Panicked(Vec<Seen>),
    /// Nothing could go on: what everybody had seen.
    Stuck(Vec<Vec<Seen>>),
    /// Tasks waited for each other. The execution was ended when that was found, with the others wherever they were.
    Cycle,
    /// A failure that no program here should have.
    Other(String),
}

/// The record of one execution.
#[derive(Debug, Default)]
pub(crate) struct Book {
    seen: Vec<Vec<Seen>>,
    end: Option<Final>,
}

/// The book, shared by everybody who writes in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shared(Arc<Plain<Book>>);

impl Shared {
    fn with<R>(&self, f: impl FnOnce(&mut Book) -> R) -> R {
        f(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes out how the last execution ended, as far as main could tell.
    pub(crate) fn take_end(&self) -> Option<Final> {
        self.with(|book| book.end.take())
    }
}

struct World {
    book: Shared,
    mutexes: [Mutex<u32>; 2],
    flag: Mutex<bool>,
    condvar: Condvar,
    rwlock: RwLock<u32>,
    barrier: Barrier,
    once: Once,
    cell: OnceLock<u32>,
    atomics: [AtomicU32; 2],
}

impl World {
    fn new(book: Shared) -> Self {
        Self {
            book,
            mutexes: [Mutex::new(0), Mutex::new(0)],
            flag: Mutex::new(false),
            condvar: Condvar::new(),
            rwlock: RwLock::new(0),
            barrier: Barrier::new(2),
            once: Once::new(),
            cell: OnceLock::new(),
            atomics: [AtomicU32::new(0), AtomicU32::new(0)],
        }
    }

    /// The values at the end, when nobody uses them any more.
    fn values(&self) -> Vec<u32> {
        let atomics = self.atomics.iter().map(|atomic| atomic.load(SeqCst));
        let mutexes = self.mutexes.iter().map(|mutex| *mutex.lock().unwrap_or_else(PoisonError::into_inner));
        let poison = self.mutexes.iter().map(|mutex| mutex.is_poisoned().into());
        atomics.chain(mutexes).chain(poison).chain([self.rwlock.is_poisoned().into()]).collect()
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

/// One task: where it writes, and what it alone has.
struct Task<'a> {
    world: &'a World,
    slot: usize,
    /// The slot of its scoped threads.
    scoped: usize,
    tx: Option<Tx>,
    rx: Option<Receiver<u32>>,
    /// Main, and the children that were spawned before the task.
    threads: Vec<Thread>,
}

/// Writes down that main did not come to its end, if it did not.
struct Ending(Shared);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.with(|book| {
            if book.end.is_none() {
                let panicked = book.seen[0].last().is_some_and(|(step, _)| *step == "panic");
                book.end = Some(match panicked {
                    true => Final::Panicked(book.seen[0].clone()),
                    false => Final::Stuck(book.seen.clone()),
                });
            }
        });
    }
}

/// Keeps panics that programs are made to have from being printed.
pub(crate) fn expect_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let text = info.payload().downcast_ref::<&str>().copied().unwrap_or_default();
            if !["on purpose", "poisoned", "a scoped thread panicked"].iter().any(|known| text.contains(known)) {
                others(info);
            }
        }));
    });
}

/// The body of an execution.
pub(crate) fn run(program: &Program, book: &Shared) {
    let tasks = 1 + program.children.len();
    book.with(|book| *book = Book { seen: vec![Vec::new(); 2 * tasks], end: None });
    let ending = Ending(book.clone());
    let world = Arc::new(World::new(book.clone()));
    let mut threads = vec![thread::current()];
    let mut handles = Vec::new();
    let mut ends = ends(program);
    for (number, child) in program.children.iter().enumerate() {
        let (world, ops, known) = (world.clone(), child.ops.clone(), threads.clone());
        let (tx, rx) = ends.remove(0);
        let handle = thread::spawn(move || {
            let slot = number + 1;
            Task { world: &world, slot, scoped: tasks + slot, tx, rx, threads: known }.run(&ops);
        });
        threads.push(handle.thread().clone());
        handles.push(handle);
    }
    let (tx, rx) = ends.remove(0);
    Task { world: &world, slot: 0, scoped: tasks, tx, rx, threads }.run(&program.main);
    for (number, handle) in handles.into_iter().enumerate() {
        if program.children[number].joined {
            let ended = handle.join().is_ok();
            world.book.with(|book| book.seen[0].push(("join", ended.into())));
        }
    }
    let all = program.children.iter().all(|child| child.joined);
    let values = if all { world.values() } else { Vec::new() };
    world.book.with(|book| {
        // What a task that was not joined has seen by now is a matter of no event.
        let joined = |slot: usize| slot.is_multiple_of(tasks) || program.children[slot % tasks - 1].joined;
        let seen = book.seen.iter().enumerate().filter(|(slot, _)| joined(*slot)).map(|(_, seen)| seen.clone());
        book.end = Some(Final::Ended(seen.collect(), values));
    });
    drop(ending);
}

/// The channel's ends for each child and, at last, for main: only for those who use them, and nobody drops one too many.
fn ends(program: &Program) -> Vec<(Option<Tx>, Option<Receiver<u32>>)> {
    let bodies: Vec<&[Op]> = program.children.iter().map(|child| &*child.ops).chain([&*program.main]).collect();
    let uses = |ops: &[Op], is: &dyn Fn(&Op) -> bool| ops.iter().any(|op| op.any(&|op| is(op)));
    let senders: Vec<bool> = bodies.iter().map(|ops| uses(ops, &Op::sends)).collect();
    let receiver = bodies.iter().position(|ops| uses(ops, &Op::receives));
    if receiver.is_none() && !senders.contains(&true) {
        return bodies.iter().map(|_| (None, None)).collect();
    }
    let (tx, rx) = match program.capacity {
        Capacity::Unbounded => {
            let (tx, rx) = mpsc::channel();
            (Tx::Unbounded(tx), rx)
        }
        Capacity::Bounded(capacity) => {
            let (tx, rx) = mpsc::sync_channel(capacity);
            (Tx::Bounded(tx), rx)
        }
    };
    let last = senders.iter().rposition(|&sends| sends);
    let (mut tx, mut rx) = (Some(tx), Some(rx));
    let mut ends = Vec::new();
    for (place, &sends) in senders.iter().enumerate() {
        let mine = match sends {
            true if Some(place) == last => tx.take(),
            true => tx.as_ref().map(Tx::another),
            false => None,
        };
        ends.push((mine, if receiver == Some(place) { rx.take() } else { None }));
    }
    ends
}

impl Task<'_> {
    fn run(mut self, ops: &[Op]) {
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
