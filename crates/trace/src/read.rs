//! Reading a trace, line by line, with limits that stop it early at anything that is not one.
//!
//! Whatever the file contains, reading it ends: in a trace, or in one [`ReadError`]. It never panics, and it holds no
//! more than one line and the events so far, so that a huge file of noise is refused at its first line.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use bohrbug_sorted::SortedSet;

use crate::line::Opening;
use crate::read_error::shown;
use crate::{ReadError, ReadErrorKind, Trace, TraceEvent, line, parent_path};

/// The length of the longest line that is read, in bytes.
pub const MAX_LINE: usize = 1 << 20;

/// The largest number of events that is read.
pub const MAX_EVENTS: u64 = 10_000_000;

impl Trace {
    /// Reads the trace in that file.
    ///
    /// # Errors
    ///
    /// When there is no such file, or it is not a complete trace of a known format; the error says where and what to do.
    pub fn read(path: impl AsRef<Path>) -> Result<Self, ReadError> {
        let path = path.as_ref();
        match open(path) {
            Ok(file) => Self::parse(path, BufReader::new(file)),
            Err(kind) => Err(ReadError { path: path.to_owned(), line: None, kind }),
        }
    }

    /// Reads a trace from `input`; `name` stands for it in errors.
    ///
    /// # Errors
    ///
    /// When the input is not a complete trace of a known format.
    pub fn parse(name: impl AsRef<Path>, input: impl BufRead) -> Result<Self, ReadError> {
        let mut lines = Lines { input, text: Vec::new(), number: 0, ended: true };
        parse(&mut lines).map_err(|kind| ReadError {
            path: name.as_ref().to_owned(),
            line: concerns_a_line(&kind).then_some(lines.number),
            kind,
        })
    }
}

fn open(path: &Path) -> Result<File, ReadErrorKind> {
    if fs::metadata(path).map_err(io_error)?.is_dir() {
        return Err(ReadErrorKind::Directory);
    }
    File::open(path).map_err(io_error)
}

fn io_error(error: io::Error) -> ReadErrorKind {
    match error.kind() {
        io::ErrorKind::NotFound => ReadErrorKind::Missing,
        io::ErrorKind::IsADirectory => ReadErrorKind::Directory,
        _ => ReadErrorKind::Io(error),
    }
}

const fn concerns_a_line(kind: &ReadErrorKind) -> bool {
    !matches!(kind, ReadErrorKind::Empty | ReadErrorKind::Io(_) | ReadErrorKind::Directory)
}

fn parse(lines: &mut Lines<impl BufRead>) -> Result<Trace, ReadErrorKind> {
    let first = lines.next_line()?.ok_or(ReadErrorKind::Empty)?;
    let header = line::parse_header(first);
    let Opening { header, events: expected, writer } = match header {
        Err(ReadErrorKind::Truncated) if lines.ended => return Err(ReadErrorKind::NotATrace),
        header => header?,
    };
    if expected > MAX_EVENTS {
        return Err(ReadErrorKind::TooManyEvents);
    }
    let mut trace = Trace::new(header);
    let mut tasks = SortedSet::new();
    for step in 0..expected {
        let event = next_event(lines, step, expected).map_err(|error| error.written_by(writer.as_deref()))?;
        check_task(&mut tasks, &event)?;
        trace.events.push(event);
    }
    match lines.next_line()? {
        None => Ok(trace),
        Some(_) => Err(ReadErrorKind::SurplusEvents { expected }),
    }
}

fn next_event(lines: &mut Lines<impl BufRead>, step: u64, expected: u64) -> Result<TraceEvent, ReadErrorKind> {
    let Some(text) = lines.next_line()? else {
        return Err(ReadErrorKind::MissingEvents { expected, found: step });
    };
    match line::parse_event(text, step) {
        // Without a newline the line is the file's last; what is wrong with it is that its end is missing.
        Err(ReadErrorKind::BadEvent { .. }) if !lines.ended => Err(ReadErrorKind::Truncated),
        result => result,
    }
}

/// A task begins after the task that spawns it, whose event that is.
fn check_task(tasks: &mut SortedSet<String>, event: &TraceEvent) -> Result<(), ReadErrorKind> {
    if tasks.contains(&event.task) {
        return Ok(());
    }
    match parent_path(&event.task) {
        Some(parent) if !tasks.contains(parent) => {
            Err(ReadErrorKind::UnknownTask { found: shown(&event.task), parent: shown(parent) })
        }
        _ => {
            tasks.insert(event.task.clone());
            Ok(())
        }
    }
}

/// The lines of an input, one at a time and none without bound.
struct Lines<R> {
    input: R,
    text: Vec<u8>,
    /// The number of the line read last, from 1.
    number: u64,
    /// Whether the line read last ended in a newline.
    ended: bool,
}

impl<R: BufRead> Lines<R> {
    /// The next line without its newline, or `None` at the end of the input.
    fn next_line(&mut self) -> Result<Option<&str>, ReadErrorKind> {
        self.text.clear();
        let limit = MAX_LINE as u64 + 1;
        let length = self.input.by_ref().take(limit).read_until(b'\n', &mut self.text).map_err(io_error)?;
        if length == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.ended = self.text.pop_if(|last| *last == b'\n').is_some();
        if self.text.len() > MAX_LINE {
            return Err(ReadErrorKind::LongLine);
        }
        match str::from_utf8(&self.text) {
            Ok(text) => Ok(Some(text)),
            // A file can be cut off in the middle of a character, too.
            Err(error) if error.error_len().is_none() && !self.ended && self.number > 1 => {
                Err(ReadErrorKind::Truncated)
            }
            Err(_) => Err(ReadErrorKind::NotUtf8),
        }
    }
}
