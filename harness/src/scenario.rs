//! What a scenario is: a workload on a system, and what is expected of each of the system's revisions.

use std::fmt;

pub use bohrbug::FailureKind;
use bohrbug::{Failure, Program, monitor};

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
    /// The same at a smaller size, for a search that reduces little, as loom's does.
    pub smallest: Option<fn(revision: &str)>,
    /// Why `dpor` cannot finish the workload within a hunt, if it cannot: how many behaviours it estimated itself.
    pub out_of_reach: Option<&'static str>,
    /// The revision whose failure its page shows; without one the first that fails.
    pub shown: Option<&'static str>,
    /// Whether a long hunt cannot finish it either, so that it looks for failures and not for a proof.
    pub never_proved: bool,
    /// Why nothing is expected of some revisions, if so: no other
    /// scenario compiles without one of its system's.
    pub leaves_out: Option<&'static str>,
}

/// What is expected of a revision under a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// Some interleaving fails.
    Fails {
        /// The kind of the failure.
        kind: FailureKind,
        /// A word that its message must contain.
        message: &'static str,
    },
    /// Every interleaving holds.
    Holds,
}

impl Expectation {
    /// That some interleaving panics with that word in its message.
    pub const fn panics(message: &'static str) -> Self {
        Self::Fails { kind: FailureKind::Panic, message }
    }
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
            Scale::Smallest if self.smallest.is_some() => Scale::Smallest,
            _ => Scale::Small,
        }
    }

    /// What is explored. All scenarios are handed over here: a trace's main task begins and ends at this place.
    pub fn program(&self, revision: &'static str, scale: Scale) -> Program {
        let run = match scale {
            Scale::Full => self.full.unwrap_or(self.run),
            Scale::Smallest => self.smallest.unwrap_or(self.run),
            Scale::Small => self.run,
        };
        Program::new(move || run(revision))
    }
}

impl Scenario {
    /// What most scenarios have in common: one size, within reach, with every revision.
    pub const USUAL: Self = Self {
        system: "",
        name: "",
        summary: "",
        expectations: &[],
        run: |_| (),
        full: None,
        smallest: None,
        out_of_reach: None,
        shown: None,
        never_proved: false,
        leaves_out: None,
    };
}

/// Which hunt can prove that a scenario holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// Any.
    WithinReach,
    /// A long one.
    Long,
    /// None.
    Never,
}

impl Scenario {
    /// Which hunt can finish it.
    pub fn proof(&self) -> Proof {
        match self.out_of_reach {
            _ if self.never_proved => Proof::Never,
            Some(_) => Proof::Long,
            None => Proof::WithinReach,
        }
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
        let others = monitor::ALL.iter().filter(|monitor| monitor.kind.predicts() && monitor.kind != kind);
        others.map(|monitor| monitor.name().to_owned()).collect()
    }

    /// Whether this is the failure that is expected. A lost wake-up is a deadlock whose reason is known.
    pub fn is_met_by(self, failure: &Failure) -> bool {
        match self {
            Self::Fails { kind, message } => {
                let is_kind =
                    failure.kind == kind || (kind, failure.kind) == (FailureKind::Deadlock, FailureKind::LostWakeup);
                is_kind && failure.message.contains(message)
            }
            Self::Holds => false,
        }
    }
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fails { kind, message: "" } => write!(f, "fails with {}", kind.with_article()),
            Self::Fails { kind, message } => write!(f, "fails with {} saying \"{message}\"", kind.with_article()),
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

    /// The one of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Smallest, Self::Small, Self::Full].into_iter().find(|scale| scale.name() == name)
    }
}
