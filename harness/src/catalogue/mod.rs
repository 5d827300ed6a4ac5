//! The scenarios, a folder a system.

pub mod generated;
pub mod replica_manager;
pub mod sctbench;
pub mod upstream;
pub mod vm_assignment;
pub mod vm_simulator;

use crate::scenario::{Scenario, Smallest};

/// The scenarios that there are, in the order in which they are shown.
///
/// Those of a *benchmark* measure the strategies and report no bug of a system. They are hunted where somebody names them
/// and not otherwise, they have no committed traces, and no matrix of revisions.
#[derive(Debug)]
pub struct Catalogue {
    scenarios: Vec<&'static Scenario>,
    benchmarks: Vec<&'static Scenario>,
}

/// Every scenario of every system: a new system is one line here.
pub fn everything() -> Catalogue {
    Catalogue::new(&[
        replica_manager::SCENARIOS,
        vm_simulator::SCENARIOS,
        vm_assignment::SCENARIOS,
        upstream::SCENARIOS,
    ])
    .with_benchmarks(&[sctbench::SCENARIOS])
}

/// The workloads that `dpor` cannot finish within a hunt, and why: the number of behaviours as it estimated them itself
/// after a minute in a release build on a machine with 2 cores, in November 2026.
pub const OUT_OF_REACH: &[OutOfReach] = &[
    (
        "replica-manager",
        "snapshot-ops-and-rebuilding",
        "two clients and the verify loop over the store: millions of behaviours",
    ),
    (
        "replica-manager",
        "pairs",
        "every operation beside every other: some hundred thousand behaviours, which `--long` explores",
    ),
    ("replica-manager", "triples", "three operations out of all: billions of behaviours"),
    ("replica-manager", "generated", "three tasks of random operations: ten millions of behaviours"),
    ("vm-simulator", "pairs", "any two of all calls: hundreds of thousands of behaviours"),
    ("vm-simulator", "triples", "any three of all calls: billions of behaviours"),
    ("vm-assignment", "triples", "any three of all calls: millions of behaviours"),
    (
        "vm-assignment",
        "generated",
        "random operations, each a transaction of many statements: about a million behaviours",
    ),
];

/// A system, one of its scenarios, and why it is not proved where it is expected to hold.
pub type OutOfReach = (&'static str, &'static str, &'static str);

/// The scenarios that have a size below the usual one.
pub const SMALLEST: &[Smallest] = &[vm_assignment::DOUBLE_ASSIGN_SMALLEST];

impl Catalogue {
    /// The scenarios of these lists, one list a system.
    pub fn new(systems: &[&'static [Scenario]]) -> Self {
        Self { scenarios: systems.iter().flat_map(|scenarios| scenarios.iter()).collect(), benchmarks: Vec::new() }
    }

    /// With these benchmarks, one list each.
    pub fn with_benchmarks(mut self, benchmarks: &[&'static [Scenario]]) -> Self {
        self.benchmarks.extend(benchmarks.iter().flat_map(|scenarios| scenarios.iter()));
        self
    }

    /// All but those of benchmarks.
    pub fn scenarios(&self) -> &[&'static Scenario] {
        &self.scenarios
    }

    /// Those of benchmarks.
    pub fn benchmarks(&self) -> &[&'static Scenario] {
        &self.benchmarks
    }

    /// Whether it is one of a benchmark.
    pub fn is_benchmark(&self, scenario: &Scenario) -> bool {
        self.benchmarks.iter().any(|known| known.system == scenario.system)
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &'static Scenario> {
        self.scenarios.iter().chain(&self.benchmarks).copied()
    }

    /// The scenario of that full name.
    pub fn find(&self, full_name: &str) -> Option<&'static Scenario> {
        self.all().find(|scenario| scenario.full_name() == full_name)
    }
}
