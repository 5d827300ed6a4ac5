//! The scenarios, a folder a system.

pub mod replica_manager;
pub mod vm_assignment;
pub mod vm_simulator;

use crate::scenario::{Scenario, Smallest};

/// The scenarios that there are, in the order in which they are shown.
#[derive(Debug)]
pub struct Catalogue {
    scenarios: Vec<&'static Scenario>,
}

/// Every scenario of every system: a new system is one line here.
pub fn everything() -> Catalogue {
    Catalogue::new(&[replica_manager::SCENARIOS, vm_simulator::SCENARIOS, vm_assignment::SCENARIOS])
}

/// The scenarios that have a size below the usual one.
pub const SMALLEST: &[Smallest] = &[vm_assignment::DOUBLE_ASSIGN_SMALLEST];

impl Catalogue {
    /// The scenarios of these lists, one list a system.
    pub fn new(systems: &[&'static [Scenario]]) -> Self {
        Self { scenarios: systems.iter().flat_map(|scenarios| scenarios.iter()).collect() }
    }

    /// All of them.
    pub fn scenarios(&self) -> &[&'static Scenario] {
        &self.scenarios
    }

    /// The scenario of that full name.
    pub fn find(&self, full_name: &str) -> Option<&'static Scenario> {
        self.scenarios.iter().copied().find(|scenario| scenario.full_name() == full_name)
    }
}
