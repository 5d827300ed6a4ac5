//! A hunt in a process of its own, which this one outlives: whatever ends it, `kill -9` and a lack of memory included, the hunt goes
//! on where it was, and finds out how it came to that.
//!
//! A signal at the keyboard goes to both. Where this process is ended the other one ends as well.

use std::io;
use std::process::{Command, ExitCode, ExitStatus};

use super::console::Console;
use crate::ended::Ledger;

/// Runs this program again, with that ledger, as often as it takes; how it ended at last.
pub(super) fn run(ledger: &Ledger, console: &mut Console) -> io::Result<ExitCode> {
    let (mut known, mut in_vain) = (0, 0);
    loop {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(std::env::args_os().skip(1)).env(Ledger::VARIABLE, ledger.path());
        let status = command.status()?;
        if !ledger.is_open() {
            return Ok(code(status));
        }
        // One that has come no further may be followed by one that finds out why.
        in_vain = if ledger.length() > known { 0 } else { in_vain + 1 };
        known = ledger.length();
        if in_vain == 2 {
            console.error(&format!("the hunt's process was ended twice in the same place, {status}; it is given up"));
            ledger.close();
            // Whatever it ended with, a hunt that is not over is not as asked.
            return Ok(ExitCode::FAILURE);
        }
        console.warn(&format!("the hunt's process was ended from outside, {status}; the hunt goes on"));
    }
}

fn code(status: ExitStatus) -> ExitCode {
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Ends this process when the one is gone that outlives it.
pub(super) fn end_with_the_other() {
    #[cfg(unix)]
    {
        use std::os::unix::process::parent_id;
        use std::time::Duration;

        const LOOK: Duration = Duration::from_millis(200);
        let other = parent_id();
        let watch = move || {
            while parent_id() == other {
                std::thread::park_timeout(LOOK);
            }
            std::process::exit(1);
        };
        // Without a thread for it this one ends when it is done.
        let _ = std::thread::Builder::new().name("bohrbug-hunt".to_owned()).spawn(watch);
    }
}
