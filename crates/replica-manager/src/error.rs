//! What an operation answers when it cannot do what was asked.

use std::fmt;

/// The kind of an [`Error`]: what a caller may branch on; the text is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The request itself makes no sense.
    InvalidArgument,
    /// The server's maps do not know the name.
    NotFound,
    /// The object is already there and running.
    AlreadyExists,
    /// The object is in a state that does not allow the operation, or a check before the first step refused it.
    FailedPrecondition,
    /// The storage target has no such device.
    NoSuchDevice,
    /// The storage target has a device of that name.
    NameExists,
    /// The storage target or an allocator has nothing left.
    NoSpace,
    /// The device is in use.
    DeviceBusy,
    /// The connection to the storage target is gone.
    BrokenPipe,
    /// What was found is not what was expected.
    Mismatch,
    /// Anything else.
    Failed,
}

/// An operation's failure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// What happened, for people.
    pub message: String,
}

impl Error {
    /// A failure of that kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    pub(crate) fn not_found(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::NotFound, format!("cannot find {what}"))
    }

    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::FailedPrecondition, message)
    }

    pub(crate) fn mismatch(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Mismatch, message)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.message, self.kind)
    }
}

impl std::error::Error for Error {}

/// The answer of an operation.
pub type Result<T> = std::result::Result<T, Error>;

/// Turns "no such device" into success: a thing that is to go may be gone already.
pub(crate) fn ignore_missing(result: Result<()>) -> Result<()> {
    match result {
        Err(error) if error.kind == ErrorKind::NoSuchDevice => Ok(()),
        other => other,
    }
}
