//! Writing a trace so that a file under its final name is always a whole one.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use twox_hash::XxHash3_128;

use crate::{ReadError, Trace};

/// A trace that could not be written.
///
/// Nothing was changed: a file of that name, if there was one, is as it was.
#[derive(Debug, thiserror::Error)]
#[error("{}: {kind}", path.display())]
pub struct SaveError {
    /// The file that was to be written.
    pub path: PathBuf,
    /// What went wrong.
    pub kind: SaveErrorKind,
}

/// What went wrong when a trace was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SaveErrorKind {
    /// The directory is not there and cannot be made.
    #[error("cannot create the directory for the trace: {0}; choose another one")]
    Directory(#[source] io::Error),
    /// There is no room, or no permission.
    #[error("cannot write the trace: {0}; free some space, or choose a writable directory")]
    Write(#[source] io::Error),
    /// The name is taken by something that cannot be replaced, a directory for instance.
    #[error("the trace was written but cannot be renamed: {0}; choose another name")]
    Rename(#[source] io::Error),
    /// The trace breaks a rule of the format, so that nobody could read it.
    #[error("the trace was not written, since it could not be read back: {0}")]
    Unreadable(#[source] Box<ReadError>),
}

/// Where the trace of a failure is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It was written to this file.
    New(PathBuf),
    /// This file has a trace of the same failure already, and was left as it is.
    Known(PathBuf),
}

impl Saved {
    /// The file, in either case.
    pub fn path(&self) -> &Path {
        match self {
            Self::New(path) | Self::Known(path) => path,
        }
    }
}

/// The name of the file for a trace of that failure: what was run, then the beginning of the fingerprint.
///
/// ```
/// use bohrbug_trace::file_name;
///
/// assert_eq!(file_name("Shop: two buyers", None, "00c0ffee12345678"), "shop-two-buyers-00c0ffee.jsonl");
/// assert_eq!(file_name("create-vs-verify", Some("v3"), "00c0ffee12345678"), "create-vs-verify-v3-00c0ffee.jsonl");
/// ```
pub fn file_name(scenario: &str, revision: Option<&str>, fingerprint: &str) -> String {
    let name = slug(&format!("{scenario} {}", revision.unwrap_or_default()));
    let mark: String = slug(fingerprint).chars().take(8).collect();
    format!("{name}-{mark}.jsonl")
}

impl Trace {
    /// The name of the file for this trace: of its failure, or of its content when it did not fail.
    pub fn file_name(&self) -> String {
        let mark = match &self.header.failure {
            Some(failure) => failure.fingerprint.clone(),
            None => format!("{:032x}", XxHash3_128::oneshot(self.render().as_bytes())),
        };
        file_name(&self.header.scenario, self.header.revision.as_deref(), &mark)
    }

    /// Saves the trace in that directory under its [own name](Self::file_name), unless the same failure is saved there.
    ///
    /// Two failures of one scenario and revision with one fingerprint are one file, and the first stays: a committed
    /// trace does not change because somebody ran the tests.
    ///
    /// # Errors
    ///
    /// When the trace cannot be written; see [`SaveError`].
    pub fn save_into(&self, directory: impl AsRef<Path>) -> Result<Saved, SaveError> {
        self.save_as(directory, &self.file_name())
    }

    /// As [`save_into`](Self::save_into), under another name: for whoever sorts traces into folders of their own.
    ///
    /// # Errors
    ///
    /// When the trace cannot be written; see [`SaveError`].
    pub fn save_as(&self, directory: impl AsRef<Path>, name: &str) -> Result<Saved, SaveError> {
        let path = directory.as_ref().join(name);
        match Self::read(&path) {
            Ok(there) if self.is_same_failure(&there) => Ok(Saved::Known(path)),
            // Somebody else's file, or a damaged one: neither is ours to overwrite.
            _ if path.exists() => {
                let mark = format!("{:032x}", XxHash3_128::oneshot(self.render().as_bytes()));
                let beside = directory.as_ref().join(format!("{}-{mark}.jsonl", name.trim_end_matches(".jsonl")));
                self.save_atomically(&beside).map(|()| Saved::New(beside))
            }
            _ => self.save_atomically(&path).map(|()| Saved::New(path)),
        }
    }

    /// Writes the trace to that file, replacing what is there.
    ///
    /// It is written beside it under another name, synced, read back and renamed: whenever the process is killed, the
    /// file is the old one or the new one, and no file is saved that [`Trace::read`] refuses. Missing directories are
    /// made.
    ///
    /// # Errors
    ///
    /// When the trace cannot be written; what was there before is still there.
    pub fn save_atomically(&self, path: impl AsRef<Path>) -> Result<(), SaveError> {
        let path = path.as_ref();
        self.write_and_rename(path).map_err(|kind| SaveError { path: path.to_owned(), kind })
    }

    fn write_and_rename(&self, path: &Path) -> Result<(), SaveErrorKind> {
        let text = self.render();
        Self::parse(path, text.as_bytes()).map_err(|error| SaveErrorKind::Unreadable(Box::new(error)))?;
        write_and_rename(path, &text)
    }

    /// Whether both are of one scenario, one revision and one failure: the two of them are one file.
    pub fn is_same_failure(&self, there: &Self) -> bool {
        let failure = |trace: &Self| trace.header.failure.as_ref().map(|failure| failure.fingerprint.clone());
        self.header.scenario == there.header.scenario
            && self.header.revision == there.header.revision
            && failure(self) == failure(there)
            && (failure(self).is_some() || self == there)
    }
}

/// Writes a text to that file as a trace is saved: whenever the process is killed, the file is the old one or the new one.
///
/// ```
/// let directory = tempfile::tempdir()?;
/// let path = directory.path().join("made/if/need/be.txt");
/// bohrbug_trace::replace_file(&path, "whole\n")?;
/// assert_eq!(std::fs::read_to_string(path)?, "whole\n");
/// # Ok::<(), std::io::Error>(())
/// ```
///
/// # Errors
///
/// When it cannot be written; what was there before is still there.
pub fn replace_file(path: impl AsRef<Path>, text: &str) -> io::Result<()> {
    write_and_rename(path.as_ref(), text).map_err(|kind| match kind {
        SaveErrorKind::Directory(error) | SaveErrorKind::Write(error) | SaveErrorKind::Rename(error) => error,
        SaveErrorKind::Unreadable(error) => io::Error::other(error),
    })
}

fn write_and_rename(path: &Path, text: &str) -> Result<(), SaveErrorKind> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(SaveErrorKind::Directory)?;
    let (temporary, file) = create_beside(directory, path).map_err(SaveErrorKind::Write)?;
    let result = write(file, text)
        .map_err(SaveErrorKind::Write)
        .and_then(|()| fs::rename(&temporary, path).map_err(SaveErrorKind::Rename));
    match result {
        Ok(()) => settle(directory),
        // Best effort: the failure that matters is the first one.
        Err(_) => drop(fs::remove_file(&temporary)),
    }
    result
}

/// A new file in the same directory, since a rename is atomic within one file system only.
fn create_beside(directory: &Path, path: &Path) -> io::Result<(PathBuf, File)> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let process = std::process::id();
    // The number keeps threads of this process apart, and steps over what a killed one of the same id has left.
    for number in 0..1000 {
        let temporary = directory.join(format!(".{name}.{process}-{number}.tmp"));
        match OpenOptions::new().write(true).create_new(true).open(&temporary) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            result => return result.map(|file| (temporary, file)),
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("too many files named .{name}.*.tmp are left over")))
}

fn write(mut file: File, text: &str) -> io::Result<()> {
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

/// Brings the new name itself to the disk; best effort, since not every file system can.
fn settle(directory: &Path) {
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
}

/// The text as a part of a file's name that needs quoting nowhere.
fn slug(text: &str) -> String {
    const LENGTH: usize = 80;
    let lower = text.to_lowercase();
    let words: Vec<_> =
        lower.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|w| !w.is_empty()).collect();
    let name: String = words.join("-").chars().take(LENGTH).collect();
    if name.is_empty() { "trace".to_owned() } else { name }
}
