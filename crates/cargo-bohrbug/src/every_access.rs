//! `--every-access`: the compiler calls us at each access to memory.
//!
//! It does so for a thread sanitizer, of which it then links no runtime: the explorer is that. The switches are not stable, so
//! the compiler is told to take them as if it were a nightly one: for crates of the target, and for these calls of it alone. All
//! crates get them, not only those of the workspace: where the counts of `Arc` were not seen in a dependency, what they order
//! would pass for a race.

use std::ffi::OsString;
use std::process::Command;

use crate::error::Error;

/// The switches: the calls, no runtime of the compiler's, a std that was built without them, and no instances out of that std.
const SWITCHES: &[&str] =
    &["-Zsanitizer=thread", "-Zexternal-clangrt", "-Cunsafe-allow-abi-mismatch=sanitizer", "-Zshare-generics=no"];

/// Stable ones: names of places in the code, and frames whose bounds a function knows when it is left.
const STABLE: &[&str] = &["strip=none", "force-frame-pointers=yes"];

/// Says what is used.
pub(crate) fn announce() -> Result<(), Error> {
    if !cfg!(all(target_os = "linux", target_env = "gnu", target_arch = "x86_64")) {
        let text = "--every-access needs Linux with glibc on x86-64; omit it here";
        return Err(Error::Usage(text.to_owned()));
    }
    eprintln!("bohrbug: --every-access uses unstable compiler flags ({})", SWITCHES.join(" "));
    Ok(())
}

/// Adds the switches to a call of the compiler with those arguments, and what places in the code are found by.
pub(crate) fn switch_on(command: &mut Command, arguments: &[OsString]) {
    command.env("RUSTC_BOOTSTRAP", "1").args(SWITCHES);
    STABLE.iter().for_each(|switch| _ = command.args(["-C", switch]));
    if !arguments.iter().any(|argument| argument == "debuginfo=2" || argument == "-Cdebuginfo=2") {
        command.args(["-C", "debuginfo=1"]);
    }
}
