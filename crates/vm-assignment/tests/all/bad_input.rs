//! Bad requests and bad ledgers: a typed error, a message of readable length, and nothing changed.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use vm_assignment::ledger::{Ledger, LedgerError, SqliteLedger};
use vm_assignment::records as r;
use vm_assignment::world::{self, World};
use vm_assignment::{Cloud, Deploy, ErrorKind, Request, Revision};

use crate::ledgers;

/// The request is refused on both ledgers by every revision, in few words, and nothing changes but what the reported
/// revision's own bug changes (its committed half, its early write).
fn refused(world: &World, request: &Request) {
    for revision in Revision::ALL.iter().copied() {
        ledgers::on_both(&world.clone().finish(), |ledger| {
            let before = ledger.snapshot().unwrap();
            let error = Cloud::new(ledger, revision).assign(request).unwrap_err();
            assert!(error.to_string().len() < 2000, "{} bytes of message", error.to_string().len());
            let buggy = matches!(revision, Revision::Reported | Revision::VerifyAfter);
            let mut diff = before.diff(&ledger.snapshot().unwrap());
            // Compensation puts deleted rows back under new ids.
            diff.retain(|change| revision != Revision::Checkpoint || change.column.is_some());
            assert!(buggy || diff.is_empty(), "{revision}: {error}: {diff:?}");
        });
    }
}

fn to_b() -> Request {
    Request::new("root", "v1", "B", "D1")
}

#[test]
fn names_of_nothing_are_refused() {
    let world = world::standard();
    refused(&world, &Request { caller: "nobody".into(), ..to_b() });
    refused(&world, &Request { vm: "nothing".into(), ..to_b() });
    refused(&world, &Request { account: Some("nobody".into()), ..to_b() });
    refused(&world, &Request { domain: Some("nowhere".into()), ..to_b() });
    refused(&world, &Request { account: None, project: Some("none".into()), ..to_b() });
    refused(&world, &to_b().on(&["nothing"]));
    refused(&world, &Request { security_groups: Some(vec!["B.none".into()]), ..to_b() });
}

#[test]
fn names_of_other_domains_are_refused() {
    let world = world::standard();
    refused(&world, &Request::new("root", "v1", "C", "D1"));
    refused(&world, &Request::new("da2", "v1", "B", "D1"));
    refused(&world, &to_b().on(&["isoA"]));
}

#[test]
fn empty_names_and_names_of_ten_megabytes_are_refused() {
    let world = world::small();
    for name in [String::new(), "x".repeat(10 << 20), "ß".repeat(200)] {
        refused(&world, &Request { caller: name.clone(), ..to_b() });
        refused(&world, &Request { vm: name.clone(), ..to_b() });
        refused(&world, &Request { account: Some(name.clone()), ..to_b() });
        refused(&world, &Request { domain: Some(name.clone()), ..to_b() });
        refused(&world, &to_b().on(&[&name]));
    }
    refused(&world, &Request { networks: vec!["netB".into(); 10_000], ..to_b() });
}

#[test]
fn a_name_that_is_sql_is_a_name() {
    refused(&world::small(), &Request { vm: "v1'; drop table vm_instance; --".into(), ..to_b() });
}

#[test]
fn a_network_that_is_named_twice_is_used_once() {
    ledgers::on_both(&world::standard().finish(), |ledger| {
        let cloud = Cloud::new(ledger, Revision::Strict);
        cloud.assign(&to_b().on(&["netB", "netB"])).unwrap();
        let live = ledger.snapshot().unwrap().all::<r::Nic>();
        assert_eq!(live.iter().filter(|nic| nic.instance_id == 1 && !nic.removed).count(), 1);
        assert_eq!(cloud.audit().unwrap(), []);
    });
}

#[test]
fn limits_and_sizes_at_the_ends_of_their_range_are_counted_or_refused() {
    for max in [i64::MIN, i64::MIN + 1, -2, 0] {
        let mut world = world::standard();
        world.limit_account("B", r::Resource::UserVm, max);
        refused(&world, &to_b());
    }
    let mut world = world::standard();
    world.limit_account("B", r::Resource::PrimaryStorage, i64::MAX);
    world.limit_domain("D1", r::Resource::PrimaryStorage, i64::MAX);
    ledgers::on_both(&world.finish(), |ledger| Cloud::new(ledger, Revision::Strict).assign(&to_b()).unwrap());

    // Two volumes that no count can hold together: the sum is refused, not wrapped.
    let deploy = |size: i64, vm: &str| Deploy {
        account: "B".into(),
        domain: "D1".into(),
        vm: vm.into(),
        offering: "small".into(),
        network: "netB".into(),
        volume_size: size,
    };
    ledgers::on_both(&world::standard().finish(), |ledger| {
        let cloud = Cloud::new(ledger, Revision::Strict);
        assert_eq!(cloud.deploy(&deploy(-1, "x")).unwrap_err().kind, ErrorKind::InvalidParameter);
        let before = ledger.snapshot().unwrap();
        let error = cloud.deploy(&deploy(i64::MAX, "x")).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Ledger(LedgerError::Constraint { .. })), "{error}");
        assert_eq!(before.diff(&ledger.snapshot().unwrap()), []);
    });
}

#[test]
fn a_network_whose_range_makes_no_sense_gives_no_addresses() {
    for cidr in ["", "300.1.1.0/24", "10.1.1.0/33", "10.1.1.0/0", "::/64"] {
        let mut world = world::small();
        world.edit::<r::Network>("netB", |network| network.cidr = cidr.into());
        refused(&world, &to_b());
    }
}

#[test]
fn an_unknown_revision_is_named_with_the_known_ones() {
    let error = "stricter".parse::<Revision>().unwrap_err();
    assert!(error.message.contains("stricter") && error.message.contains("pr10875"), "{error}");
}

fn open(path: &Path) -> Result<SqliteLedger, LedgerError> {
    SqliteLedger::open_patiently(path, Duration::from_millis(50))
}

#[test]
fn files_that_are_no_ledgers_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.db");
    assert!(matches!(open(&missing), Err(LedgerError::NotALedger(_))));
    assert!(!missing.exists(), "opening makes no file");
    assert!(matches!(open(folder.path()), Err(LedgerError::NotALedger(_))));

    let text = folder.path().join("text.db");
    std::fs::write(&text, "dear diary, ".repeat(1000)).unwrap();
    assert!(matches!(open(&text), Err(LedgerError::NotALedger(_))));
    assert_eq!(std::fs::read_to_string(&text).unwrap(), "dear diary, ".repeat(1000));

    let other = folder.path().join("other.db");
    rusqlite::Connection::open(&other).unwrap().execute_batch("create table diary (day text)").unwrap();
    assert!(matches!(open(&other), Err(LedgerError::NotALedger(_))));

    let exists = SqliteLedger::create(&other, &world::small().finish());
    assert!(matches!(exists, Err(LedgerError::Storage(_))), "creating does not overwrite");
}

#[test]
fn a_ledger_of_a_newer_schema_is_refused() {
    let (folder, ledger) = ledgers::sqlite(&world::small().finish());
    drop(ledger);
    let path = folder.path().join("ledger.db");
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = open(&path).unwrap_err();
    assert!(matches!(error, LedgerError::NewerSchema { found: 99, .. }), "{error}");
    assert!(error.to_string().contains("newer program"), "{error}");
}

#[test]
fn a_ledger_that_another_process_has_locked_is_reported_as_such() {
    let (folder, ledger) = ledgers::sqlite(&world::small().finish());
    drop(ledger);
    let path = folder.path().join("ledger.db");
    let patient = open(&path).unwrap();
    let other = rusqlite::Connection::open(&path).unwrap();
    other.execute_batch("begin immediate").unwrap();
    let error = Cloud::new(&patient, Revision::Strict).assign(&to_b()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Ledger(LedgerError::Busy), "{error}");
    assert!(error.message.contains("another process"), "{error}");
    other.execute_batch("rollback").unwrap();
    Cloud::new(&patient, Revision::Strict).assign(&to_b()).unwrap();
}

const READ_ONLY: &str = "VM_ASSIGNMENT_READ_ONLY";

/// Not a test of its own: the process that may not write. Without its environment it does nothing.
#[test]
fn child_that_may_not_write() {
    let Ok(path) = std::env::var(READ_ONLY) else { return };
    let error = open(Path::new(&path)).unwrap_err();
    assert!(matches!(error, LedgerError::ReadOnly(_)), "{error}");
    assert!(error.to_string().contains("may not be written"), "{error}");
    println!("refused as it should be");
}

/// Root may write whatever the file's mode says, so another user's process tries.
#[test]
fn a_ledger_that_may_not_be_written_is_refused_and_left_alone() {
    let (folder, ledger) = ledgers::sqlite(&world::small().finish());
    let before = ledger.snapshot().unwrap();
    drop(ledger);
    let path = folder.path().join("ledger.db");
    let set_mode = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    set_mode(&path, 0o444);
    set_mode(folder.path(), 0o755);
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "bad_input::child_that_may_not_write", "--nocapture"]).env(READ_ONLY, &path);
    let is_root = std::fs::OpenOptions::new().append(true).open(&path).is_ok();
    if is_root {
        child.uid(65534).gid(65534);
    }
    match child.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && said.contains("refused as it should be"), "{output:?}");
        }
        // This binary is where nobody else may start it.
        Err(error) => assert!(is_root && error.kind() == std::io::ErrorKind::PermissionDenied, "{error}"),
    }
    set_mode(&path, 0o644);
    assert_eq!(before.diff(&open(&path).unwrap().snapshot().unwrap()), []);
}
