//! longhorn#581 (longhorn-engine#286): two snapshot purges at once.
//!
//! A purge asks the replica which snapshots are marked as removed, and for each of them first coalesces it into its child and then
//! replaces it, each step a request of its own. Two purges have the same list; the second one's replacement does not find its source.
//! `pr402` (longhorn-engine#402) runs the purge in the replica's sync agent, which refuses a second one while one is running. A lock
//! in the engine (#369) had been tried and taken back (#376).

use bohrbug_sync::{Arc, Mutex, label};

use super::{HOLDS, SYSTEM, join, panics, spawn, unknown};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "two-purges",
    summary: "two clients purge the snapshots of a volume",
    expectations: &[("reported", panics("cannot find the source")), ("pr402", HOLDS)],
    run,
    ..Scenario::USUAL
};

/// One replica and its sync agent.
struct Replica {
    /// Snapshots from the oldest to the head, and whether each is marked as removed.
    chain: Mutex<Vec<(&'static str, bool)>>,
    is_purging: Mutex<bool>,
}

#[derive(Debug, PartialEq, Eq)]
enum Refusal {
    Running,
    NoSource(&'static str),
}

fn run(revision: &str) {
    let chain = Mutex::new(vec![("one", true), ("two", false), ("head", false)]);
    let is_purging = Mutex::new(false);
    label(&chain, "chain");
    label(&is_purging, "purge status");
    let replica = Arc::new(Replica { chain, is_purging });
    let purge = match revision {
        "reported" => purge,
        "pr402" => purge_once,
        other => unknown(other),
    };
    let clients = ["client", "scheduler"].map(|name| {
        let replica = replica.clone();
        spawn(name, move || purge(&replica))
    });
    for answer in clients.map(join) {
        if let Err(Refusal::NoSource(snapshot)) = answer {
            panic!("a purge failed: cannot find the source of replacing {snapshot}");
        }
    }
    let left: Vec<&str> = replica.chain.lock().expect("the chain").iter().map(|(name, _)| *name).collect();
    assert_eq!(left, ["two", "head"], "the removed snapshot is still there");
}

fn purge(replica: &Replica) -> Result<(), Refusal> {
    let removed: Vec<&str> = {
        let chain = replica.chain.lock().expect("the chain");
        chain.iter().filter(|(_, removed)| *removed).map(|(name, _)| *name).collect()
    };
    removed.into_iter().try_for_each(|snapshot| replace(replica, snapshot))
}

/// The second step: the child takes the place of the snapshot, which has been coalesced into it.
fn replace(replica: &Replica, snapshot: &'static str) -> Result<(), Refusal> {
    let mut chain = replica.chain.lock().expect("the chain");
    let at = chain.iter().position(|(name, _)| *name == snapshot).ok_or(Refusal::NoSource(snapshot))?;
    chain.remove(at);
    Ok(())
}

fn purge_once(replica: &Replica) -> Result<(), Refusal> {
    if std::mem::replace(&mut *replica.is_purging.lock().expect("the status"), true) {
        return Err(Refusal::Running);
    }
    let outcome = purge(replica);
    *replica.is_purging.lock().expect("the status") = false;
    outcome
}
