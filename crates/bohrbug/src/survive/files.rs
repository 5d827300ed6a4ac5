//! Where journals and the tasks of children lie: beside the program, in a directory that goes with it, or in the system's
//! directory for what is temporary.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

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

/// A new journal, which is locked as long as the file is open.
pub(super) fn create() -> io::Result<(PathBuf, File)> {
    let (path, file) = new_file("exploring", JOURNAL)?;
    lock(&file)?;
    Ok((path, file))
}

/// A new file, in the first directory that takes one.
pub(super) fn new_file(stem: &str, extension: &str) -> io::Result<(PathBuf, File)> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for directory in directories() {
        let name = format!("{stem}.{}-{}.{extension}", this_process(), next_number());
        let made = fs::create_dir_all(&directory).and_then(|()| {
            let path = directory.join(name);
            open_new(&path).map(|file| (path, file))
        });
        match made {
            Ok(made) => return Ok(made),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The journals whose processes are gone.
pub(super) fn left_over() -> Vec<PathBuf> {
    let entries = directories().filter_map(|directory| fs::read_dir(directory).ok()).flatten();
    let mut all: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_left(path)).collect();
    all.sort();
    all
}

fn is_left(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.ends_with(JOURNAL) && !is_alive(name)
}

/// Whether the process that the name has is there.
fn is_alive(name: &str) -> bool {
    let process = name.rsplit('.').nth(1).and_then(|text| text.split('-').next()?.parse::<i32>().ok());
    // SAFETY: without a signal nothing is sent.
    process.is_some_and(|process| unsafe { libc::kill(process, 0) } == 0)
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
