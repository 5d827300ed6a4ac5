//! Where journals and the tasks of children lie: beside the program, in a directory that goes with it, or in the system's
//! directory for what is temporary.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::guard::{next_number, open_new, this_process};

/// The directory beside the program, in which Cargo has built it: `cargo clean` sees to it.
const NAME: &str = "bohrbug-journals";

/// How a journal's name ends.
pub(super) const JOURNAL: &str = "journal";

/// The directories, the first that can be written to.
fn directories() -> impl Iterator<Item = PathBuf> {
    let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join(NAME)));
    beside.into_iter().chain([std::env::temp_dir().join(NAME)])
}

/// Held while a journal is made, and while one looks for those that were left: until it is locked it looks as if it were one.
pub(super) fn looking() -> MutexGuard<'static, ()> {
    static LOOKING: Mutex<()> = Mutex::new(());
    LOOKING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A new journal, which is locked as long as the file is open.
pub(super) fn create() -> io::Result<(PathBuf, File)> {
    let _looking = looking();
    let (path, file) = new_file("exploring", JOURNAL)?;
    lock(&file)?;
    Ok((path, file))
}

/// A new file, in the first directory that takes one.
pub(super) fn new_file(stem: &str, extension: &str) -> io::Result<(PathBuf, File)> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for directory in directories() {
        let made = fs::create_dir_all(&directory).and_then(|()| new_file_in(&directory, stem, extension));
        match made {
            Ok(made) => return Ok(made),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The first that is free. An earlier process may have had this one's number, or been this one: a hunt goes on as the same
/// process, and what it was at lies there still.
fn new_file_in(directory: &Path, stem: &str, extension: &str) -> io::Result<(PathBuf, File)> {
    loop {
        let path = directory.join(format!("{stem}.{}-{}.{extension}", this_process(), next_number()));
        match open_new(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (path, file)),
        }
    }
}

/// The journals whose processes are gone, or may be: one that has this process's number is to be told by its lock. What else
/// such processes have left is of no use to anybody, and removed.
pub(super) fn left_over() -> Vec<PathBuf> {
    let entries = directories().filter_map(|directory| fs::read_dir(directory).ok()).flatten();
    let mut journals = Vec::new();
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        let process = process_of(&path);
        let is_own = process == i32::try_from(this_process()).ok();
        let is_gone = !is_own && process.is_some_and(|process| !is_alive(process));
        if path.extension().is_some_and(|extension| extension == JOURNAL) {
            journals.extend((is_own || is_gone).then_some(path));
        } else if is_gone {
            let _ = fs::remove_file(&path);
        }
    }
    bohrbug_sorted::sort(&mut journals);
    journals
}

/// The number of the process that has made the file.
fn process_of(path: &Path) -> Option<i32> {
    path.file_name()?.to_str()?.rsplit('.').nth(1)?.split('-').next()?.parse().ok()
}

/// Whether there is a process of that number.
fn is_alive(process: i32) -> bool {
    // SAFETY: without a signal nothing is sent.
    unsafe { libc::kill(process, 0) == 0 }
}

/// The file, locked, if nobody else has it locked.
pub(super) fn claim(path: &Path) -> Option<File> {
    let file = File::options().read(true).write(true).open(path).ok()?;
    lock(&file).ok().map(|()| file)
}

fn lock(file: &File) -> io::Result<()> {
    use std::os::fd::AsRawFd;
    // SAFETY: it takes numbers.
    let locked = unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) };
    if locked == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_is_left_to_whoever_has_it() {
        let directory = tempfile::tempdir().unwrap();
        let next = next_number();
        let taken: Vec<_> = (next..next + 100)
            .map(|number| directory.path().join(format!("order.{}-{number}.json", this_process())))
            .inspect(|path| fs::write(path, "theirs").unwrap())
            .collect();
        let (made, _) = new_file_in(directory.path(), "order", "json").unwrap();
        assert!(!taken.contains(&made) && taken.iter().all(|path| fs::read(path).unwrap() == b"theirs"), "{made:?}");
    }

    #[test]
    fn the_process_that_made_a_file_is_read_from_its_name() {
        assert_eq!(process_of(Path::new("a/exploring.17-3.journal")), Some(17));
        assert_eq!(process_of(Path::new("a/notes.txt")), None);
        assert!(is_alive(i32::try_from(this_process()).unwrap()));
    }
}
