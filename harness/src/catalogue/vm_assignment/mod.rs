//! The scenarios of the VM assignment: one file each, one line in [`SCENARIOS`].

mod assign_vs_attach;
mod assign_vs_deploy_same_ip;
mod assign_vs_destroy;
mod assign_vs_disable;
mod assign_vs_recount;
mod assign_vs_rule;
mod assign_vs_start;
mod double_assign;
mod generated;
mod last_quota_slot;
mod network_failure;
mod new_network_invisible;
pub mod pairs;
mod reader_sees_all_or_nothing;
mod sibling_domains_shared_parent;
mod stage;
mod swallowed_rollback;
mod swap_owners;
mod two_assigns_need_a_network;
mod undo_fails;

use crate::scenario::Scenario;

/// Every scenario of this system.
pub const SCENARIOS: &[Scenario] = &[
    network_failure::SCENARIO,
    undo_fails::SCENARIO,
    swallowed_rollback::SCENARIO,
    double_assign::SCENARIO,
    assign_vs_start::SCENARIO,
    assign_vs_destroy::SCENARIO,
    last_quota_slot::SCENARIO,
    sibling_domains_shared_parent::SCENARIO,
    assign_vs_deploy_same_ip::SCENARIO,
    two_assigns_need_a_network::SCENARIO,
    assign_vs_rule::SCENARIO,
    assign_vs_attach::SCENARIO,
    assign_vs_disable::SCENARIO,
    swap_owners::SCENARIO,
    assign_vs_recount::SCENARIO,
    reader_sees_all_or_nothing::SCENARIO,
    new_network_invisible::SCENARIO,
    generated::SCENARIO,
    pairs::PAIRS,
    pairs::TRIPLES,
];
