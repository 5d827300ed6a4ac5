//! longhorn#5709: an expansion is sent to the replica of another volume.
//!
//! An instance manager crashes and comes back; replicas are started again, each on whatever port is free. The engine's controller
//! still has the old address, where another volume's replica listens by now: it is expanded, and the volume that was meant is not.
//! Keeping the two controllers from racing (longhorn-manager#1868, #1887) makes it rarer; `pr902` (longhorn-engine#902, longhorn#5845)
//! puts the volume's name into each request, and whoever is not meant refuses.

use bohrbug_sync::{Arc, Mutex, label};

use super::{HOLDS, SYSTEM, join, panics, spawn, unknown};
use crate::scenario::Scenario;

pub(super) const SCENARIO: Scenario = Scenario {
    system: SYSTEM,
    name: "wrong-replica",
    summary: "an engine expands its replica while the replicas are started again",
    expectations: &[("reported", panics("another volume's")), ("pr902", HOLDS)],
    run,
    ..Scenario::USUAL
};

const FIRST_PORT: usize = 10_000;
const LARGER: u64 = 20;

/// A replica's process.
#[derive(Clone)]
struct Process {
    volume: &'static str,
    size: u64,
}

/// By port, counted from the first.
type Ports = Mutex<Vec<Option<Process>>>;

fn run(revision: &str) {
    let process = |volume| Some(Process { volume, size: 10 });
    let ports = Mutex::new(vec![process("one"), process("two")]);
    label(&ports, "ports");
    let ports: Arc<Ports> = Arc::new(ports);
    let asks_who_is_there = match revision {
        "reported" => false,
        "pr902" => true,
        other => unknown(other),
    };
    let restarter = {
        let ports = ports.clone();
        spawn("instance manager", move || start_again(&ports, ["two", "one"]))
    };
    let address = port_of(&ports, "one");
    if let Some(port) = address {
        // Refused or not: the controller looks the address up again next time.
        let _ = expand(&ports, port, asks_who_is_there.then_some("one"));
    }
    join(restarter);
    let expanded =
        ports.lock().expect("the ports").iter().flatten().any(|found| found.volume != "one" && found.size == LARGER);
    assert!(!expanded, "the expansion of volume one went to another volume's replica");
}

/// All replicas stop, and start in that order on the first ports that are free.
fn start_again(ports: &Ports, order: [&'static str; 2]) {
    let stopped = std::mem::replace(&mut *ports.lock().expect("the ports"), vec![None, None]);
    for volume in order {
        let mut ports = ports.lock().expect("the ports");
        let process = stopped.iter().flatten().find(|process| process.volume == volume).cloned();
        if let Some(free) = ports.iter_mut().find(|port| port.is_none()) {
            *free = process;
        }
    }
}

fn port_of(ports: &Ports, volume: &str) -> Option<usize> {
    let ports = ports.lock().expect("the ports");
    let at = ports.iter().position(|process| process.as_ref().is_some_and(|process| process.volume == volume));
    at.map(|at| FIRST_PORT + at)
}

/// A request to whoever listens there; it refuses if it is told for whom it is and is not that.
fn expand(ports: &Ports, port: usize, meant: Option<&str>) -> Result<(), &'static str> {
    let mut ports = ports.lock().expect("the ports");
    let process = ports.get_mut(port - FIRST_PORT).and_then(Option::as_mut).ok_or("nobody listens")?;
    if meant.is_some_and(|volume| volume != process.volume) {
        return Err("not meant");
    }
    process.size = LARGER;
    Ok(())
}
