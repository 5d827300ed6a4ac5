//! longhorn#7919: a send on an unbuffered channel while holding the lock that the receiver takes.
//!
//! Every ten seconds the instance manager looks at the mount points of its engines, under the lock of its process map, and sends an
//! update for each that changed. The loop that receives updates takes that lock for each one. If it has received another process's
//! update meanwhile, it waits for the lock, and nobody receives: thousands of calls then queued behind the lock. `pr397`
//! (longhorn-instance-manager#397) collects under the lock and sends after it. The same was mended for removals in 2019
//! (longhorn-instance-manager#41).

use bohrbug_sync::mpsc::{Receiver, SyncSender, sync_channel};
use bohrbug_sync::{Arc, Mutex, label};

use super::{HOLDS, SYSTEM, join, spawn, unknown};
use crate::scenario::{Expectation, FailureKind, Scenario};

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "send-under-lock",
    summary: "an instance manager checks its engines' mount points while a process reports an update",
    expectations: &[("reported", Expectation::Fails { kind: FailureKind::Deadlock, message: "" }), ("pr397", HOLDS)],
    run,
    ..Scenario::USUAL
};

struct Manager {
    /// By process, whether its mount point is all right.
    processes: Mutex<Vec<(&'static str, bool)>>,
    updates: SyncSender<&'static str>,
}

fn run(revision: &str) {
    let (updates, received) = sync_channel(0);
    let processes = Mutex::new(vec![("engine", true), ("replica", true)]);
    label(&processes, "process map");
    let manager = Arc::new(Manager { processes, updates: updates.clone() });
    let check = match revision {
        "reported" => check_holding_the_lock,
        "pr397" => check_and_send_later,
        other => unknown(other),
    };
    let checker = {
        let manager = manager.clone();
        spawn("checker", move || check(&manager))
    };
    let process = spawn("process", move || updates.send("replica").expect("the manager receives"));
    let told = hand_on(&manager, &received);
    join(checker);
    join(process);
    assert_eq!(told, ["engine", "replica"], "an update was lost");
}

/// The manager's loop: two updates, each looked up in the map.
fn hand_on(manager: &Manager, received: &Receiver<&'static str>) -> Vec<&'static str> {
    let mut told = Vec::new();
    for _ in 0..2 {
        let process = received.recv().expect("an update");
        let processes = manager.processes.lock().expect("the map");
        told.extend(processes.iter().map(|(name, _)| *name).filter(|name| *name == process));
    }
    told.sort_unstable();
    told
}

fn check_holding_the_lock(manager: &Manager) {
    let mut processes = manager.processes.lock().expect("the map");
    for (name, is_mounted) in processes.iter_mut().filter(|(name, _)| *name == "engine") {
        *is_mounted = false;
        manager.updates.send(name).expect("the manager receives");
    }
}

fn check_and_send_later(manager: &Manager) {
    let mut changed = Vec::new();
    for (name, is_mounted) in
        manager.processes.lock().expect("the map").iter_mut().filter(|(name, _)| *name == "engine")
    {
        *is_mounted = false;
        changed.push(*name);
    }
    changed.into_iter().for_each(|name| manager.updates.send(name).expect("the manager receives"));
}
