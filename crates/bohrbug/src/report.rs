//! A failure as its finder reads it.

use std::fmt::Write;
use std::path::{Path, PathBuf};

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

impl Kept {
    /// Where the trace is kept after it was made smaller: in the place of the whole one that has just been saved. What was saved
    /// before stays.
    pub fn replaced(self, whole: &Trace, smaller: &Trace, keep: impl FnOnce(&Trace) -> Self) -> Self {
        let Self::Saved(Saved::New(path)) = &self else { return self };
        if smaller == whole {
            return self;
        }
        if smaller.file_name() != whole.file_name() {
            return keep(smaller);
        }
        smaller.save_atomically(path).map_or_else(Self::Lost, |()| self)
    }
}

/// Where the paths of a trace's places begin: here, or, in a package of a workspace, further up.
fn root(trace: &Trace) -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let files = trace.events.iter().filter_map(|event| event.site.split(':').next());
    // Absolute paths would be there whatever the root.
    let file = files
        .filter(|file| file.ends_with(".rs") && Path::new(file).is_relative())
        .find(|file| here.ancestors().any(|root| root.join(file).is_file()));
    let root = file.and_then(|file| here.ancestors().find(|root| root.join(file).is_file()));
    root.unwrap_or(Path::new(".")).to_owned()
}

/// The whole report: what failed, in which task, what it needs if that was found, what every task did last, where the trace
/// is, and how to replay it. Tasks and objects are called as in the source, where that is at hand.
///
/// `headline` says what failed under what; `command` replays the trace at the path that it is given.
pub fn failure(headline: &str, trace: &Trace, kept: &Kept, command: impl Fn(&str) -> String) -> String {
    let mut text = format!("{headline}\n");
    let sources = Sources::below(&root(trace), trace);
    let called = sources.called(trace);
    if let Some(failure) = &called.header.failure {
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
        let _ = write!(text, "\n{}", Explanation::new(trace.clone(), sources).reason());
    }
    let _ = write!(text, "\nthe last events of each task:\n{}", last_events(&called, LAST_EVENTS));
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
