//! As `reconfigure-vs-collect`, and what is expected is the data race itself, not what comes of it.
//!
//! The report (vmware/govmomi#3697) is of a race: the list is written while it is read, whether or not the reader gets to
//! see a torn one.

use super::common::SYSTEM;
use super::reconfigure_vs_collect::run;
use crate::scenario::{Expectation, FailureKind, Scenario};

const RACY: Expectation = Expectation::Fails { kind: FailureKind::DataRace, message: "device list" };

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "reconfigure-vs-collect-race",
    summary: "the same, and nothing orders the collector's reads and the change's writes",
    expectations: &[
        ("reported", RACY),
        ("device-lock", Expectation::Holds),
        ("copy-on-write", Expectation::Holds),
        ("transaction", Expectation::Holds),
        ("shared-defaults", Expectation::Holds),
        ("root-lock", Expectation::Holds),
        ("own-defaults", Expectation::Holds),
        ("upstream", Expectation::Holds),
        ("strict", Expectation::Holds),
    ],
    run,
    ..Scenario::USUAL
};
