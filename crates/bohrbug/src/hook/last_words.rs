//! The last panics of a process that std ends, since a task panicked where it may not: usually in a destructor, while it was
//! unwinding already. There is no report then, so they are printed.
//!
//! They are kept without the allocator: what an execution leaves behind is a leak of the program's for
//! [`memory`](crate::memory).

use std::cell::RefCell;
use std::fmt::{self, Write as _};
use std::io::Write as _;
use std::panic::PanicHookInfo;

use crate::survive;

/// What std says when it ends the process, whatever the panics before said.
const ENDS: [&str; 2] = ["panic in a destructor during cleanup", "panic in a function that cannot unwind"];

/// How many bytes of a panic are kept.
const ROOM: usize = 1024;

/// What a panic said and where, as far as there is room.
struct Said {
    text: [u8; ROOM],
    length: usize,
}

thread_local! {
    /// The last two panics of this OS thread's tasks, the older first.
    static LAST_TWO: RefCell<[Said; 2]> = const { RefCell::new([Said::new(), Said::new()]) };
}

impl Said {
    const fn new() -> Self {
        Self { text: [0; ROOM], length: 0 }
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.text[..self.length]).unwrap_or_default()
    }
}

impl fmt::Write for Said {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut end = text.len().min(ROOM - self.length);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        self.text[self.length..self.length + end].copy_from_slice(&text.as_bytes()[..end]);
        self.length += end;
        Ok(())
    }
}

/// Keeps a panic of a task; the one that ends the process prints those before it.
pub(super) fn keep(info: &PanicHookInfo<'_>) {
    if info.payload().downcast_ref::<&str>().is_some_and(|text| ENDS.contains(text)) {
        return print(info);
    }
    LAST_TWO.with_borrow_mut(|two| {
        two.swap(0, 1);
        two[1].length = 0;
        // It takes all that it is given, or the beginning of it.
        let _ = write!(two[1], "{info}");
    });
}

/// What ends the process and the panic before it, in a line without places: those move.
fn said(info: &PanicHookInfo<'_>, newer: &str) -> String {
    let why = info.payload().downcast_ref::<&str>().copied().unwrap_or_default();
    let last = newer.lines().nth(1).unwrap_or_default();
    format!("{why}, after the panic \"{last}\"")
}

fn print(info: &PanicHookInfo<'_>) {
    let thread = std::thread::current();
    let name = thread.name().unwrap_or("a thread without a name");
    LAST_TWO.with_borrow(|[older, newer]| {
        survive::said(&said(info, newer.text()));
        // Not by a macro: the test runner would keep to itself what a test prints, and then there is no runner any more.
        let _ = writeln!(
            std::io::stderr(),
            "bohrbug: in an execution of `{name}` a task panicked where a panic ends the process, as it would \
             outside of a check: {info}\nusually a destructor panicked while its task was unwinding already; let it ask \
             std::thread::panicking() first. The last panics, the older first:\n  {}\n  {}",
            older.text(),
            newer.text()
        );
    });
}
