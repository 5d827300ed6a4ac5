//! The virtual machine simulator: reconfiguring while properties are collected, and what was found beside it.
//!
//! The revisions `reported`, `device-lock`, `copy-on-write` and `transaction` are the reports, each before its fix, and
//! the three solutions that the main report proposes; `shared-defaults`, `root-lock`, `own-defaults` and `upstream` are
//! what upstream had and did; `strict` is what is meant.

mod clone_aliases_source;
mod collect_then_subscribe;
mod common;
mod destroy_filter_vs_wait;
mod encode_after_unlock;
mod failed_reconfigure;
mod generated;
mod nested_locks;
pub mod pairs;
mod parallel_create;
mod publish_before_init;
mod reconfigure_vs_collect;
mod reconfigure_vs_collect_other;
mod reconfigure_vs_collect_race;
mod reconfigure_vs_reconfigure;
mod reconfigure_vs_watch;
mod relocate_vs_relocate;
mod watch_vs_modify_view;

use crate::scenario::Scenario;

/// The scenarios of this system.
pub const SCENARIOS: &[Scenario] = &[
    reconfigure_vs_collect::SCENARIO,
    reconfigure_vs_collect_race::SCENARIO,
    reconfigure_vs_collect_other::SCENARIO,
    reconfigure_vs_reconfigure::SCENARIO,
    reconfigure_vs_watch::SCENARIO,
    watch_vs_modify_view::SCENARIO,
    encode_after_unlock::SCENARIO,
    relocate_vs_relocate::SCENARIO,
    collect_then_subscribe::SCENARIO,
    publish_before_init::SCENARIO,
    clone_aliases_source::SCENARIO,
    parallel_create::SCENARIO,
    destroy_filter_vs_wait::SCENARIO,
    failed_reconfigure::SCENARIO,
    nested_locks::SCENARIO,
    generated::SCENARIO,
    pairs::FAILING_STEPS,
    pairs::PAIRS,
    pairs::TRIPLES,
];
