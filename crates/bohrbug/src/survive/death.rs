//! How a process came to its end while an execution was under way.

use bohrbug_trace::FailureKind;
use serde::{Deserialize, Serialize};

/// How a process came to its end, as whoever saw it can say: a number, since a signal's handler can write nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Death {
    /// By that signal.
    Signal(i32),
    /// By a signal at the end of a stack.
    StackOverflow,
    /// By a call that ends the process; its code, where that is known.
    Exit(i32),
    /// It was ended, since a task ran on and on without an event.
    EndlessLoop,
    /// It was ended, since a task waited for something that nobody here controls.
    Blocked,
}

/// The signals that end a process because of what it did, by number on this system, with their names and what they mean.
#[cfg(unix)]
pub(super) const SIGNALS: [(i32, &str, &str); 7] = [
    (libc::SIGSEGV, "SIGSEGV", "an invalid access to memory"),
    (libc::SIGBUS, "SIGBUS", "a failed access to memory"),
    (libc::SIGILL, "SIGILL", "an illegal instruction, often a trap"),
    (libc::SIGFPE, "SIGFPE", "an arithmetic fault"),
    (libc::SIGABRT, "SIGABRT", "the process was aborted"),
    (libc::SIGTRAP, "SIGTRAP", "a trap"),
    (libc::SIGSYS, "SIGSYS", "a forbidden system call"),
];

impl Death {
    /// Never 0.
    pub(super) const fn encoded(self) -> u64 {
        match self {
            Self::Signal(signal) => 1 | (signal as u32 as u64) << 8,
            Self::StackOverflow => 2,
            Self::Exit(code) => 3 | (code as u32 as u64) << 8,
            Self::EndlessLoop => 4,
            Self::Blocked => 5,
        }
    }

    pub(super) const fn decoded(number: u64) -> Option<Self> {
        let detail = (number >> 8) as u32 as i32;
        match number & 0xff {
            1 => Some(Self::Signal(detail)),
            2 => Some(Self::StackOverflow),
            3 => Some(Self::Exit(detail)),
            4 => Some(Self::EndlessLoop),
            5 => Some(Self::Blocked),
            _ => None,
        }
    }

    /// Whether the process is ended for it, and not by it.
    pub(super) const fn is_suspected(self) -> bool {
        matches!(self, Self::EndlessLoop | Self::Blocked)
    }

    pub(super) const fn kind(self) -> FailureKind {
        match self {
            Self::Signal(_) => FailureKind::Crash,
            Self::StackOverflow => FailureKind::StackOverflow,
            Self::Exit(_) => FailureKind::Exit,
            Self::EndlessLoop => FailureKind::EndlessLoop,
            Self::Blocked => FailureKind::Uncontrolled,
        }
    }

    /// The signal's name, or what else it was, without an allocation.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Signal(signal) => signal_name(signal).0,
            Self::StackOverflow => "a stack overflow",
            Self::Exit(_) => "a call that ends the process",
            Self::EndlessLoop => "an endless loop",
            Self::Blocked => "a wait for something not controlled",
        }
    }

    /// What happened, in a sentence; `stack` is the size of a task's stack in bytes, `deep` how many calls were in it.
    pub(super) fn message(self, stack: usize, deep: Option<u64>, said: Option<&str>) -> String {
        match self {
            Self::Signal(signal) => {
                let (name, meaning) = signal_name(signal);
                let said = said.map(|said| format!(": {said}")).unwrap_or_default();
                format!("{name}: {meaning}{said}")
            }
            Self::StackOverflow => {
                // Fewer could not fill a stack: the unwinder has lost its way.
                let deep = deep.map(rounded).filter(|frames| *frames >= 10);
                let deep = deep.map(|frames| format!(" in about {frames} frames")).unwrap_or_default();
                format!("the task used up its stack of {} KiB{deep}: usually an endless recursion", stack / 1024)
            }
            Self::Exit(code) => format!(
                "the program ended the process with code {code}: nothing after that ran, and a test runner would have \
                 counted its tests as done"
            ),
            Self::EndlessLoop => {
                "the task ran on without an event: an endless loop without a scheduling point; use a primitive of \
                 bohrbug_sync in it, or bohrbug_sync::hint::spin_loop"
                    .to_owned()
            }
            Self::Blocked => "the task waited, without an event, for something not controlled: a lock or channel of \
                              std's, a sleep, a read from a file or a network; use bohrbug_sync's"
                .to_owned(),
        }
    }
}

/// To one digit: the stack of a thread has a little less room than that of a coroutine, and a trace is the same on both.
const fn rounded(number: u64) -> u64 {
    let mut unit = 1;
    while number / unit >= 10 {
        unit *= 10;
    }
    (number + unit / 2) / unit * unit
}

#[cfg(unix)]
fn signal_name(signal: i32) -> (&'static str, &'static str) {
    let known = SIGNALS.iter().find(|(number, _, _)| *number == signal);
    match known {
        Some((_, name, meaning)) => (name, meaning),
        None if signal == libc::SIGKILL => ("SIGKILL", "the process was killed, perhaps because memory ran out"),
        None => ("a signal", "another process ended it"),
    }
}

#[cfg(not(unix))]
const fn signal_name(_: i32) -> (&'static str, &'static str) {
    ("a signal", "another process ended it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_depth_is_told_to_one_digit_unless_it_is_none() {
        let message = |deep| Death::StackOverflow.message(512 << 10, deep, None);
        let says = |deep, text: &str| assert!(message(deep).contains(text), "{}", message(deep));
        says(Some(874), "stack of 512 KiB in about 900 frames: ");
        says(Some(31_499), "in about 30000 frames: ");
        says(Some(999), "in about 1000 frames: ");
        says(Some(3), "stack of 512 KiB: ");
        says(None, "stack of 512 KiB: ");
    }

    #[test]
    fn a_death_is_read_as_it_is_written() {
        for death in [Death::Signal(11), Death::StackOverflow, Death::Exit(-1), Death::EndlessLoop, Death::Blocked] {
            assert_eq!(Death::decoded(death.encoded()), Some(death));
        }
        assert_eq!(Death::decoded(0), None);
    }
}
