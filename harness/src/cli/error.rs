//! Why a command cannot do what was asked.

use bohrbug::UnknownStrategy;

use crate::exit::Exit;
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
}

impl CliError {
    /// What the program ends with for it.
    pub(super) const fn exit(&self) -> Exit {
        match self {
            Self::Select(SelectError::Nothing { .. }) => Exit::NothingSelected,
            Self::Select(_) | Self::Strategy(_) | Self::NoTrace => Exit::Usage,
        }
    }
}
