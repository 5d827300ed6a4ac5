//! Several runs in one target folder: what one of them builds or puts back is not taken from under another.
//!
//! Each run shares a lock on the folder as long as it lasts. Who wants to change what all use waits until the others are gone. Linux
//! alone has such locks here; elsewhere one run at a time is the user's business.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use crate::error::Error;

/// A run's share of the folder.
#[derive(Debug)]
pub(crate) struct Share {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "there are no locks"))]
    file: File,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    Shared,
    Exclusive,
    ExclusiveNow,
}

impl Share {
    /// Begins a run; also whether it is the only one.
    pub(crate) fn take(folder: &Path) -> Result<(Self, bool), Error> {
        fs::create_dir_all(folder).map_err(Error::file(folder))?;
        let path = folder.join("lock");
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(Error::file(&path))?;
        let share = Self { file };
        let alone = share.is_last();
        if !share.lock(Lock::Shared) {
            return Err(Error::io("the target folder cannot be locked")(std::io::Error::last_os_error()));
        }
        Ok((share, alone))
    }

    /// Does something when no other run is there.
    pub(crate) fn alone<R>(&self, f: impl FnOnce() -> R) -> R {
        if !self.lock(Lock::ExclusiveNow) {
            eprintln!("bohrbug: crates that another run uses have to be built anew; waiting for its end");
            self.lock(Lock::Exclusive);
        }
        let result = f();
        self.lock(Lock::Shared);
        result
    }

    /// Whether no other run is there now; then none begins before this one is dropped.
    pub(crate) fn is_last(&self) -> bool {
        self.lock(Lock::ExclusiveNow)
    }

    #[cfg(target_os = "linux")]
    fn lock(&self, lock: Lock) -> bool {
        let operation = match lock {
            Lock::Shared => libc::LOCK_SH,
            Lock::Exclusive => libc::LOCK_EX,
            Lock::ExclusiveNow => libc::LOCK_EX | libc::LOCK_NB,
        };
        // SAFETY: the file is open.
        unsafe { libc::flock(std::os::fd::AsRawFd::as_raw_fd(&self.file), operation) == 0 }
    }

    #[cfg(not(target_os = "linux"))]
    const fn lock(&self, _: Lock) -> bool {
        true
    }
}

/// The lock file of the project, as it was before Cargo was called.
pub(crate) struct LockFile {
    path: PathBuf,
    content: Option<Vec<u8>>,
}

impl LockFile {
    /// Remembers it, in `folder` for other runs, too; what they remember counts where this run is not the only one.
    pub(crate) fn keep(root: &Path, folder: &Path, alone: bool) -> Result<Self, Error> {
        let path = root.join("Cargo.lock");
        let others = fs::read_dir(folder.parent().unwrap_or(folder)).into_iter().flatten().flatten();
        let known = others.filter(|_| !alone).find_map(|other| fs::read(other.path().join("lock-file")).ok());
        let content = match known {
            Some(known) => known.strip_prefix(b"+").map(<[u8]>::to_vec),
            None => fs::read(&path).ok(),
        };
        let kept = folder.join("lock-file");
        let text = content.as_ref().map_or_else(|| b"-".to_vec(), |content| [b"+", &**content].concat());
        fs::write(&kept, text).map_err(Error::file(&kept))?;
        Ok(Self { path, content })
    }

    /// Puts it back, if Cargo has changed it and nobody else is at work.
    pub(crate) fn restore(self, share: &Share) {
        if fs::read(&self.path).ok() == self.content || !share.is_last() {
            return;
        }
        let restored = match &self.content {
            Some(content) => fs::write(&self.path, content),
            None => fs::remove_file(&self.path),
        };
        if let Err(error) = restored {
            eprintln!("bohrbug: Cargo changed {}, and it cannot be put back: {error}", self.path.display());
        }
    }
}

/// From now on this process outlives the interrupt that ends Cargo and the tests, so that it can put things back.
pub(crate) fn outlive_interrupts() {
    #[cfg(target_os = "linux")]
    {
        extern "C" fn nothing(_: libc::c_int) {}
        // SAFETY: the handler does nothing; a program that is started has the usual one again.
        unsafe { libc::signal(libc::SIGINT, nothing as extern "C" fn(libc::c_int) as usize) };
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_last_of_two_runs_puts_back_what_the_first_has_found() {
        let folder = tempfile::tempdir().unwrap();
        let (root, runs) = (folder.path().join("root"), folder.path().join("runs"));
        let [mine, others] = ["1", "2"].map(|run| runs.join(run));
        [&root, &mine, &others].into_iter().for_each(|folder| fs::create_dir_all(folder).unwrap());
        let (first, alone) = Share::take(folder.path()).unwrap();
        assert!(alone);
        let firsts = LockFile::keep(&root, &mine, alone).unwrap();
        fs::write(root.join("Cargo.lock"), "made by Cargo").unwrap();
        let (second, alone) = Share::take(folder.path()).unwrap();
        assert!(!alone);
        let seconds = LockFile::keep(&root, &others, alone).unwrap();
        firsts.restore(&first);
        assert!(root.join("Cargo.lock").exists(), "the second run needs it");
        drop(first);
        seconds.restore(&second);
        assert!(!root.join("Cargo.lock").exists());
    }
}
