//! A schedule that survives: whatever the program under test does, how it came to that is there afterwards as a trace.
//!
//! # How
//!
//! While a thread explores, a *journal* (`page`, in a file that is mapped into memory) has what is explored (`about`), the number of
//! the execution that runs, and each decision of the scheduler in it where there was something to decide. That is all that it
//! takes to run the execution again, and it costs a few stores a decision. The system keeps such a file whatever becomes of the
//! process, `kill -9` included.
//!
//! When a process is about to end in the middle of an execution, by a signal (`signals`, `stack`), by a call (`guard`) or since
//! the `watchdog` says so, its *last act* names the test and starts this program again, told to make the trace; it waits for that, and then
//! ends as it would have. Where it had no time for a last act the next run of the same check does it: a `leftover`.
//!
//! The trace is made by a *child*: a process (`child`) with an `order` to run one execution by those decisions, which writes down
//! every event at once (`records`). How the child ends is the failure (`death`). Minimising and replaying such a trace takes a
//! child for each execution.
//!
//! # What it cannot do
//!
//! 1. Nothing is written down on shuttle and loom, nor where there is no Unix; the watchdog, and telling a stack overflow from
//!    another fault, need Linux.
//! 2. A program that needs something of its process which a second one does not have (a port, its standard input) does not come to
//!    the same place in a child.
//! 3. A signal in a thread that is none of the execution's is taken for its own if no other is under way; then the child finds
//!    nothing wrong with it.
//! 4. An execution with more decisions than a journal has room for (262,144) is named and not traced.

mod about;
mod carried;
mod child;
mod death;
mod files;
mod guard;
mod last_act;
mod leftover;
mod order;
mod page;
mod records;
mod signals;
mod slot;
mod stack;
mod watchdog;

use std::path::Path;
use std::time::Duration;

use bohrbug_trace::Trace;

use crate::runtime::Program;

pub use about::Again;
pub(crate) use about::{About, Watch, millis};
pub(crate) use carried::{Carried, pack, unpack};
pub(crate) use child::{NotRun, Ran, run};
#[cfg(feature = "proptest")]
pub(crate) use guard::tell;
pub(crate) use guard::{Guard, next_check, pen, shared, tell_watch};
pub use last_act::undisturbed;
pub(crate) use leftover::{Leftover, left_behind};
pub(crate) use order::{Order, Wish};
pub(crate) use page::Pen;
pub(crate) use records::{failed, said};

/// What a trace is of, for another process: the check of this thread, if one is under way.
pub(crate) fn about_of(trace: &Trace) -> About {
    let about = About::of_trace(trace);
    match shared() {
        Some(shared) => {
            let &About { nth, loop_time, ref traces, .. } = shared.about();
            About { nth, loop_time, traces: traces.clone(), ..about }
        }
        None => about,
    }
}

/// The variable that tells a process what it was started for.
pub(crate) use crate::environment::OWN_CHILDREN as CHILD;

/// What a process ends with that would have ended otherwise, as a test binary of which a test has failed.
pub(crate) const FAILED: i32 = 101;

/// What a process ends with that was to make a trace, and found nothing wrong.
pub(crate) const NOT_FOUND: i32 = 102;

/// What a task may use of processor time without an event, unless somebody asks for another bound.
pub const LOOP_TIME: Duration = Duration::from_secs(10);

/// What this process was started for: to run one execution, or to make the trace of another process's last one.
pub struct Asked(What);

enum What {
    Order(Box<Order>),
    Journal(Box<Leftover>),
}

/// What this process was started for, if by [`Again`].
///
/// A program that explores by itself asks this first, makes the [`Program`] that [`Asked::stub`] is of, and
/// [carries it out](Asked::carry_out).
pub fn asked() -> Option<Asked> {
    let path = crate::environment::Environment::child()?;
    let path = path.as_path();
    let what = if path.extension().is_some_and(|end| end == files::JOURNAL) {
        What::Journal(Box::new(Leftover::read(path, None)?))
    } else {
        What::Order(Box::new(Order::read(path)?))
    };
    Some(Asked(what))
}

impl Asked {
    const fn about(&self) -> &About {
        match &self.0 {
            What::Order(order) => &order.about,
            What::Journal(leftover) => &leftover.about,
        }
    }

    /// Whether it is the check of that name and number that is meant.
    pub(crate) fn is_of(&self, scenario: &str, nth: u32) -> bool {
        self.about().is_of(scenario, nth)
    }

    /// Whether it is to make the trace of another process.
    pub(crate) const fn is_of_journal(&self) -> bool {
        matches!(self.0, What::Journal(_))
    }

    /// A trace without events whose header says what is to run: the scenario, its revision, its workload.
    pub fn stub(&self) -> Trace {
        Trace::new(self.about().header(0))
    }

    /// Where traces go, if whoever was at it had a word on that.
    pub fn traces(&self) -> Option<&Path> {
        self.about().traces.as_deref()
    }

    /// Does it, and ends the process: with 0 if `found` has said yes. That is shown the failing execution that another process
    /// has left behind, and what to say of it.
    pub fn carry_out(self, program: &Program, found: impl FnOnce(Trace, String) -> bool) -> ! {
        match self.0 {
            What::Order(order) => order.carry_out(program),
            What::Journal(leftover) => {
                let mut code = FAILED;
                match leftover.retold(program) {
                    Ok(Some(trace)) => {
                        code = if found(trace, leftover.progress()) { 0 } else { FAILED };
                        leftover.discard();
                    }
                    Ok(None) => {
                        code = NOT_FOUND;
                        eprintln!(
                            "bohrbug: {}; in another process the same decisions lead to no failure, usually because the \
                             program depends on something that is not controlled, or an execution takes long",
                            leftover.progress()
                        );
                    }
                    Err(error) => eprintln!("bohrbug: the process ended {}; no trace: {error}", leftover.progress()),
                }
                // SAFETY: it does not come back.
                unsafe { libc::_exit(code) }
            }
        }
    }
}
