//! Why a semaphore gave no permits.

use std::error::Error;
use std::fmt;

/// The [`Semaphore`](crate::Semaphore) is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AcquireError;

/// Why a [`Semaphore`](crate::Semaphore) gave no permits in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcquireTimeoutError {
    /// It is closed.
    Closed,
    /// Time ran out.
    TimedOut,
}

/// Why a [`Semaphore`](crate::Semaphore) gave no permits at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryAcquireError {
    /// It is closed.
    Closed,
    /// There are fewer.
    NoPermits,
}

/// How a wait for permits ended without any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    Closed,
    TimedOut,
}

impl From<Refused> for AcquireTimeoutError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Closed => Self::Closed,
            Refused::TimedOut => Self::TimedOut,
        }
    }
}

const CLOSED: &str = "the semaphore is closed";

impl fmt::Display for AcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(CLOSED)
    }
}

impl fmt::Display for AcquireTimeoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => CLOSED,
            Self::TimedOut => "the semaphore had too few permits until time ran out",
        })
    }
}

impl fmt::Display for TryAcquireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => CLOSED,
            Self::NoPermits => "the semaphore has too few permits",
        })
    }
}

impl Error for AcquireError {}
impl Error for AcquireTimeoutError {}
impl Error for TryAcquireError {}
