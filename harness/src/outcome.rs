//! What hunting in a pair came to, and whether that was expected.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use bohrbug::report::Kept;
use bohrbug::trace::Trace;
use bohrbug::{Doubt, Exception, Failure, FailureKind, Report, Verdict};
use serde_json::{Value, json};

use crate::exit::Exit;
use crate::scenario::Expectation;
use crate::select::Pair;
use crate::store::Replayed;

/// What hunting in a pair came to.
#[derive(Debug)]
pub struct Outcome {
    /// The scenario, the revision, and what is expected.
    pub pair: Pair,
    /// The strategy that found the failure, or all that were followed without one.
    pub strategy: String,
    /// The seed of random numbers.
    pub seed: u64,
    /// What it came to.
    pub verdict: Verdict,
    /// What the proof does not cover, of what is verified.
    pub excepted: BTreeSet<Exception>,
    /// What was seen that keeps executions which did not fail from being a proof.
    pub doubts: BTreeSet<Doubt>,
    /// The executions of `strategy`.
    pub executions: u64,
    /// The time that these took.
    pub elapsed: Duration,
    /// How many behaviours executions drawn at random have shown, and the probability that one more would show a new one;
    /// those of the last strategy that draws.
    pub seen: Option<(u64, f64)>,
    /// How many executions an exhaustive search that did not come to its end would have needed, by its own estimate.
    pub estimate: Option<f64>,
    /// What was found.
    pub find: Option<Find>,
    /// Why there is no verdict: a bug of ours.
    pub fault: Option<String>,
}

/// A failure that was found.
#[derive(Debug)]
pub struct Find {
    /// The failure.
    pub failure: Failure,
    /// The failing execution.
    pub trace: Trace,
    /// What came of replaying it once.
    pub replayed: Replayed,
    /// Where the trace is.
    pub kept: Kept,
}

/// Whether an outcome was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// It was.
    AsExpected,
    /// Something failed that should have held, or failed in another way.
    UnexpectedFailure,
    /// The failure that is expected was not found.
    NotFound,
    /// The failure that is expected was found, and its trace does not reproduce it.
    NotReproduced,
    /// The runtime of the strategy could not follow the program.
    BeyondTheRuntime,
    /// A bug of ours.
    Fault,
}

impl Outcome {
    /// Nothing explored as yet.
    pub const fn new(pair: Pair, seed: u64) -> Self {
        Self {
            pair,
            strategy: String::new(),
            seed,
            verdict: Verdict::Passed,
            excepted: BTreeSet::new(),
            doubts: BTreeSet::new(),
            executions: 0,
            elapsed: Duration::ZERO,
            seen: None,
            estimate: None,
            find: None,
            fault: None,
        }
    }

    /// Adds what one strategy came to.
    pub fn add(&mut self, report: &Report) {
        if !self.strategy.split('+').any(|strategy| strategy == report.strategy) {
            if !self.strategy.is_empty() {
                self.strategy.push('+');
            }
            self.strategy += &report.strategy;
        }
        self.verdict = report.verdict.clone();
        self.excepted.clone_from(&report.excepted);
        self.doubts.extend(report.doubts.iter().cloned());
        self.executions += report.executions;
        self.elapsed += report.elapsed;
        self.seen = report.behaviours.zip(report.unseen).or(self.seen);
        let all = |explored: f64| (report.executions as f64 / explored).round();
        self.estimate = report.explored.filter(|_| report.failure().is_none()).map(all).or(self.estimate);
    }

    /// Names the strategy that found the failure alone, so that the numbers are those of following it again.
    pub fn only(&mut self, strategy: &str, executions: u64, elapsed: Duration) {
        self.strategy = strategy.to_owned();
        self.executions = executions;
        self.elapsed = elapsed;
    }

    /// Whether it was expected.
    pub fn judgement(&self) -> Judgement {
        if self.fault.is_some() {
            return Judgement::Fault;
        }
        match (&self.find, self.pair.expected) {
            (None, Expectation::Holds) => Judgement::AsExpected,
            (None, Expectation::Fails { .. }) => Judgement::NotFound,
            (Some(find), _) if find.failure.kind == FailureKind::Runtime => Judgement::BeyondTheRuntime,
            (Some(find), expected) if !expected.is_met_by(&find.failure) => Judgement::UnexpectedFailure,
            (Some(find), _) if !find.replayed.is_reproduced() => Judgement::NotReproduced,
            (Some(_), _) => Judgement::AsExpected,
        }
    }

    /// As an object of the program's JSON output.
    pub fn json(&self) -> Value {
        let failure = self.find.as_ref().map(|find| {
            let failure = &find.failure;
            json!({
                "kind": failure.kind,
                "fingerprint": failure.fingerprint(),
                "message": failure.message,
                "task": failure.task,
                "site": failure.site,
            })
        });
        let mut object = json!({
            "scenario": self.pair.scenario.full_name(),
            "revision": self.pair.revision,
            "strategy": self.strategy,
            "expected": self.pair.expected.name(),
            "verdict": self.verdict.name(),
            "excepted": self.excepted.iter().map(|exception| exception.name()).collect::<Vec<_>>(),
            "doubts": self.doubts.iter().map(Doubt::to_string).collect::<Vec<_>>(),
            "as_expected": self.judgement() == Judgement::AsExpected,
            "executions": self.executions,
            "behaviours": self.seen.map(|(behaviours, _)| behaviours),
            "unseen": self.seen.map(|(_, unseen)| unseen),
            "estimate": self.estimate,
            "seconds": self.elapsed.as_secs_f64(),
            "seed": self.seed,
            "failure": failure,
            "replay": self.find.as_ref().map(|find| find.replayed.to_string()),
            "trace": self.find.as_ref().and_then(Find::path),
        });
        if let Some(fault) = &self.fault {
            object["verdict"] = Value::Null;
            object["fault"] = json!(fault);
        }
        object
    }
}

impl Find {
    /// The file that has the trace.
    pub fn path(&self) -> Option<String> {
        match &self.kept {
            Kept::Saved(saved) => Some(saved.path().display().to_string()),
            Kept::Lost(_) | Kept::Unwanted(_) => None,
        }
    }
}

impl Judgement {
    /// What the program ends with for it.
    pub const fn exit(&self) -> Exit {
        match self {
            Self::AsExpected => Exit::AsAsked,
            Self::UnexpectedFailure => Exit::BugFound,
            Self::NotFound | Self::BeyondTheRuntime => Exit::NoVerdict,
            Self::NotReproduced => Exit::Diverged,
            Self::Fault => Exit::OurFault,
        }
    }
}

impl fmt::Display for Judgement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AsExpected => "as expected",
            Self::UnexpectedFailure => "NOT EXPECTED",
            Self::NotFound => "NOT FOUND",
            Self::NotReproduced => "NOT REPRODUCED",
            Self::BeyondTheRuntime => "NO VERDICT",
            Self::Fault => "BUG IN BOHRBUG",
        })
    }
}
