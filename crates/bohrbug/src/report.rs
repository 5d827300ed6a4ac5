//! A failure as its finder reads it.

use std::fmt::Write;
use std::path::Path;

use bohrbug_trace::{Explanation, SaveError, Saved, Sources, Trace, last_events};

/// How many of each task's last events are shown.
const LAST_EVENTS: usize = 6;

/// Where the trace of a failure went.
#[derive(Debug)]
pub enum Kept {
    /// To a file, or it was there already.
    Saved(Saved),
    /// Nowhere: the directory could not be written to.
    Lost(SaveError),
    /// Nowhere, since nothing is to be written here, for that reason.
    Unwanted(&'static str),
}

/// The whole report: what failed, in which task, what it needs if that was found, what every task did last, where the trace
/// is, and how to replay it.
///
/// `headline` says what failed under what; `command` replays the trace at the path that it is given.
pub fn failure(headline: &str, trace: &Trace, kept: &Kept, command: impl Fn(&str) -> String) -> String {
    let mut text = format!("{headline}\n");
    if let Some(failure) = &trace.header.failure {
        let task = failure.task.as_deref().map(|task| format!(" in {task}")).unwrap_or_default();
        let _ = write!(text, "\n{}{task}: {}\n", failure.kind, failure.message.trim_end());
        if let Some(site) = &failure.site {
            let _ = writeln!(text, "   at {site}");
        }
    }
    if let Some(workload) = &trace.header.workload {
        let _ = writeln!(text, "   with the input {workload}");
    }
    if trace.header.preemptions.is_some() {
        let sources = Sources::below(Path::new("."), trace);
        let _ = write!(text, "\n{}", Explanation::new(trace.clone(), sources).reason());
    }
    let _ = write!(text, "\nthe last events of each task:\n{}", last_events(trace, LAST_EVENTS));
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text.push('\n');
    match kept {
        Kept::Saved(saved) => {
            let path = saved.path().display().to_string();
            let known = if matches!(saved, Saved::Known(_)) { " (saved before)" } else { "" };
            let events = trace.events.len();
            let plural = if events == 1 { "" } else { "s" };
            let _ = writeln!(text, "the trace ({events} event{plural}): {path}{known}");
            let _ = write!(text, "replay it with: {}", command(&path));
        }
        Kept::Lost(error) => {
            let _ = writeln!(
                text,
                "the trace could not be saved: {error}\nit follows in full; save it to a file to replay it:\n"
            );
            text += &trace.render();
        }
        Kept::Unwanted(reason) => {
            let _ = write!(text, "the trace was not saved: {reason}");
        }
    }
    text
}
