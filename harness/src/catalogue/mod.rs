//! The scenarios, a folder a system.

pub mod generated;
pub mod replica_manager;
pub mod sctbench;
pub mod upstream;
pub mod vm_assignment;
pub mod vm_simulator;

use crate::complete::expects_every_revision;
use crate::scenario::Scenario;

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

expects_every_revision!(replica_manager::SCENARIOS, ::replica_manager::Revision);
expects_every_revision!(vm_simulator::SCENARIOS, ::vm_simulator::Revision);
expects_every_revision!(vm_assignment::SCENARIOS, ::vm_assignment::Revision);

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
