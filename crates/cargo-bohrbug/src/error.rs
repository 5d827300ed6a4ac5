//! What can go wrong before and after the tests, each with its exit code.

use std::io;
use std::path::PathBuf;

/// Why there is nothing to report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The command line means nothing.
    #[error("{0}\nSee `cargo bohrbug help`.")]
    Usage(String),
    /// There is no package, or Cargo does not understand it.
    #[error("{0}")]
    Project(String),
    /// What stands in for std could not be built.
    #[error("{0}")]
    StandIns(String),
    /// A trace that is none.
    #[error("{0}")]
    Trace(String),
    /// The machine does not do what is asked of it.
    #[error("{what}: {error}")]
    Io { what: String, error: io::Error },
}

impl Error {
    pub(crate) const fn exit_code(&self) -> u8 {
        match self {
            Self::Io { .. } => 1,
            Self::Usage(_) => 2,
            Self::Project(_) => 3,
            Self::StandIns(_) => 4,
            Self::Trace(_) => 20,
        }
    }

    /// Says what failed, of an error that does not.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |error| Self::Io { what, error }
    }

    /// As [`Error::io`], of something with a file.
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |error| {
            let what = match error.kind() {
                io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => format!(
                    "{} cannot be written (everything that is built and recorded goes into the target folder: name another with \
                     --target-dir)",
                    path.display()
                ),
                _ => path.display().to_string(),
            };
            Self::Io { what, error }
        }
    }
}
