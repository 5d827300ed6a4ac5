//! Scenarios of the replica manager: creation against the verify loop, and what stands around it.

mod backing_image_vs_verify;
mod create_vs_delete;
mod create_vs_verify;
mod delete_create_vs_verify;
mod duplicate_create;
mod engine_add_vs_verify;
mod engine_mode;
mod generated;
mod oracle;
mod rebuild_vs_verify;
mod shallow_copy_vs_verify;
pub mod snapshot_ops_and_rebuilding;
mod stage;
mod traffic_vs_verify;

use crate::scenario::{Expectation, FailureKind, Scenario};

/// The system's name in the catalogue.
pub const SYSTEM: &str = "replica-manager";

/// Every scenario of this system.
pub const SCENARIOS: &[Scenario] = &[
    create_vs_verify::SCENARIO,
    delete_create_vs_verify::SCENARIO,
    duplicate_create::SCENARIO,
    create_vs_delete::SCENARIO,
    engine_add_vs_verify::SCENARIO,
    shallow_copy_vs_verify::SCENARIO,
    rebuild_vs_verify::SCENARIO,
    backing_image_vs_verify::SCENARIO,
    engine_mode::SCENARIO,
    traffic_vs_verify::SCENARIO,
    snapshot_ops_and_rebuilding::SCENARIO,
    generated::SCENARIO,
];

const HOLDS: Expectation = Expectation::Holds;
const DEADLOCKS: Expectation = Expectation::Fails { kind: FailureKind::Deadlock, message: "" };

const fn fails(message: &'static str) -> Expectation {
    Expectation::Fails { kind: FailureKind::Panic, message }
}
