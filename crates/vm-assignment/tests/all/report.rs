//! What the report says beyond the failure itself: between which domains, what the new owner meets afterwards, and that a
//! backup helps.

use vm_assignment::audit;
use vm_assignment::ledger::{Ledger, MemoryLedger, SqliteLedger, Tables};
use vm_assignment::log::{Log, State, VM_MOVE};
use vm_assignment::records::{self as r, AccountKind};
use vm_assignment::world::{self, World};
use vm_assignment::{Cloud, Deploy, ErrorKind, Request, Revision};

/// A machine `web` of account `R` in `ROOT`, on the network `isoR`.
fn world() -> World {
    let mut world = world::standard();
    world.account("R", AccountKind::User, "ROOT");
    world.account("R2", AccountKind::User, "ROOT");
    world.isolated("isoR", "R", "10.2.1.0/24");
    world.machine("web", "R", None);
    world.card("web", "isoR", "10.2.1.2");
    world
}

fn owner(contents: &Tables) -> String {
    let vm: r::Vm = contents.named("web").unwrap();
    contents.get::<r::Account>(vm.account_id).unwrap().name
}

/// The administrator names the network that the machine is on, which the new owner may not use.
fn request(account: &str, domain: &str) -> Request {
    Request::new("root", "web", account, domain).on(&["isoR"])
}

#[test]
fn from_root_to_root_or_below_a_failed_assignment_moves_the_machine_as_reported_and_not_in_strict() {
    for (account, domain) in [("R2", "ROOT"), ("B", "D1"), ("S1acct", "D1/S1")] {
        for (revision, expected) in [(Revision::Reported, account), (Revision::Strict, "R")] {
            let ledger = MemoryLedger::new(world().finish());
            let error = Cloud::new(&ledger, revision).assign(&request(account, domain)).unwrap_err();
            assert_eq!(error.kind, ErrorKind::PermissionDenied, "{account} on {revision}: {error}");
            let after = ledger.snapshot().unwrap();
            assert_eq!(owner(&after), expected, "{account} on {revision}");
            let findings = audit::of_machine(&after, "web").unwrap();
            assert_eq!(findings.is_empty(), revision == Revision::Strict, "{account} on {revision}: {findings:?}");
        }
    }
}

#[test]
fn after_a_half_done_move_the_new_owner_can_do_nothing_on_the_machines_network_and_the_move_cannot_be_repeated() {
    let ledger = MemoryLedger::new(world().finish());
    let cloud = Cloud::new(&ledger, Revision::Reported);
    cloud.assign(&request("B", "D1")).unwrap_err();
    assert_eq!(owner(&ledger.snapshot().unwrap()), "B");
    let beside = Deploy {
        account: "B".into(),
        domain: "D1".into(),
        vm: "beside".into(),
        offering: "small".into(),
        network: "isoR".into(),
        volume_size: 0,
    };
    assert_eq!(cloud.deploy(&beside).unwrap_err().kind, ErrorKind::PermissionDenied);
    assert_eq!(cloud.assign(&request("B", "D1")).unwrap_err().stage, "9-same");
}

#[test]
fn who_watches_the_log_finds_the_half_done_move_by_its_event_and_the_audit() {
    let ledger = MemoryLedger::new(world().finish());
    let (cloud, log) = (Cloud::new(&ledger, Revision::Reported), Log::default());
    log.assign(&cloud, &request("B", "D1")).unwrap_err();
    log.assign(&cloud, &Request::new("root", "v1", "B", "D1")).unwrap();
    let entries = log.entries();
    let lines: Vec<_> = entries.iter().map(|entry| (entry.event, entry.vm.as_str(), entry.state)).collect();
    let expected = [("web", State::Started), ("web", State::Failed), ("v1", State::Started), ("v1", State::Completed)];
    assert_eq!(lines, expected.map(|(vm, state)| (VM_MOVE, vm, state)));
    let after = ledger.snapshot().unwrap();
    let failed = entries.iter().filter(|entry| entry.state == State::Failed);
    let half_done: Vec<&str> =
        failed.map(|entry| entry.vm.as_str()).filter(|vm| !audit::of_machine(&after, vm).unwrap().is_empty()).collect();
    assert_eq!(half_done, ["web"]);
}

#[test]
fn a_ledger_that_was_backed_up_first_is_as_before_once_it_is_restored() {
    let folder = crate::ledgers::folder();
    let (path, backup) = (folder.path().join("ledger.db"), folder.path().join("backup.db"));
    let ledger = SqliteLedger::create(&path, &world().finish()).unwrap();
    let before = ledger.snapshot().unwrap();
    drop(ledger);
    std::fs::copy(&path, &backup).unwrap();
    let ledger = SqliteLedger::open(&path).unwrap();
    Cloud::new(&ledger, Revision::Reported).assign(&request("B", "D1")).unwrap_err();
    let half_done = ledger.snapshot().unwrap();
    drop(ledger);
    assert!(!audit::of_everything(&half_done).unwrap().is_empty(), "the audit finds the half-done operation");
    for beside in ["ledger.db-wal", "ledger.db-shm"] {
        let _ = std::fs::remove_file(folder.path().join(beside));
    }
    std::fs::copy(&backup, &path).unwrap();
    let restored = SqliteLedger::open(&path).unwrap();
    assert_eq!(restored.snapshot().unwrap(), before);
}
