//! `bohrbug replay --stacks STEP`: where each task stands before a step, as a debugger would show it, without one.
//!
//! What is shown is the code under test: frames of the standard library, of the runtime and of dependencies are left out. It
//! needs line tables, which both profiles have.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use backtrace::{Backtrace, BacktraceFrame, BacktraceSymbol};
use bohrbug::trace::Trace;
use bohrbug::{Look, Program, Replay, ReplayError, replay_looking};
use serde::Serialize;

use super::replay::NotReplayed;

/// A task, and the calls that it is in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Stack {
    task: String,
    /// The innermost call first.
    frames: Vec<Frame>,
}

/// A call of the code under test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Frame {
    function: String,
    site: String,
}

/// Replays a trace, and says where the tasks stand before that step: those that have begun and not ended.
///
/// # Errors
///
/// The trace has no such step.
pub(super) fn replay(
    path: &Path,
    trace: &Trace,
    program: &Program,
    step: usize,
) -> Result<Result<(Replay, Vec<Stack>), ReplayError>, NotReplayed> {
    let steps = trace.events.len();
    if step >= steps {
        return Err(NotReplayed::NoStep { path: path.display().to_string(), step, steps });
    }
    let seen = Arc::new(Mutex::new(Vec::<(String, Backtrace)>::new()));
    let to = seen.clone();
    let look = move |look: Look<'_>| {
        if look.step.0 as usize > step {
            return;
        }
        let mut seen = to.lock().unwrap_or_else(PoisonError::into_inner);
        seen.retain(|(task, _)| task != look.task);
        if !look.has_ended {
            seen.push((look.task.to_owned(), Backtrace::new_unresolved()));
        }
    };
    Ok(replay_looking(trace, program, look).map(|replayed| {
        let mut seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
        seen.sort_by(|(one, _), (other, _)| one.cmp(other));
        (replayed, seen.into_iter().map(|(task, stack)| Stack::new(task, stack)).collect())
    }))
}

impl Stack {
    fn new(task: String, mut stack: Backtrace) -> Self {
        stack.resolve();
        let symbols = stack.frames().iter().flat_map(BacktraceFrame::symbols);
        Self { task, frames: symbols.filter_map(Frame::of_program).collect() }
    }
}

impl Frame {
    /// The call, if it is one of the code under test.
    fn of_program(symbol: &BacktraceSymbol) -> Option<Self> {
        const NOT_THE_PROGRAM: [&str; 5] = [
            "crates/sync/src",
            "crates/bohrbug/src",
            "harness/src/cli",
            "harness/src/main.rs",
            "harness/src/scenario.rs",
        ];
        let file = symbol.filename()?;
        let here = std::env::current_dir().unwrap_or_default();
        let shown = file.strip_prefix(workspace()).or_else(|_| file.strip_prefix(&here)).unwrap_or(file);
        let is_ours = NOT_THE_PROGRAM.iter().any(|folder| shown.starts_with(folder));
        // The C library has the paths of the machine that it was built on.
        if shown.is_absolute() || shown.starts_with(".") || is_ours {
            return None;
        }
        // The hash at the end of a name is another in each build.
        let function = format!("{:#}", symbol.name()?);
        Some(Self { function, site: format!("{}:{}", shown.display(), symbol.lineno()?) })
    }
}

/// Where this program was built: paths of its own files begin so, unless they were made relative.
fn workspace() -> PathBuf {
    let harness = Path::new(env!("CARGO_MANIFEST_DIR"));
    harness.parent().unwrap_or(harness).to_owned()
}

impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.task)?;
        for Frame { function, site } in &self.frames {
            write!(f, "\n    {function}\n        at {site}")?;
        }
        Ok(())
    }
}
