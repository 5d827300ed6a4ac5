//! Runs a program and writes down what its tasks see.
//!
//! The book lies outside the model, and no task may learn anything from it: what a task does depends on the primitives
//! alone, or a strategy that does not know of the book could not find everything.

mod task;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex as Plain, PoisonError};

use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::mpsc::Receiver;
use bohrbug_sync::thread;
use bohrbug_sync::{Barrier, Condvar, Mutex, Once, OnceLock, RwLock, Semaphore};

use crate::channel::{Tx, channel};
use crate::program::{Capacity, Op, Program};
use task::Task;

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
    semaphore: Semaphore,
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
            semaphore: Semaphore::new(2),
            atomics: [AtomicU32::new(0), AtomicU32::new(0)],
        }
    }

    /// The values at the end, when nobody uses them any more.
    fn values(&self) -> Vec<u32> {
        let atomics = self.atomics.iter().map(|atomic| atomic.load(SeqCst));
        let mutexes = self.mutexes.iter().map(|mutex| *mutex.lock().unwrap_or_else(PoisonError::into_inner));
        let poison = self.mutexes.iter().map(|mutex| mutex.is_poisoned().into());
        let permits = self.semaphore.available_permits() as u32;
        atomics.chain(mutexes).chain(poison).chain([self.rwlock.is_poisoned().into(), permits]).collect()
    }
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
    // A panic of main is one of the program's ends here, and no failure.
    let ended = catch_unwind(AssertUnwindSafe(|| perform(program, book)));
    if let Err(payload) = ended
        && !(payload.is::<&str>() || payload.is::<String>())
    {
        resume_unwind(payload);
    }
}

fn perform(program: &Program, book: &Shared) {
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
    let (tx, rx) = channel(match program.capacity {
        Capacity::Unbounded => None,
        Capacity::Bounded(bound) => Some(bound),
    });
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
