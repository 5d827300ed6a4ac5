//! The project that is explored: where it lies, and where its target folder is.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

use crate::error::Error;
use crate::options::Options;

/// A workspace of Cargo's, as `cargo metadata` knows it.
#[derive(Debug)]
pub(crate) struct Project {
    /// Everything that we write is in here.
    pub(crate) folder: PathBuf,
    /// The folder of the workspace.
    pub(crate) root: PathBuf,
}

#[derive(Deserialize)]
struct Metadata {
    target_directory: PathBuf,
    workspace_root: PathBuf,
}

impl Project {
    /// The project that Cargo means by these options.
    pub(crate) fn find(options: &Options) -> Result<Self, Error> {
        let mut command = cargo();
        command.args(["metadata", "--format-version=1", "--no-deps"]);
        if let Some(path) = options.of_cargo("--manifest-path") {
            command.arg("--manifest-path").arg(path);
        }
        let output = command.stderr(Stdio::piped()).output().map_err(Error::io("cargo cannot be run"))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Err(Error::Project(format!(
                "{}\nThis is not a Cargo project. Change to one, or name it with --manifest-path.",
                said.trim().trim_start_matches("error: ")
            )));
        }
        let found: Metadata = serde_json::from_slice(&output.stdout)
            .map_err(|error| Error::Project(format!("`cargo metadata` cannot be read: {error}")))?;
        let target = options.of_cargo("--target-dir").map(absolute).unwrap_or(found.target_directory);
        Ok(Self { folder: target.join("bohrbug"), root: found.workspace_root })
    }

    /// Removes what we have built and recorded; the traces stay.
    pub(crate) fn clean(&self) -> Result<(), Error> {
        let Ok(entries) = fs::read_dir(&self.folder) else { return Ok(()) };
        for entry in entries.flatten().filter(|entry| entry.file_name() != "traces") {
            remove(&entry.path())?;
        }
        Ok(())
    }
}

/// Removes a file or a folder, if it is there.
pub(crate) fn remove(path: &Path) -> Result<(), Error> {
    let result = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match result {
        Err(error) if path.exists() => Err(Error::file(path)(error)),
        _ => Ok(()),
    }
}

fn absolute(path: impl AsRef<Path>) -> PathBuf {
    std::path::absolute(path.as_ref()).unwrap_or_else(|_| path.as_ref().to_owned())
}

/// The Cargo that called us, or the usual one.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// This program.
pub(crate) fn this_program() -> Result<PathBuf, Error> {
    std::env::current_exe().map_err(Error::io("the path of this program cannot be found"))
}

/// The triple that the compiler is of, and its version.
pub(crate) fn host() -> Result<(String, String), Error> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let output = Command::new(rustc).arg("-vV").output().map_err(Error::io("rustc cannot be run"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: ")).map(str::to_owned);
    host.map(|host| (host, text)).ok_or_else(|| Error::Project("rustc does not name its host".to_owned()))
}
