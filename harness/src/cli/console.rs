//! Standard output and standard error, neither of which can make the program panic.

use std::io::{self, ErrorKind, IsTerminal, Write};

use anstyle::{AnsiColor, Style};

/// What is wrong.
const WRONG: Style = AnsiColor::Red.on_default().bold();
/// What deserves a look.
const NOTE: Style = AnsiColor::Yellow.on_default().bold();
/// What is right.
const RIGHT: Style = AnsiColor::Green.on_default().bold();

/// Standard output and standard error; colours only where they are seen and wanted.
#[derive(Debug, Default)]
pub(super) struct Console {
    /// The first failure to write to standard output.
    lost: Option<io::Error>,
}

impl Console {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Prints what was asked for, and a newline.
    pub(super) fn say(&mut self, text: &str) {
        if self.lost.is_some() {
            return;
        }
        let mut out = anstream::stdout().lock();
        // A reader that has gone away, `head` for one, has seen what it wanted; the work goes on for its exit code.
        match writeln!(out, "{text}").and_then(|()| out.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => self.lost = Some(error),
            _ => {}
        }
    }

    /// Says on standard error why the program ends, or that it cannot do a part of what was asked.
    pub(super) fn error(&mut self, text: &str) {
        self.note(&format!("{WRONG}error{WRONG:#}: {text}"));
    }

    /// Says on standard error what will be done otherwise than somebody may think.
    pub(super) fn warn(&mut self, text: &str) {
        self.note(&format!("{NOTE}warning{NOTE:#}: {text}"));
    }

    /// Says something on standard error; where that is closed nobody can be told.
    pub(super) fn note(&mut self, text: &str) {
        let _ = writeln!(anstream::stderr().lock(), "{text}");
    }

    /// Whether somebody sees standard error as it is written.
    pub(super) fn is_watched(&self) -> bool {
        io::stderr().is_terminal()
    }

    /// Why not everything arrived at standard output.
    pub(super) fn lost(&mut self) -> Option<io::Error> {
        self.lost.take()
    }
}

/// The text as good news or bad.
pub(super) fn coloured(text: &str, is_right: bool) -> String {
    let style = if is_right { RIGHT } else { WRONG };
    format!("{style}{text}{style:#}")
}
