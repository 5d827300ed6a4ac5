//! Why an operation was refused or failed, in the families of the reported system.

use crate::ledger::LedgerError;

/// The family of an error: what a caller can do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request cannot be right.
    InvalidParameter,
    /// The caller or the new owner may not.
    PermissionDenied,
    /// A quota would be exceeded.
    ResourceAllocation,
    /// No free address.
    InsufficientCapacity,
    /// The operation failed half-way for a reason of its own.
    CloudRuntime,
    /// Somebody else changed the machine first; nothing was done, try again.
    Conflict,
    /// The check after the operation found that records disagree.
    HalfDone,
    /// A fault point failed, as an experiment asked.
    Injected,
    /// The ledger failed.
    Ledger(LedgerError),
}

/// An error with where it happened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} [{stage}]")]
pub struct Error {
    /// The family.
    pub kind: ErrorKind,
    /// The step that failed, as the fact sheet numbers it, or the fault point.
    pub stage: &'static str,
    /// What happened.
    pub message: String,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, stage: &'static str, message: impl Into<String>) -> Self {
        Self { kind, stage, message: message.into() }
    }

    pub(crate) fn invalid(stage: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidParameter, stage, message)
    }

    pub(crate) fn denied(stage: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::PermissionDenied, stage, message)
    }

    pub(crate) fn runtime(stage: &'static str, message: impl Into<String>) -> Self {
        Self::new(ErrorKind::CloudRuntime, stage, message)
    }

    /// Inside one transaction the reported fix can only throw unchecked errors, so it wraps the checked ones.
    pub(crate) fn wrapped(mut self) -> Self {
        if matches!(self.kind, ErrorKind::InsufficientCapacity | ErrorKind::ResourceAllocation) {
            self.kind = ErrorKind::CloudRuntime;
        }
        self
    }

    /// The same where the checks run inside the transaction too: a refused quota stays a refused quota.
    pub(crate) fn wrapped_in_network(mut self) -> Self {
        if self.kind == ErrorKind::InsufficientCapacity {
            self.kind = ErrorKind::CloudRuntime;
        }
        self
    }

    /// Whether trying again may help, because nothing but timing was wrong.
    pub fn is_contention(&self) -> bool {
        matches!(self.kind, ErrorKind::Ledger(LedgerError::Deadlock { .. } | LedgerError::Busy))
    }

    /// What the reported system's API answers since its first fix: the machine's name and a code, never the cause.
    pub fn api_answer(&self, vm: &str) -> (u16, String) {
        let vm = short(vm);
        match self.kind {
            ErrorKind::InvalidParameter => (431, format!("cannot assign {vm}: a parameter is wrong")),
            _ => (530, format!("cannot assign {vm}: internal error")),
        }
    }

    /// What it answered before: one code for everything, but with the cause.
    pub fn reported_api_answer(&self, vm: &str) -> (u16, String) {
        (530, format!("cannot assign {}: {}", short(vm), self.message))
    }
}

impl From<LedgerError> for Error {
    fn from(error: LedgerError) -> Self {
        Self { stage: "ledger", message: error.to_string(), kind: ErrorKind::Ledger(error) }
    }
}

/// A name as a message shows it: a caller may send megabytes.
pub(crate) fn short(name: &str) -> String {
    const SHOWN: usize = 60;
    match name.char_indices().nth(SHOWN) {
        None => name.to_owned(),
        Some((end, _)) => format!("{}… ({} bytes)", &name[..end], name.len()),
    }
}
