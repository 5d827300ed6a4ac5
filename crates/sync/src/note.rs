//! Remarks of the code under test in its own traces: what it is about, where the locks that it takes do not say.
//!
//! A note is an event without a scheduling point, an object or a conflict, so it costs a search nothing but the text.
//! Outside of an exploration nothing is formatted. A note describes what comes next: note first, then act.

use std::fmt::Display;
#[cfg(feature = "model")]
use std::fmt::Write;

/// Writes a remark into the trace of the execution that is under way; does nothing, and formats nothing, without one.
///
/// The text must be the same whenever the program does the same: no addresses, no clocks. It is truncated to 500
/// characters.
///
/// ```
/// use bohrbug_sync::{Mutex, note};
///
/// let accounts = Mutex::new([3, 4]);
/// note(format_args!("move {} from account {}", 1, 0));
/// let mut accounts = accounts.lock().unwrap();
/// accounts[0] -= 1;
/// ```
#[track_caller]
pub fn note(text: impl Display) {
    #[cfg(feature = "model")]
    {
        let site = std::panic::Location::caller();
        if let Some(x) = crate::ambient::ambient().filter(|x| !x.stopping()) {
            let mut written = x.blank_note();
            // As `to_string` has it: a text that cannot be written is a mistake of its author's.
            write!(written, "{text}").expect("a Display implementation returned an error unexpectedly");
            cut(&mut written);
            x.note(written, site);
        }
    }
    #[cfg(not(feature = "model"))]
    let _ = text;
}

/// How many characters of a text are kept.
#[cfg(feature = "model")]
const LONGEST: usize = 500;

/// A trace is read line by line, and a line has an end.
#[cfg(feature = "model")]
fn cut(text: &mut String) {
    // No text has more characters than bytes.
    if text.len() <= LONGEST {
        return;
    }
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
    }
}
