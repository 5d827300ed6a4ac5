//! Replaying a trace: the same failure again, or the reason why not.
//!
//! First every step has to be the recorded one (`exact`). Where one is not, the program may have been edited: then the
//! recorded events are matched with those of the program as it is now, and the recorded order of what conflicts is kept
//! (`matched`). Where that does not do it, either, the essence of the failure is kept and nothing else (`essence`).

mod around;
mod exact;
mod looking;
mod matched;
mod same;
mod terms;

use std::fmt;

use bohrbug_sync::control::Runtime;
use bohrbug_trace::{Difference, FailureKind, Trace, TraceEvent};

use crate::failure::Failure;
use crate::runtime::Program;
use crate::unknown::{FeatureOff, UnknownStrategy};

pub use around::{Neighbourhood, replay_around};
pub use exact::replay_exactly;
pub use looking::{Look, replay_looking};

/// The verdict of a replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The recorded failure: at the recorded step, or, after an edit, where the matched events lead to it.
    Reproduced,
    /// Every recorded step was done, or every recorded order was kept, and nothing failed to the end.
    DidNotFail,
    /// As before, and something else failed.
    FailedDifferently(Failure),
    /// A step was not the recorded one, or did not come in the recorded order. What was left of that was kept as far as it
    /// went.
    Diverged {
        /// The first such step of the recording.
        at: Box<Difference>,
        /// What failed further on, if anything did.
        failure: Option<Failure>,
    },
}

impl Verdict {
    /// The name in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Reproduced => "reproduced",
            Self::DidNotFail => "did not fail",
            Self::FailedDifferently(_) => "failed differently",
            Self::Diverged { .. } => "diverged",
        }
    }

    /// What failed, unless it is the recorded failure itself.
    pub const fn other_failure(&self) -> Option<&Failure> {
        match self {
            Self::FailedDifferently(failure) | Self::Diverged { failure: Some(failure), .. } => Some(failure),
            _ => None,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reproduced | Self::DidNotFail => f.write_str(self.name()),
            Self::FailedDifferently(failure) => write!(f, "failed differently: {failure}"),
            Self::Diverged { at, failure: None } => write!(f, "diverged at {at}; nothing failed after that"),
            Self::Diverged { at, failure: Some(failure) } => write!(f, "diverged at {at}; then it failed: {failure}"),
        }
    }
}

/// How a recorded schedule was imposed on the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Step by step.
    Exact,
    /// By matching recorded events with today's program, in the recorded order of those that conflict.
    Matched,
    /// By the orders without which it does not fail.
    Essence,
}

impl Mode {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Matched => "matched",
            Self::Essence => "essence",
        }
    }
}

/// A replay.
#[derive(Clone, Debug)]
pub struct Replay {
    /// What came of it.
    pub verdict: Verdict,
    /// How the recorded schedule was imposed on the program.
    pub mode: Mode,
    /// What happened.
    pub events: Vec<TraceEvent>,
    /// Whether every event was the recorded one exactly, with its line, value and outcome.
    pub identical: bool,
}

/// A trace that cannot be replayed at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It needs a stale read.
    #[error(
        "the trace has a stale read at step {step}, which only loom's memory model has; replay it on loom (`--on loom`)"
    )]
    NeedsWeakMemory {
        /// The first such step.
        step: usize,
    },
    /// It needs a stale read that only one of our memory models has.
    #[error("the trace has a stale read at step {step}, found under the memory model {memory}; replay it on native")]
    NeedsOwnMemory {
        /// The first such step.
        step: usize,
        /// The model's name.
        memory: &'static str,
    },
    /// A schedule cannot be dictated to loom.
    #[error(
        "loom takes no schedule, so only what its own search found can be found there again; this trace was found by \
         `{strategy}`: replay it on native or shuttle"
    )]
    NotLooms {
        /// What found it.
        strategy: String,
    },
    /// It would end this process.
    #[error(
        "{} ends the process, so it is replayed in a child process, on native, and this program has not said how a \
         child comes to its workload; a test's check does, or use Program::started_again_by",
        with_article(kind)
    )]
    EndsProcess {
        /// The kind of the failure.
        kind: &'static str,
    },
    /// Another process did not run it.
    #[error("{reason}")]
    NoProcess {
        /// Why not.
        reason: String,
    },
    /// The strategy that found it is unknown.
    #[error(transparent)]
    UnknownStrategy(#[from] UnknownStrategy),
    /// This build does not have that runtime.
    #[error(transparent)]
    FeatureOff(#[from] FeatureOff),
}

/// Replays a trace on that runtime: exactly if possible, otherwise as far as edits of the program allow.
///
/// If no mode reproduces the failure, the answer is the most informative one: another failure, no failure although
/// every recorded order was kept, or where the program diverged.
///
/// loom takes no schedule, so a replay there is exact or none.
///
/// # Errors
///
/// If the trace cannot be replayed on that runtime at all; see [`ReplayError`].
pub fn replay(trace: &Trace, program: &Program, on: Runtime) -> Result<Replay, ReplayError> {
    let exact = replay_exactly(trace, program, on)?;
    let may_be_edited = match &exact.verdict {
        Verdict::Diverged { at, .. } => !ends_early(trace, at),
        _ => false,
    };
    // A process for each guess would take too long.
    if on == Runtime::Loom || !may_be_edited || trace.ends_process() {
        Ok(exact)
    } else {
        Ok(matched::replay(trace, program, on, exact))
    }
}

fn with_article(kind: &str) -> String {
    FailureKind::from_name(kind).map_or_else(|| kind.to_owned(), FailureKind::with_article)
}

/// Whether the recording ends, and a task goes on that had no part in its failure: there is more to tell than an edit.
fn ends_early(trace: &Trace, at: &Difference) -> bool {
    let failed = trace.header.failure.as_ref().and_then(|failure| failure.task.as_ref());
    let goes_on = at.found.as_ref().map(|found| &found.task);
    let of_several = trace.header.failure.as_ref().is_some_and(|failure| failure.kind == FailureKind::Deadlock);
    at.expected.is_none() && goes_on.is_some() && goes_on != failed && !of_several
}
