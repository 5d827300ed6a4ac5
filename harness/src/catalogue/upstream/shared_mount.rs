//! cloudstack#8899: two copies to one secondary storage, and the first one that is done unmounts it.
//!
//! The agent mounts a secondary storage for a copy and unmounts it afterwards. A second copy that comes meanwhile finds it mounted and
//! uses it; when the first one unmounts, the second writes into the empty directory below: the template is on the agent's own disk, and
//! found missing much later. `pr9498` (cloudstack#9498) counts who uses a mount.

use std::collections::BTreeMap;

use bohrbug_sync::{Arc, Mutex, label};

use super::{HOLDS, SYSTEM, join, panics, spawn, unknown};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "shared-mount",
    summary: "an agent copies two templates to one secondary storage",
    expectations: &[("reported", panics("on the agent's own disk")), ("pr9498", HOLDS)],
    run,
    ..Scenario::USUAL
};

const STORAGE: &str = "nfs://secondary";

#[derive(Default)]
struct Agent {
    /// Mounted storages, and how many use each.
    mounts: BTreeMap<&'static str, u32>,
    /// Where each template went: whether the storage was mounted then.
    written: BTreeMap<&'static str, bool>,
}

fn run(revision: &str) {
    let counts = match revision {
        "reported" => false,
        "pr9498" => true,
        other => unknown(other),
    };
    let agent = Mutex::new(Agent::default());
    label(&agent, "agent");
    let agent = Arc::new(agent);
    let copies = ["debian", "alpine"].map(|template| {
        let agent = agent.clone();
        spawn(template, move || copy(&agent, template, counts))
    });
    copies.into_iter().for_each(join);
    let agent = agent.lock().expect("the agent");
    for (template, on_storage) in &agent.written {
        assert!(on_storage, "the template {template} is on the agent's own disk, not on the storage");
    }
    assert!(agent.mounts.is_empty(), "the storage is still mounted");
}

/// Three steps, each a call of the agent's.
fn copy(agent: &Mutex<Agent>, template: &'static str, counts: bool) {
    *agent.lock().expect("the agent").mounts.entry(STORAGE).or_default() += 1;
    {
        let mut agent = agent.lock().expect("the agent");
        let is_mounted = agent.mounts.contains_key(STORAGE);
        agent.written.insert(template, is_mounted);
    }
    unmount(&mut agent.lock().expect("the agent"), counts);
}

fn unmount(agent: &mut Agent, counts: bool) {
    let Some(users) = agent.mounts.get_mut(STORAGE) else { return };
    *users -= 1;
    if *users == 0 || !counts {
        agent.mounts.remove(STORAGE);
    }
}
