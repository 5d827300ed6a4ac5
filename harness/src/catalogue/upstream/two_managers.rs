//! CLOUDSTACK-10241 (cloudstack#2414): two management servers mount one secondary storage as two repositories.
//!
//! Each looks for a storage repository of that path on the hypervisor, finds none, and makes one with a fresh identity; the volumes
//! behind it then have two owners, and introducing the second repository fails. `pr1765` (cloudstack#1765) puts a lock around it, in
//! the server's own memory: two threads of one server are kept apart, two servers are not. `pr2414` derives the identity from the
//! path and lets the hypervisor refuse the second one.

use bohrbug_sync::{Arc, Mutex, label};

use super::{HOLDS, SYSTEM, join, panics, spawn, unknown};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "two-managers",
    summary: "two management servers mount one secondary storage on a hypervisor",
    expectations: &[
        ("reported", panics("two repositories")),
        ("pr1765", panics("two repositories")),
        ("pr2414", HOLDS),
    ],
    run,
    ..Scenario::USUAL
};

const PATH: &str = "/export/secondary";

struct Repository {
    path: &'static str,
    identity: String,
}

/// What a hypervisor knows; each access is one call to it.
type Hypervisor = Mutex<Vec<Repository>>;

fn run(revision: &str) {
    let mount = match revision {
        "reported" => mount_unseen,
        "pr1765" => mount_under_lock,
        "pr2414" => mount_by_path,
        other => unknown(other),
    };
    let hypervisor = Mutex::new(Vec::new());
    label(&hypervisor, "hypervisor");
    let hypervisor: Arc<Hypervisor> = Arc::new(hypervisor);
    let servers = ["server-1", "server-2"].map(|server| {
        let hypervisor = hypervisor.clone();
        spawn(server, move || {
            let own_lock = Mutex::new(());
            label(&own_lock, format_args!("lock of {server}"));
            mount(&hypervisor, server, &own_lock)
        })
    });
    let used = servers.map(join);
    let there = hypervisor.lock().expect("the hypervisor").len();
    assert_eq!(there, 1, "{PATH} is mounted as two repositories: {} and {}", used[0], used[1]);
    assert_eq!(used[0], used[1], "the servers use two repositories");
}

fn find(hypervisor: &Hypervisor) -> Option<String> {
    let known = hypervisor.lock().expect("the hypervisor");
    known.iter().find(|repository| repository.path == PATH).map(|repository| repository.identity.clone())
}

/// The hypervisor refuses an identity that it has.
fn introduce(hypervisor: &Hypervisor, identity: &str) -> Result<String, &'static str> {
    let mut known = hypervisor.lock().expect("the hypervisor");
    if known.iter().any(|repository| repository.identity == identity) {
        return Err("uniqueness constraint violation");
    }
    known.push(Repository { path: PATH, identity: identity.to_owned() });
    Ok(identity.to_owned())
}

fn mount_unseen(hypervisor: &Hypervisor, server: &str, _: &Mutex<()>) -> String {
    find(hypervisor).unwrap_or_else(|| {
        let fresh = format!("made-by-{server}");
        introduce(hypervisor, &fresh).expect("a fresh identity is unique")
    })
}

fn mount_under_lock(hypervisor: &Hypervisor, server: &str, own_lock: &Mutex<()>) -> String {
    let _held = own_lock.lock().expect("the server's own lock");
    mount_unseen(hypervisor, server, own_lock)
}

fn mount_by_path(hypervisor: &Hypervisor, _: &str, _: &Mutex<()>) -> String {
    let identity = format!("of-{PATH}");
    introduce(hypervisor, &identity)
        .unwrap_or_else(|_| find(hypervisor).expect("whoever has the identity has introduced it"))
}
