//! Tasks that unwind, switched out like any other.
//!
//! std counts the panics of an OS thread, and all tasks of an execution share one. Were a task that unwinds switched out as
//! it is, the others would seem to panic, too: they would poison locks, and their destructors would believe that they
//! unwind. So what the task has raised is taken off this thread's count meanwhile, and put back when the task goes on.
//!
//! std has no call for that, but a panic that is raised on one thread can be caught on another: a coroutine raises it, is
//! suspended in the middle of unwinding, in a destructor, and resumed elsewhere. The thread where it is caught counts one
//! less. A thread of our own, the teller, raises and catches the other halves, so that nobody's count goes below zero.
//!
//! Limits: where exceptions know their OS thread (Windows with MSVC) this cannot be done, and a task that unwinds is not
//! switched out: there the execution ends with an explanation if it would have to be.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::panicking;

use corosensei::stack::DefaultStack;
use corosensei::{Coroutine, Yielder};

/// More than anybody nests panics in destructors.
const MOST: u32 = 64;

/// Room for the stack of a coroutine that raises a panic and catches it.
const STACK_SIZE: usize = 64 * 1024;

/// A coroutine that has raised a panic and not caught it.
struct Raised(Coroutine<(), (), (), DefaultStack>);

// SAFETY: what is on its stack is ours, or is std's code for raising and catching a panic, which knows no thread but for
// the count, and looks that up where it runs.
unsafe impl Send for Raised {}

/// What the teller is asked to do.
enum Errand {
    Raise(Sender<Raised>),
    Catch(Raised, Sender<()>),
}

static TELLER: Mutex<Option<Sender<Errand>>> = Mutex::new(None);

/// What runs code that is none of the program's, where somebody watches what memory a program uses.
static UNWATCHED: OnceLock<fn(&mut dyn FnMut())> = OnceLock::new();

/// Has `run` run what this crate does with memory of its own between two steps of a program; of several the first counts.
pub fn unwatch_by(run: fn(&mut dyn FnMut())) {
    let _ = UNWATCHED.set(run);
}

/// Runs `f` unwatched: what one thread allocates for a panic another one frees.
pub(crate) fn unwatched(mut f: impl FnMut()) {
    match UNWATCHED.get() {
        Some(run) => run(&mut f),
        None => f(),
    }
}

impl Raised {
    /// Raises a panic: the calling thread counts one more.
    fn new() -> Self {
        let stack = DefaultStack::new(STACK_SIZE)
            .unwrap_or_else(|error| panic!("no memory for the stack on which a panic is put aside: {error}"));
        let mut coroutine = Coroutine::with_stack(stack, |yielder, ()| {
            let raised = catch_unwind(AssertUnwindSafe(|| {
                let _pause = Pause(yielder);
                resume_unwind(Box::new(()));
            }));
            drop(raised);
        });
        let _ = coroutine.resume(());
        Self(coroutine)
    }

    /// Catches it: the calling thread counts one less.
    fn catch(mut self) {
        let _ = self.0.resume(());
    }
}

/// Suspends its coroutine when it is dropped, in the middle of unwinding.
struct Pause<'a>(&'a Yielder<(), ()>);

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.suspend(());
    }
}

/// Asks the teller, and waits for the answer: as if nothing were exploring, since that wait may come to [`crate::futex`].
fn ask<R>(errand: impl FnOnce(Sender<R>) -> Errand) -> R {
    crate::ambient::outside(|| ask_outside(errand))
}

fn ask_outside<R>(errand: impl FnOnce(Sender<R>) -> Errand) -> R {
    let (sender, receiver) = channel();
    let mut teller = TELLER.lock().unwrap_or_else(PoisonError::into_inner);
    let asked = teller.get_or_insert_with(start).send(errand(sender));
    drop(teller);
    match asked.ok().and_then(|()| receiver.recv().ok()) {
        Some(answer) => answer,
        None => unreachable!("a bug in bohrbug-sync: the thread that keeps the count of panics has ended"),
    }
}

fn start() -> Sender<Errand> {
    let (sender, errands) = channel();
    let work = move || {
        while let Ok(errand) = errands.recv() {
            match errand {
                Errand::Raise(answer) => _ = answer.send(Raised::new()),
                Errand::Catch(raised, answer) => {
                    raised.catch();
                    let _ = answer.send(());
                }
            }
        }
    };
    let builder = std::thread::Builder::new().name("bohrbug panics".to_owned());
    builder.spawn(work).unwrap_or_else(|error| panic!("no thread to keep the count of panics: {error}"));
    sender
}

/// Takes the panics of the calling task off this thread's count; how many there were.
///
/// # Panics
///
/// If that does not help, as std's way of counting may change; not in the middle of unwinding, where the process ends.
#[cold]
pub(crate) fn lift() -> u32 {
    let mut count = 0;
    while panicking() {
        assert!(count < MOST, "this version of std counts panics in a way that bohrbug-sync does not know");
        unwatched(|| {
            let raised: Raised = ask(Errand::Raise);
            raised.catch();
        });
        count += 1;
    }
    count
}

/// Puts so many panics back on this thread's count.
#[cold]
pub(crate) fn lower(count: u32) {
    for _ in 0..count {
        unwatched(|| {
            let raised = Raised::new();
            ask(|answer| Errand::Catch(raised, answer));
        });
    }
}

/// Runs `f` as if the calling task were not unwinding: other tasks may run meanwhile.
pub(crate) fn aside<R>(f: impl FnOnce() -> R) -> R {
    let count = if panicking() { lift() } else { 0 };
    let result = f();
    lower(count);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Asks in its destructor whether the thread panics: now, with the panics put aside, and afterwards.
    struct Asks<'a>(&'a mut Vec<bool>);

    impl Drop for Asks<'_> {
        fn drop(&mut self) {
            self.0.push(panicking());
            let inside = aside(|| {
                let caught = catch_unwind(|| -> () { resume_unwind(Box::new(1)) });
                (panicking(), caught.is_err())
            });
            self.0.extend([inside.0, inside.1, panicking()]);
        }
    }

    #[test]
    fn a_panic_is_put_aside_and_back_and_is_caught_as_it_was() {
        for _ in 0..100 {
            let mut seen = Vec::new();
            let caught = catch_unwind(AssertUnwindSafe(|| {
                let _asks = Asks(&mut seen);
                resume_unwind(Box::new("the panic"));
            }));
            assert_eq!(caught.unwrap_err().downcast_ref::<&str>(), Some(&"the panic"));
            assert_eq!(seen, [true, false, true, true]);
            assert!(!panicking());
        }
    }

    #[test]
    fn a_panic_within_a_panic_is_put_aside_with_it() {
        struct Nests<'a>(&'a mut Vec<bool>);
        impl Drop for Nests<'_> {
            fn drop(&mut self) {
                let inner = catch_unwind(AssertUnwindSafe(|| {
                    let _asks = Asks(self.0);
                    resume_unwind(Box::new("the inner"));
                }));
                assert!(inner.is_err());
                self.0.push(panicking());
            }
        }
        let mut seen = Vec::new();
        let caught = catch_unwind(AssertUnwindSafe(|| {
            let _nests = Nests(&mut seen);
            resume_unwind(Box::new("the outer"));
        }));
        assert!(caught.is_err());
        assert_eq!(seen, [true, false, true, true, true]);
        assert!(!panicking());
    }
}
