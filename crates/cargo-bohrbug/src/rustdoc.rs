//! In rustdoc's place: documentation tests are not explored, and everything else is rustdoc's.
//!
//! Cargo is asked for all that `cargo test` means, examples and all, and would have rustdoc compile the documentation's code against
//! crates that are on the stand-ins.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::cargo::this_program;
use crate::error::Error;

/// What this program is called with in that place.
pub(crate) const NAME: &str = "__bohrbug_rustdoc";

/// Writes a program that calls us so, where programs can be scripts.
pub(crate) fn write(folder: &Path) -> Result<Option<PathBuf>, Error> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join("rustdoc");
        let program = this_program()?.display().to_string().replace('\'', "'\\''");
        let text = format!("#!/bin/sh\nexec '{program}' {NAME} \"$@\"\n");
        let write = std::fs::write(&path, text);
        write
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)))
            .map_err(Error::file(&path))?;
        Ok(Some(path))
    }
    #[cfg(not(unix))]
    Ok(None)
}

/// Does what rustdoc was asked for.
pub(crate) fn run(arguments: &[OsString]) -> Result<u8, Error> {
    if arguments.iter().any(|argument| argument == "--test") {
        eprintln!("bohrbug: documentation tests are not run here; `cargo test --doc` runs them");
        return Ok(0);
    }
    let status = Command::new("rustdoc").args(arguments).status().map_err(Error::io("rustdoc cannot be run"))?;
    Ok(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(101))
}
