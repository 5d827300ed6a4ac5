//! An ignored test of the same file in a process of its own.

use std::process::Command;

/// The command that runs that test and no other, with everything that it prints.
pub(crate) fn another_process(test: &str) -> Command {
    let program = std::env::current_exe().expect("the path of this test");
    let mut command = Command::new(program);
    command.args([test, "--exact", "--ignored", "--nocapture", "--test-threads=1"]).env("RUST_BACKTRACE", "0");
    command
}
