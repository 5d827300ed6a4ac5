//! What an exploration comes to, and how far it has come.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use bohrbug_sync::control::MemoryModel;
use bohrbug_trace::Trace;

use crate::basis::{Doubt, Exception};
use crate::failure::Failure;
use crate::strategy::Guarantee;

/// The verdict of an exploration.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// An execution failed.
    Failed(Box<Found>),
    /// Every behaviour of this workload ran, and none failed: a proof for the workload, except for
    /// [`Report::excepted`].
    Verified,
    /// A search that is not known to be complete ended without a failure.
    Exhausted,
    /// The budget ended without a failure, or a [doubt](Report::doubts) keeps the executions from being a proof.
    Passed,
}

/// A failure, and the execution that failed.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The failure.
    pub failure: Failure,
    /// The execution.
    pub trace: Trace,
}

impl Verdict {
    /// Whether an execution failed.
    pub const fn is_failed(&self) -> bool {
        matches!(self, Self::Failed(_))
    }

    /// The name in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Failed(_) => "failed",
            Self::Verified => "verified",
            Self::Exhausted => "exhausted",
            Self::Passed => "passed",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The outcome of an exploration.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// What it came to.
    pub verdict: Verdict,
    /// The strategy's name.
    pub strategy: String,
    /// What loads could read on native.
    pub memory: MemoryModel,
    /// How many executions ran.
    pub executions: u64,
    /// How many of them were truncated at the step bound, and so prove nothing.
    pub cut: u64,
    /// How many of them were redundant and given up. None should be.
    pub cut_off: u64,
    /// How many different [behaviours](crate::behaviour) the executions drawn at random have shown; `None` if none was
    /// drawn, or they were not counted. Exact up to half a million, then an estimate.
    pub behaviours: Option<u64>,
    /// The estimated probability that one more such execution would show a new behaviour.
    pub unseen: Option<f64>,
    /// The guarantee of the strategy's paper for a workload of this size.
    pub guarantee: Option<Guarantee>,
    /// The share of everything that an exhaustive search has explored, estimated while it has not come to its end.
    pub explored: Option<f64>,
    /// How long it took. Shown, never recorded.
    pub elapsed: Duration,
    /// What the proof of a *verified* program does not cover.
    pub excepted: BTreeSet<Exception>,
    /// What keeps the executions from being a proof, each once.
    pub doubts: BTreeSet<Doubt>,
    /// The tasks that still waited, for ever, when main had ended, in the first such execution. Tasks that could have
    /// gone on are not among them.
    pub left_waiting: Option<String>,
    /// What the program does that `dpor` does not cover, so that `dfs` replaced it.
    pub uncovered: Option<&'static str>,
    /// Whether nothing was left to explore.
    pub is_complete: bool,
    /// How many inputs of `Check::run_with` were explored; 0 without inputs.
    pub inputs: u32,
    /// The disabled monitors.
    pub off: Vec<String>,
}

impl Report {
    /// The failure, if an execution failed.
    pub fn failure(&self) -> Option<&Failure> {
        self.found().map(|found| &found.failure)
    }

    /// The execution that failed, if one did.
    pub fn trace(&self) -> Option<&Trace> {
        self.found().map(|found| &found.trace)
    }

    /// Both.
    pub const fn found(&self) -> Option<&Found> {
        match &self.verdict {
            Verdict::Failed(found) => Some(found),
            Verdict::Verified | Verdict::Exhausted | Verdict::Passed => None,
        }
    }

    /// Both, for whoever keeps them.
    pub fn into_found(self) -> Option<Found> {
        match self.verdict {
            Verdict::Failed(found) => Some(*found),
            Verdict::Verified | Verdict::Exhausted | Verdict::Passed => None,
        }
    }
}

/// How far an exploration has come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Progress {
    /// How many executions have run.
    pub executions: u64,
    /// As in [`Report::behaviours`].
    pub behaviours: Option<u64>,
    /// As in [`Report::unseen`].
    pub unseen: Option<f64>,
    /// As in [`Report::explored`].
    pub explored: Option<f64>,
}
