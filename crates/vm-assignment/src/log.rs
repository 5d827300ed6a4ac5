//! The log of operations: what the API's layer writes around a call, for whoever watches for operations that are half done.
//!
//! The reported system answers a call within an action event: `VM.MOVE` is written when it begins, and again when it ends, with
//! how it ended. It is none of the operation's own steps, and no transaction of it takes it back. An operation that began and
//! did not end was cut off; one that ended in an error ought to have done nothing, which [`crate::audit`] can say.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use crate::assign::{Assigned, Request};
use crate::cloud::Cloud;
use crate::error::Error;

/// The action event of an assignment.
pub const VM_MOVE: &str = "VM.MOVE";

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It has begun.
    Started,
    /// It has ended well.
    Completed,
    /// It has ended with an error.
    Failed,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The action event.
    pub event: &'static str,
    /// Who asked.
    pub caller: String,
    /// The machine.
    pub vm: String,
    /// How far it is.
    pub state: State,
    /// Why it failed.
    pub error: Option<String>,
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {} by {}: {:?}", self.event, self.vm, self.caller, self.state)?;
        self.error.as_ref().map_or(Ok(()), |error| write!(f, ": {error}"))
    }
}

/// A log, from which nothing is taken back.
///
/// ```
/// use vm_assignment::{Cloud, Request, Revision, ledger::MemoryLedger, log::Log, world};
///
/// let ledger = MemoryLedger::new(world::standard().finish());
/// let log = Log::default();
/// log.assign(&Cloud::new(&ledger, Revision::Strict), &Request::new("root", "v1", "B", "D1"))?;
/// let lines: Vec<String> = log.entries().iter().map(ToString::to_string).collect();
/// assert_eq!(lines, ["VM.MOVE of v1 by root: Started", "VM.MOVE of v1 by root: Completed"]);
/// # Ok::<(), vm_assignment::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Log(Mutex<Vec<Entry>>);

impl Log {
    /// Assigns a machine, and writes that down before and after.
    ///
    /// # Errors
    ///
    /// The assignment's.
    pub fn assign(&self, cloud: &Cloud<'_>, request: &Request) -> Result<Assigned, Error> {
        self.write(request, State::Started, None);
        let outcome = cloud.assign(request);
        match &outcome {
            Ok(_) => self.write(request, State::Completed, None),
            Err(error) => self.write(request, State::Failed, Some(error.to_string())),
        }
        outcome
    }

    /// Everything that was written, in order.
    pub fn entries(&self) -> Vec<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn write(&self, request: &Request, state: State, error: Option<String>) {
        let entry = Entry { event: VM_MOVE, caller: request.caller.clone(), vm: request.vm.clone(), state, error };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}
