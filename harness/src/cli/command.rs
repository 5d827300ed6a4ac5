//! The commands that a reader copies to replay a trace.

use std::ffi::OsStr;

use bohrbug::shell::{debug_in_test, quoted, replay_in_test};

/// The command that replays the trace at that path, from the directory that the program was called in.
pub(super) fn replay(path: &str) -> String {
    format!("{} replay {}", program(std::env::var_os("CARGO").as_deref()), quoted(path))
}

/// The command that replays the trace of a test at that path, from the directory of the test's package.
pub(super) fn test(path: &str, name: &str) -> String {
    replay_in_test(path, Some(name))
}

/// As [`test`], in a debugger that stops before that step.
pub(super) fn debug(path: &str, name: &str, step: usize) -> String {
    debug_in_test(path, Some(name), step)
}

/// How the program was called: `cargo run` sets `CARGO` for what it runs.
const fn program(cargo: Option<&OsStr>) -> &'static str {
    match cargo {
        None => "bohrbug",
        Some(_) => "cargo run --release --",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_came_by_cargo_goes_by_cargo() {
        assert_eq!(program(None), "bohrbug");
        assert_eq!(program(Some(OsStr::new("cargo"))), "cargo run --release --");
    }
}
