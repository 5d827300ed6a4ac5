//! Histories: what operations were called with and returned, and whether some order of them explains it.
//!
//! Code under test *records* its calls, and a [`Specification`] says what each would return if they were made one after
//! the other. The history is linearizable if the calls can be put in an order in which every call returns what it did,
//! and no call comes before one that had returned when it was made (Herlihy and Wing, TOPLAS 1990). The search is Wing
//! and Gong's (JPDC 1993) with Lowe's memoisation (CCPE 2017): a set of calls and the state that they lead to are
//! examined once.
//!
//! ```
//! use bohrbug::history::{History, Specification};
//! use bohrbug_sync::{Arc, Mutex, thread};
//!
//! struct Counter;
//!
//! impl Specification for Counter {
//!     type State = u32;
//!     type Operation = &'static str;
//!     type Outcome = u32;
//!
//!     fn apply(&self, state: &mut u32, _: &&'static str) -> u32 {
//!         *state += 1;
//!         *state
//!     }
//! }
//!
//! bohrbug::check(|| {
//!     let counter = Arc::new((Mutex::new(0), History::new()));
//!     let threads = [(); 2].map(|()| {
//!         let counter = counter.clone();
//!         thread::spawn(move || {
//!             let (count, history) = &*counter;
//!             history.call("add", || {
//!                 let mut count = count.lock().unwrap();
//!                 *count += 1;
//!                 *count
//!             });
//!         })
//!     });
//!     for thread in threads {
//!         thread.join().unwrap();
//!     }
//!     counter.1.assert_linearizable(&Counter);
//! });
//! ```
//!
//! Recording is no scheduling point and orders nothing. The search takes exponential time in the number of calls that
//! overlap, so keep histories to a few dozen calls.

mod search;

use std::fmt;
use std::sync::{Mutex, PoisonError};

use bohrbug_sync::thread;

/// What calls return if they are made one after the other.
pub trait Specification {
    /// What the object is like between two calls.
    type State: Clone + Ord + Default;
    /// What is called, with its arguments.
    type Operation;
    /// What a call returns.
    type Outcome: PartialEq;

    /// Makes the call in that state; what it returns.
    fn apply(&self, state: &mut Self::State, operation: &Self::Operation) -> Self::Outcome;
}

/// A call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call<O, R> {
    /// The name of the thread that made it, where it has one.
    pub task: Option<String>,
    /// What was called.
    pub operation: O,
    /// What it returned; `None` if it never did: then it may have taken effect or not.
    pub outcome: Option<R>,
    /// When it was made and when it returned, counted over all calls of the history.
    invoked: usize,
    returned: Option<usize>,
}

/// A record of calls.
#[derive(Debug)]
pub struct History<O, R>(Mutex<Record<O, R>>);

#[derive(Debug)]
struct Record<O, R> {
    calls: Vec<Call<O, R>>,
    moments: usize,
}

/// A history that no order explains.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct NotLinearizable<O: fmt::Debug, R: fmt::Debug> {
    /// The calls of the shortest prefix that no order explains, in the order in which they were made. One that had not
    /// returned by its end has no outcome.
    pub prefix: Vec<Call<O, R>>,
}

impl<O, R> Default for History<O, R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<O, R> History<O, R> {
    /// A history without calls.
    pub const fn new() -> Self {
        Self(Mutex::new(Record { calls: Vec::new(), moments: 0 }))
    }

    fn record<T>(&self, change: impl FnOnce(&mut Record<O, R>) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes a call and records it; if it panics it has been made and has not returned.
    pub fn call(&self, operation: O, call: impl FnOnce() -> R) -> R
    where
        R: Clone,
    {
        let task = thread::current().name().map(str::to_owned);
        let place = self.record(|record| {
            let invoked = record.moment();
            record.calls.push(Call { task, operation, outcome: None, invoked, returned: None });
            record.calls.len() - 1
        });
        let outcome = call();
        self.record(|record| {
            let returned = record.moment();
            record.calls[place].outcome = Some(outcome.clone());
            record.calls[place].returned = Some(returned);
        });
        outcome
    }

    /// The calls so far, in the order in which they were made.
    pub fn calls(&self) -> Vec<Call<O, R>>
    where
        O: Clone,
        R: Clone,
    {
        self.record(|record| record.calls.clone())
    }
}

impl<O: Clone + fmt::Debug, R: Clone + PartialEq + fmt::Debug> History<O, R> {
    /// Looks for an order of the calls so far that explains what they returned.
    ///
    /// # Errors
    ///
    /// If there is none: the shortest prefix of the history for which there is none.
    pub fn check<S>(&self, specification: &S) -> Result<(), NotLinearizable<O, R>>
    where
        S: Specification<Operation = O, Outcome = R>,
    {
        let calls = self.calls();
        if search::is_explained(specification, &calls) {
            return Ok(());
        }
        // What explains a history explains each of its prefixes, so the shortest one can be found by halves.
        let moments = self.record(|record| record.moments);
        let (mut explained, mut unexplained) = (0, moments);
        while unexplained - explained > 1 {
            let middle = explained.midpoint(unexplained);
            if search::is_explained(specification, &until(&calls, middle)) {
                explained = middle;
            } else {
                unexplained = middle;
            }
        }
        Err(NotLinearizable { prefix: until(&calls, unexplained) })
    }

    /// As [`History::check`], for the end of a test.
    ///
    /// # Panics
    ///
    /// If no order explains the history.
    #[track_caller]
    pub fn assert_linearizable<S>(&self, specification: &S)
    where
        S: Specification<Operation = O, Outcome = R>,
    {
        if let Err(error) = self.check(specification) {
            panic!("{error}");
        }
    }
}

impl<O, R> Record<O, R> {
    const fn moment(&mut self) -> usize {
        self.moments += 1;
        self.moments - 1
    }
}

/// What of the history had been seen before a moment.
fn until<O: Clone, R: Clone>(calls: &[Call<O, R>], moment: usize) -> Vec<Call<O, R>> {
    let begun = calls.iter().filter(|call| call.invoked < moment);
    let cut = |call: &Call<O, R>| {
        let returned = call.returned.filter(|returned| *returned < moment);
        Call { returned, outcome: call.outcome.clone().filter(|_| returned.is_some()), ..call.clone() }
    };
    begun.map(cut).collect()
}

impl<O: fmt::Debug, R: fmt::Debug> fmt::Display for NotLinearizable<O, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "not linearizable: no order of these calls explains what they returned")?;
        for (number, call) in self.prefix.iter().enumerate() {
            write!(f, "\n  {}. ", number + 1)?;
            if let Some(task) = &call.task {
                write!(f, "{task}: ")?;
            }
            write!(f, "{:?}", call.operation)?;
            match &call.outcome {
                Some(outcome) => write!(f, " returned {outcome:?}")?,
                None => write!(f, " had not returned")?,
            }
            let after: Vec<String> = self.returned_before(call).map(|number| (number + 1).to_string()).collect();
            if !after.is_empty() {
                write!(f, ", made after {} returned", after.join(", "))?;
            }
        }
        Ok(())
    }
}

impl<O: fmt::Debug, R: fmt::Debug> NotLinearizable<O, R> {
    /// The calls that had returned when that one was made.
    fn returned_before<'a>(&'a self, call: &'a Call<O, R>) -> impl Iterator<Item = usize> + 'a {
        let before = |(_, other): &(usize, &Call<O, R>)| other.returned.is_some_and(|returned| returned < call.invoked);
        self.prefix.iter().enumerate().filter(before).map(|(number, _)| number)
    }
}
