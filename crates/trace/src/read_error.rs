//! Why a trace cannot be read: what happened, the usual cause, what to do next.

use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::FORMAT;
use crate::line::VERSION;
use crate::read::{MAX_EVENTS, MAX_LINE};

/// A trace that cannot be read, and where it cannot.
///
/// ```
/// use bohrbug_trace::Trace;
///
/// let error = Trace::parse("traces/lost.jsonl", "not a trace".as_bytes()).unwrap_err();
/// assert!(error.to_string().starts_with("traces/lost.jsonl:1: this is not a trace"));
/// ```
#[derive(Debug)]
pub struct ReadError {
    /// The file, as it was named by who asked for it.
    pub path: PathBuf,
    /// The line, from 1; `None` if it is the file as a whole.
    pub line: Option<u64>,
    /// What is wrong.
    pub kind: ReadErrorKind,
}

/// What is wrong with a trace that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadErrorKind {
    /// There is no such file.
    #[error("there is no such file; check the path, or record the failure again")]
    Missing,
    /// It is a directory.
    #[error("this is a directory; name one of the .jsonl files in it")]
    Directory,
    /// The operating system will not give it.
    #[error("it cannot be read: {0}")]
    Io(#[source] io::Error),
    /// There is nothing in it.
    #[error("the file is empty; usually a copy or a checkout was cut short: {RESTORE}")]
    Empty,
    /// It is not text.
    #[error("this is not UTF-8; a trace is text, so this is another kind of file, a compressed one, or a damaged one")]
    NotUtf8,
    /// A line is longer than any line of a trace.
    #[error("the line is longer than {MAX_LINE} bytes, which no line of a trace is; check that this is the right file")]
    LongLine,
    /// It has more events than a trace may have.
    #[error("the trace has more than {MAX_EVENTS} events; lower the step bound and record the failure again")]
    TooManyEvents,
    /// The first line is not the header of a trace.
    #[error(
        "this is not a trace: the first line is not a JSON object with a number \"format\"; check that this is the right file"
    )]
    NotATrace,
    /// It was written by a newer version.
    #[error(
        "the trace has format {found} and this version reads formats up to {FORMAT}; {}",
        update(writer.as_deref())
    )]
    NewerFormat {
        /// The format that the header names.
        found: u64,
        /// The version that wrote it, if the header says so.
        writer: Option<String>,
    },
    /// The header line is not a header.
    #[error("the header is not valid: {message}; usually it was edited by hand: {RESTORE}")]
    BadHeader {
        /// What exactly.
        message: String,
    },
    /// The last line is cut off in its middle.
    #[error("the file ends in the middle of this line; usually a copy was cut short or the disk was full: {RESTORE}")]
    Truncated,
    /// The file ends after a complete line, and too early.
    #[error("the file ends here, after {found} of {expected} events; usually a copy was cut short: {RESTORE}")]
    MissingEvents {
        /// How many events the header promises.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// There are more events than the header says.
    #[error(
        "there is more here than the {expected} events of the header; usually a merge joined two traces: {RESTORE}"
    )]
    SurplusEvents {
        /// How many events the header promises.
        expected: u64,
    },
    /// A line is not an event.
    #[error("this line is not an event: {message}; usually it was edited or merged by hand: {RESTORE}")]
    BadEvent {
        /// What exactly.
        message: String,
    },
    /// The steps are not numbered one after the other.
    #[error("expected step {expected} here, found step {found}; a line was removed, added or moved: {RESTORE}")]
    WrongStep {
        /// The number that this line should have.
        expected: u64,
        /// The number that it has.
        found: u64,
    },
    /// A name that this version does not know.
    #[error("unknown {what} \"{found}\"{}; {}", perhaps(*nearest), cause(writer.as_deref()))]
    Unknown {
        /// What it should be: an operation, an outcome, an order, a kind of failure.
        what: &'static str,
        /// What stands there.
        found: String,
        /// What may have been meant.
        nearest: Option<&'static str>,
        /// The version that wrote it, if the header says so.
        writer: Option<String>,
    },
    /// A task whose path is not one.
    #[error("\"{found}\" is not a task path, such as main or main/worker#2; usually it was edited by hand: {RESTORE}")]
    BadTask {
        /// What stands there.
        found: String,
    },
    /// A task that nobody has spawned.
    #[error(
        "unknown task \"{found}\": \"{parent}\", which must have spawned it, has no event before this line; a line was removed or edited: {RESTORE}"
    )]
    UnknownTask {
        /// The task.
        found: String,
        /// The one that must have spawned it.
        parent: String,
    },
}

/// What to do about a damaged file.
const RESTORE: &str = "restore the file from version control, or record the failure again";

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}:{line}: {}", self.path.display(), self.kind),
            None => write!(f, "{}: {}", self.path.display(), self.kind),
        }
    }
}

impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // The kind is in the text already; what is below it is the operating system's error.
        std::error::Error::source(&self.kind)
    }
}

impl ReadErrorKind {
    /// The same error, of a trace that this version wrote.
    pub(crate) fn written_by(mut self, version: Option<&str>) -> Self {
        if let Self::Unknown { writer, .. } = &mut self {
            *writer = version.map(shown);
        }
        self
    }
}

/// Why a name is not known, and what to do.
fn cause(writer: Option<&str>) -> String {
    match writer {
        Some(VERSION) => format!("this version wrote the trace, so the line was edited: {RESTORE}"),
        Some(writer) => {
            format!(
                "bohrbug {writer} wrote the trace and knows it: update to that version, or, if the line was edited, {RESTORE}"
            )
        }
        None => format!("the line was edited, or a newer version wrote it: {RESTORE}, or update bohrbug"),
    }
}

fn update(writer: Option<&str>) -> String {
    match writer {
        Some(writer) => format!("bohrbug {writer} wrote it: update to that version to read it"),
        None => "update bohrbug to read it".to_owned(),
    }
}

fn perhaps(nearest: Option<&str>) -> String {
    nearest.map(|name| format!(", the nearest known one is \"{name}\"")).unwrap_or_default()
}

/// Text out of a file as a message may quote it: short, and without what a terminal would obey.
pub(crate) fn shown(text: &str) -> String {
    const LENGTH: usize = 60;
    let mut shown: String = text.chars().take(LENGTH).flat_map(char::escape_debug).collect();
    if text.chars().nth(LENGTH).is_some() {
        shown.push('…');
    }
    shown
}

/// A sentence about text out of a file, cut to a length that fits a message.
pub(crate) fn printable(text: &str) -> String {
    const LENGTH: usize = 200;
    let mut kept: String = text.chars().take(LENGTH).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    if text.chars().nth(LENGTH).is_some() {
        kept.push('…');
    }
    kept
}
