//! What a scenario is: a workload on a system, and what is expected of each of the system's revisions.

use std::fmt;

use bohrbug::{Failure, Program, monitor};

use crate::catalogue::{OUT_OF_REACH, OutOfReach, SMALLEST};

/// A workload and its expectations.
#[derive(Debug)]
pub struct Scenario {
    /// The system that it runs on.
    pub system: &'static str,
    /// Its name within the system.
    pub name: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// Each revision, and what is expected of it.
    pub expectations: &'static [(&'static str, Expectation)],
    /// Runs the workload once on the named revision; panics when an oracle is violated.
    pub run: fn(revision: &str),
    /// The same at its full size, where a model checker's size is not it.
    pub full: Option<fn(revision: &str)>,
}

/// The workload of a scenario below its usual size: system, name, workload.
pub type Smallest = (&'static str, &'static str, fn(revision: &str));

/// What is expected of a revision under a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// Some interleaving fails.
    Fails {
        /// The failure's kind: `panic`, `deadlock`, `data-race` or another monitor's name.
        kind: &'static str,
        /// A word that its message must contain.
        message: &'static str,
    },
    /// Every interleaving holds.
    Holds,
}

/// How large a workload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Scale {
    /// For a search without much reduction, loom's for one, where the scenario has that.
    Smallest,
    /// A model checker's size.
    #[default]
    Small,
    /// As large as upstream's own, where the scenario has that.
    Full,
}

impl Scenario {
    /// `system/name`, as traces and the command line have it.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.system, self.name)
    }

    /// The revision of that name, with what is expected of it.
    pub fn revision(&self, name: &str) -> Option<(&'static str, Expectation)> {
        self.expectations.iter().copied().find(|(revision, _)| *revision == name)
    }

    /// The scale that asking for this one comes to.
    pub fn scale(&self, asked: Scale) -> Scale {
        match asked {
            Scale::Full if self.full.is_some() => Scale::Full,
            Scale::Smallest if self.smallest().is_some() => Scale::Smallest,
            _ => Scale::Small,
        }
    }

    /// Why the workload is too large for a proof, if it is.
    pub fn out_of_reach(&self) -> Option<&'static str> {
        let is_this = |(system, name, _): &&OutOfReach| *system == self.system && *name == self.name;
        OUT_OF_REACH.iter().find(is_this).map(|(.., why)| *why)
    }

    /// The workload at its smallest size, where a model checker's usual one is not that.
    fn smallest(&self) -> Option<fn(&str)> {
        let is_this = |(system, name, _): &&Smallest| *system == self.system && *name == self.name;
        SMALLEST.iter().find(is_this).map(|(.., run)| *run)
    }

    /// What is explored.
    ///
    /// All scenarios are handed over here, so that a trace's main task begins and ends at this place.
    pub fn program(&self, revision: &'static str, scale: Scale) -> Program {
        let run = match scale {
            Scale::Full => self.full.unwrap_or(self.run),
            Scale::Smallest => self.smallest().unwrap_or(self.run),
            Scale::Small => self.run,
        };
        Program::new(move || run(revision))
    }
}

impl Expectation {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fails { .. } => "fails",
            Self::Holds => "holds",
        }
    }

    /// The monitors that a search for it does without: those that predict, and would end executions before the failure
    /// that is expected. A revision that is expected to hold has all of them.
    pub fn monitors_off(self) -> Vec<String> {
        let Self::Fails { kind, .. } = self else { return Vec::new() };
        let others = monitor::ALL.iter().filter(|monitor| monitor.predicts() && monitor.name != kind);
        others.map(|monitor| monitor.name.to_owned()).collect()
    }

    /// Whether this is the failure that is expected. A lost wake-up is a deadlock whose reason is known.
    pub fn is_met_by(self, failure: &Failure) -> bool {
        match self {
            Self::Fails { kind, message } => {
                let is_kind = failure.kind == kind || (kind, failure.kind) == ("deadlock", "lost-wakeup");
                is_kind && failure.message.contains(message)
            }
            Self::Holds => false,
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails { kind, message: "" } => write!(f, "fails with a {kind}"),
            Self::Fails { kind, message } => write!(f, "fails with a {kind} that says \"{message}\""),
            Self::Holds => f.write_str("holds"),
        }
    }
}

impl Scale {
    /// The name on the command line and in traces.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Smallest => "smallest",
            Self::Small => "small",
            Self::Full => "full",
        }
    }
}
