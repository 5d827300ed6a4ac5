//! Why a command cannot do what was asked.

use std::io;
use std::path::PathBuf;

use bohrbug::UnknownStrategy;

use crate::exit::Exit;
use crate::pages::PageError;
use crate::select::SelectError;

/// Why a command cannot do what was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    /// Names that select nothing.
    #[error(transparent)]
    Select(#[from] SelectError),
    /// No such strategy.
    #[error(transparent)]
    Strategy(#[from] UnknownStrategy),
    /// Nothing to replay.
    #[error("no trace is named; give the path of one, or set BOHRBUG_REPLAY")]
    NoTrace,
    /// Several traces for one file.
    #[error("one file has room for one trace; name one trace, or leave --out away")]
    OneOut,
    /// A page cannot be read or written.
    #[error("{}: {_1}", _0.display())]
    Page(PathBuf, io::Error),
    /// A page cannot be generated.
    #[error(transparent)]
    Generating(#[from] PageError),
    /// A benchmark has no committed traces, and so no matrix.
    #[error("`{0}` is a benchmark and has no matrix; `bohrbug bench {0}` measures it")]
    Benchmark(String),
    /// A committed trace cannot be read.
    #[error(transparent)]
    Unreadable(#[from] bohrbug::trace::ReadError),
    /// What is expected to hold does not.
    #[error("{0} does not hold on {1}; `bohrbug hunt {0} --revision {1}` shows why")]
    Surprise(String, String),
}

impl CliError {
    /// What the program ends with for it.
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Select(SelectError::Nothing { .. }) => Exit::NothingSelected,
            Self::Page(..) => Exit::OurFault,
            Self::Generating(_) => Exit::NoVerdict,
            Self::Unreadable(_) => Exit::Unreadable,
            Self::Surprise(..) => Exit::BugFound,
            Self::Select(_) | Self::Strategy(_) | Self::NoTrace | Self::OneOut | Self::Benchmark(_) => Exit::Usage,
        }
    }
}
