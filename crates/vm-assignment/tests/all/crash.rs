//! The process is killed at every fault point of an assignment, for every revision; the ledger is opened again.
//!
//! The child is this test binary itself, started for one test ([`child`]) with the ledger, the revision and the number
//! of the point in its environment; it kills itself with SIGKILL when it gets there.

use std::path::Path;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicUsize, Ordering};

use vm_assignment::audit::{self, Finding};
use vm_assignment::ledger::{Ledger, SqliteLedger, Table, Tables};
use vm_assignment::records as r;
use vm_assignment::world::{self, World};
use vm_assignment::{Cloud, Request, Revision};

const LEDGER: &str = "VM_ASSIGNMENT_LEDGER";
const REVISION: &str = "VM_ASSIGNMENT_REVISION";
const POINT: &str = "VM_ASSIGNMENT_POINT";

/// Not a test of its own: the process that is killed. Without its environment it does nothing.
#[test]
fn child() {
    let Ok(path) = std::env::var(LEDGER) else { return };
    let revision: Revision = std::env::var(REVISION).unwrap().parse().unwrap();
    let deadly: usize = std::env::var(POINT).unwrap().parse().unwrap();
    let reached = AtomicUsize::new(0);
    let faults = |_: &'static str| {
        if reached.fetch_add(1, Ordering::SeqCst) == deadly {
            kill_myself();
        }
        false
    };
    let ledger = SqliteLedger::open(path).unwrap();
    Cloud::new(&ledger, revision).with_faults(&faults).assign(&request()).unwrap();
}

fn kill_myself() {
    Command::new("kill").args(["-KILL", &std::process::id().to_string()]).status().unwrap();
    loop {
        std::thread::park();
    }
}

fn request() -> Request {
    Request::new("root", "v1", "B", "D1")
}

/// Kills an assignment at the given point. `None`: it has fewer points, and ended.
fn killed_at(path: &Path, revision: Revision, point: usize) -> Option<Tables> {
    let status: ExitStatus = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--test-threads=1", "-q"])
        .env(LEDGER, path)
        .env(REVISION, revision.name())
        .env(POINT, point.to_string())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    let after = SqliteLedger::open(path).unwrap().snapshot().unwrap();
    if status.code().is_some() {
        return None;
    }
    Some(after)
}

#[derive(Debug, Default)]
struct Tally {
    kills: usize,
    nothing: usize,
    all: usize,
    half_done: Vec<Vec<Finding>>,
}

/// Kills at every point there is, each time in a fresh copy of the world.
fn kill_everywhere(world: &World, revision: Revision) -> Tally {
    let before = world.clone().finish();
    let mut tally = Tally::default();
    for point in 0.. {
        let folder = crate::ledgers::folder();
        let path = folder.path().join("ledger.db");
        drop(SqliteLedger::create(&path, &before).unwrap());
        let Some(after) = killed_at(&path, revision, point) else { break };
        tally.kills += 1;
        let findings = audit::of_everything(&after).unwrap();
        let changes = before.diff(&after);
        let sequences_only = changes.iter().all(|change| change.table == Table::NetworkSequence);
        if !findings.is_empty() {
            tally.half_done.push(findings);
        } else if sequences_only {
            tally.nothing += 1;
        } else {
            tally.all += 1;
        }
    }
    tally
}

fn without_a_network() -> World {
    let mut world = world::standard();
    world.without_network("netB");
    world.edit::<r::NetworkOffering>("isolated", |offering| offering.persistent = true);
    world
}

fn mentions(tally: &Tally, text: &str) -> bool {
    tally.half_done.iter().flatten().any(|finding| finding.to_string().contains(text))
}

#[test]
fn strict_shows_all_or_nothing_wherever_the_process_is_killed() {
    for world in [world::standard(), without_a_network()] {
        let tally = kill_everywhere(&world, Revision::Strict);
        assert_eq!(tally.half_done, [] as [Vec<Finding>; 0]);
        assert!(tally.kills >= 12 && tally.nothing == tally.kills, "{tally:?}");
    }
}

#[test]
fn the_reported_revision_is_found_half_done_in_the_reports_words() {
    let tally = kill_everywhere(&world::standard(), Revision::Reported);
    assert!(mentions(&tally, "ownership and network no longer agree"), "{tally:?}");
    assert!(mentions(&tally, "has lost its network cards"), "{tally:?}");
}

/// Every revision, with and without a network of the new owner's; more than two hundred kills in all.
#[test]
fn each_revision_leaves_what_its_boundaries_allow() {
    let mut kills = 0;
    for revision in Revision::ALL.iter().copied() {
        for (owns_network, world) in [(true, world::standard()), (false, without_a_network())] {
            // Its process does not die for lack of points there: the network it makes cannot be used.
            if revision == Revision::Pr7061 && !owns_network {
                continue;
            }
            let tally = kill_everywhere(&world, revision);
            kills += tally.kills;
            let context = format!("{revision}, network {owns_network}: {tally:?}");
            match revision {
                Revision::Reported | Revision::Checkpoint | Revision::VerifyAfter => {
                    assert!(mentions(&tally, "I2 ") || mentions(&tally, "I3 "), "{context}");
                }
                Revision::Pr10875 if !owns_network => assert!(mentions(&tally, "I10 "), "{context}"),
                Revision::Reservations => assert!(mentions(&tally, "I8 "), "{context}"),
                _ => assert!(tally.half_done.is_empty(), "{context}"),
            }
        }
    }
    assert!(kills >= 200, "only {kills} kills");
}

#[test]
fn what_a_crashed_server_had_reserved_is_let_go_when_one_starts() {
    let before = world::standard().finish();
    let mut left = 0;
    for point in 0.. {
        let folder = crate::ledgers::folder();
        let path = folder.path().join("ledger.db");
        drop(SqliteLedger::create(&path, &before).unwrap());
        let Some(after) = killed_at(&path, Revision::Reservations, point) else { break };
        let reserved = |tables: &Tables| tables.all::<r::Reservation>().len();
        let ledger = SqliteLedger::open(&path).unwrap();
        let let_go = Cloud::new(&ledger, Revision::Reservations).start_server().unwrap();
        assert_eq!(let_go, reserved(&after), "point {point}");
        assert_eq!(reserved(&ledger.snapshot().unwrap()), 0, "point {point}");
        left += let_go;
    }
    assert!(left > 0, "some of these crashes leave reservations behind");
}
