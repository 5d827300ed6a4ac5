//! A program, run by Bohrbug.
//!
//! What tasks see is written into a book outside of the model that allocates nothing: it would be a leak of the execution.

use std::collections::BTreeSet;
use std::ops::ControlFlow;
use std::sync::{Arc as Plain, Mutex, PoisonError};

use bohrbug::{Budget, Exploration, Failure, FailureKind};
use bohrbug_sync::atomic::{AtomicU32, Ordering::SeqCst};
use bohrbug_sync::cell::{Access, UnsafeCell};
use bohrbug_sync::counted::{Arc, Weak};
use bohrbug_sync::thread;

use crate::program::{Op, Outcome, Program, TASKS};

/// As many things can be seen.
const ROOM: usize = 8;

/// A list of numbers without an allocation.
#[derive(Clone, Copy, Debug, Default)]
struct List {
    numbers: [u8; ROOM],
    count: usize,
}

impl List {
    fn push(&mut self, number: u8) {
        self.numbers[self.count] = number;
        self.count += 1;
    }

    fn to_vec(self) -> Vec<u8> {
        self.numbers[..self.count].to_vec()
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Book {
    seen: [List; TASKS],
    dropped: List,
    ended: bool,
}

/// As long as the process: the destructor of a value may run twice here.
type Shared = &'static Mutex<Book>;

fn note(book: Shared, f: impl FnOnce(&mut Book)) {
    f(&mut book.lock().unwrap_or_else(PoisonError::into_inner));
}

/// What the `Arc`s share. Its destructor says who has dropped it.
struct Value {
    cell: UnsafeCell<u32>,
    book: Shared,
}

// SAFETY: none; whether the cell is used in an order is what is looked for, and its bytes are looked at by one task at a time.
unsafe impl Sync for Value {}

impl Drop for Value {
    fn drop(&mut self) {
        let task = ME.with(std::cell::Cell::get);
        note(self.book, |book| book.dropped.push(task));
    }
}

bohrbug_sync::thread_local! {
    /// The number of the task.
    static ME: std::cell::Cell<u8> = const { std::cell::Cell::new(0) };
}

struct Task<'a> {
    me: usize,
    arcs: Vec<Arc<Value>>,
    weaks: Vec<Weak<Value>>,
    pointer: *const Value,
    word: &'a AtomicU32,
    book: Shared,
}

impl Task<'_> {
    fn saw(&self, number: impl Into<u8>) {
        let number = number.into();
        note(self.book, |book| book.seen[self.me].push(number));
    }

    fn run(mut self, ops: &[Op]) {
        ME.with(|me| me.set(self.me as u8));
        ops.iter().for_each(|op| self.perform(*op));
        while self.arcs.pop().is_some() {}
        while self.weaks.pop().is_some() {}
    }

    fn perform(&mut self, op: Op) {
        match op {
            Op::Clone => self.arcs.extend(self.arcs.last().cloned()),
            Op::Drop => drop(self.arcs.pop()),
            Op::Count => {
                let count = self.arcs.last().map(Arc::strong_count);
                count.into_iter().for_each(|count| self.saw(count as u8));
            }
            Op::GetMut => {
                let Some(mut arc) = self.arcs.pop() else { return };
                let value = Arc::get_mut(&mut arc);
                // SAFETY: nobody else has it.
                let is_alone = value.map(|value| value.cell.with_mut(|cell| unsafe { *cell += 1 })).is_some();
                self.saw(is_alone);
                self.arcs.push(arc);
            }
            Op::TryUnwrap => {
                let Some(arc) = self.arcs.pop() else { return };
                match Arc::try_unwrap(arc) {
                    Ok(_) => self.saw(1),
                    Err(arc) => {
                        self.arcs.push(arc);
                        self.saw(0);
                    }
                }
            }
            Op::IntoInner => {
                let Some(arc) = self.arcs.pop() else { return };
                let value = Arc::into_inner(arc);
                self.saw(value.is_some());
            }
            Op::Downgrade => self.weaks.extend(self.arcs.last().map(Arc::downgrade)),
            Op::Upgrade => {
                let Some(weak) = self.weaks.last() else { return };
                let arc = weak.upgrade();
                self.saw(arc.is_some());
                self.arcs.extend(arc);
            }
            Op::DropWeak => drop(self.weaks.pop()),
            // SAFETY: none; this may be the bug. The allocator keeps what is freed, so that nothing comes of it.
            Op::Raise => unsafe {
                Arc::increment_strong_count(self.pointer);
                self.arcs.push(Arc::from_raw(self.pointer));
            },
            Op::ReadCell => {
                let Some(arc) = self.arcs.last() else { return };
                // SAFETY: none; this may be the bug.
                arc.cell.with(|cell| unsafe { std::hint::black_box(*cell) });
            }
            Op::WriteCell => {
                let Some(arc) = self.arcs.last() else { return };
                // SAFETY: none; this may be the bug.
                arc.cell.with_mut(|cell| unsafe { *cell += 1 });
            }
            Op::Load => self.saw(self.word.load(SeqCst) as u8),
            Op::Store => self.word.store(1 + self.me as u32, SeqCst),
        }
    }
}

/// The pointer goes to the other tasks.
#[derive(Clone, Copy)]
struct Pointer(*const Value);

// SAFETY: what is done with it is each task's own business.
unsafe impl Send for Pointer {}

impl Pointer {
    const fn get(self) -> *const Value {
        self.0
    }
}

/// The body of an execution.
fn run(program: &Program, book: Shared) {
    note(book, |book| *book = Book::default());
    let word = AtomicU32::new(0);
    let first = Arc::new(Value { cell: UnsafeCell::new(0), book });
    let pointer = Pointer(Arc::as_ptr(&first));
    let mut arcs: Vec<_> = (1..TASKS).map(|_| first.clone()).collect();
    thread::scope(|scope| {
        for me in 1..TASKS {
            let arcs = arcs.pop().into_iter().collect();
            let (ops, word) = (&program.tasks[me], &word);
            scope.spawn(move || {
                let pointer = pointer.get();
                Task { me, arcs, weaks: Vec::new(), pointer, word, book }.run(ops);
            });
        }
        let task = Task { me: 0, arcs: vec![first], weaks: Vec::new(), pointer: pointer.get(), word: &word, book };
        task.run(&program.tasks[0]);
    });
    note(book, |book| book.ended = true);
}

/// What a strategy has found.
pub(crate) struct Found {
    pub(crate) outcomes: BTreeSet<Outcome>,
    /// What the failures say.
    pub(crate) said: BTreeSet<String>,
    pub(crate) executions: u64,
    pub(crate) complete: bool,
}

/// Explores a program, for so many executions at most.
pub(crate) fn explore(program: &Program, strategy: &str, executions: u64) -> Found {
    let book: Shared = Box::leak(Box::default());
    let outcomes = Plain::new(Mutex::new((BTreeSet::new(), BTreeSet::new())));
    let body = {
        let program = program.clone();
        bohrbug::Program::new(move || run(&program, book))
    };
    let note = {
        let outcomes = outcomes.clone();
        move |failure: Option<&Failure>| {
            let book = *book.lock().unwrap_or_else(PoisonError::into_inner);
            let (outcomes, said) = &mut *outcomes.lock().unwrap_or_else(PoisonError::into_inner);
            outcomes.insert(judge(&book, failure));
            said.extend(failure.map(ToString::to_string));
            ControlFlow::Continue(())
        }
    };
    let budget = Budget::default().executions(executions);
    // `nondeterminism` runs executions that are not the strategy's.
    let exploration = Exploration::new("counts", strategy).budget(budget).off(["nondeterminism"]);
    let report = exploration.explore(&body, note).unwrap_or_else(|error| panic!("{error}"));
    let (outcomes, said) = std::mem::take(&mut *outcomes.lock().unwrap_or_else(PoisonError::into_inner));
    Found { outcomes, said, executions: report.executions, complete: report.executions < executions }
}

fn judge(book: &Book, failure: Option<&Failure>) -> Outcome {
    match failure.map(|failure| failure.kind) {
        None if book.ended => Outcome::Ended { seen: book.seen.map(List::to_vec), dropped: book.dropped.to_vec() },
        Some(FailureKind::DataRace) => Outcome::Race,
        Some(FailureKind::MemoryMisuse) => Outcome::Misuse,
        _ => Outcome::Other(format!("{failure:?}")),
    }
}
