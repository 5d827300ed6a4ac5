//! What a scenario is: a workload on a system, and what is expected of each of the system's revisions.

/// A workload and its expectations.
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
}

/// What is expected of a revision under a scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expectation {
    /// Some interleaving fails.
    Fails {
        /// The failure's kind: `panic` or `deadlock`.
        kind: &'static str,
        /// A word that its message must contain.
        message: &'static str,
    },
    /// Every interleaving holds.
    Holds,
}
