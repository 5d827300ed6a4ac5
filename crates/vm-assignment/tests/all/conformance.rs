//! What every ledger promises, checked on each of them by the same code.

use vm_assignment::ledger::{Connection, Db, Ledger, LedgerError, Record, Tables, by, within};
use vm_assignment::records::{CleanupTask, Network, NetworkSequence, SecurityGroup, SecurityGroupMember, Vm};
use vm_assignment::world;

use crate::ledgers;

fn on_both(body: impl Fn(&dyn Ledger)) {
    ledgers::on_both(&world::standard().finish(), body);
}

fn db(ledger: &dyn Ledger) -> Db<'_> {
    Db::new(ledger.connect().unwrap())
}

fn task(what: &str, resource_id: i64) -> CleanupTask {
    CleanupTask { id: 0, what: what.into(), resource_id }
}

fn tasks(contents: &Tables) -> Vec<(String, i64)> {
    contents.all::<CleanupTask>().into_iter().map(|row| (row.what, row.resource_id)).collect()
}

#[test]
fn a_ledger_holds_what_it_was_made_with() {
    let contents = world::standard().finish();
    let [memory, sqlite] = ledgers::on_both(&contents, |ledger| ledger.snapshot().unwrap());
    assert_eq!(memory.diff(&contents), []);
    assert_eq!(sqlite.diff(&contents), []);
}

#[test]
fn a_statement_outside_a_transaction_commits_by_itself() {
    on_both(|ledger| {
        let mut db = db(ledger);
        let id = db.insert(&task("a", 1)).unwrap();
        assert_eq!(tasks(&ledger.snapshot().unwrap()), [("a".into(), 1)]);
        assert_eq!(db.set::<CleanupTask>(&by("id", id), &[("what", "b".into())]).unwrap(), 1);
        assert_eq!(db.add::<CleanupTask>(&by("what", "b"), "resource_id", 4).unwrap(), 1);
        assert_eq!(tasks(&ledger.snapshot().unwrap()), [("b".into(), 5)]);
        assert_eq!(db.delete::<CleanupTask>(&by("id", id)).unwrap(), 1);
        assert_eq!(tasks(&ledger.snapshot().unwrap()), []);
    });
}

#[test]
fn a_transaction_sees_its_own_writes_and_others_do_not_before_the_commit() {
    on_both(|ledger| {
        let (mut mine, mut other) = (db(ledger), db(ledger));
        mine.connection().begin().unwrap();
        let id = mine.insert(&task("a", 1)).unwrap();
        mine.set::<Vm>(&by("name", "v1"), &[("update_count", 7.into())]).unwrap();
        assert_eq!(mine.find::<CleanupTask>(&by("what", "a")).unwrap().len(), 1);
        assert_eq!(mine.first::<Vm>(&by("name", "v1")).unwrap().unwrap().update_count, 7);
        assert_eq!(other.get::<CleanupTask>(id).unwrap(), None);
        assert_eq!(other.first::<Vm>(&by("name", "v1")).unwrap().unwrap().update_count, 0);
        assert!(mine.connection().commit().unwrap());
        assert_eq!(other.get::<CleanupTask>(id).unwrap().unwrap().what, "a");
        assert_eq!(other.first::<Vm>(&by("name", "v1")).unwrap().unwrap().update_count, 7);
    });
}

#[test]
fn a_rollback_undoes_inserts_updates_sums_and_deletes() {
    on_both(|ledger| {
        let before = ledger.snapshot().unwrap();
        let mut db = db(ledger);
        db.connection().begin().unwrap();
        db.insert(&task("a", 1)).unwrap();
        db.set::<Vm>(&by("name", "v1"), &[("hypervisor", "Xen".into())]).unwrap();
        db.add::<Vm>(&within("name", ["v1", "v2"]), "update_count", 1).unwrap();
        db.delete::<NetworkSequence>(&by("network_id", 1)).unwrap();
        db.connection().rollback();
        assert_eq!(before.diff(&ledger.snapshot().unwrap()), []);
    });
}

#[test]
fn a_connection_that_is_dropped_rolls_back() {
    on_both(|ledger| {
        let mut mine = db(ledger);
        mine.connection().begin().unwrap();
        mine.insert(&task("a", 1)).unwrap();
        drop(mine);
        assert_eq!(tasks(&ledger.snapshot().unwrap()), []);
        db(ledger).insert(&task("b", 1)).unwrap();
    });
}

#[test]
fn an_inner_transaction_joins_the_outer_one() {
    on_both(|ledger| {
        let mut db = db(ledger);
        db.connection().begin().unwrap();
        db.connection().begin().unwrap();
        db.insert(&task("inner", 1)).unwrap();
        assert!(db.connection().commit().unwrap());
        assert_eq!(tasks(&ledger.snapshot().unwrap()), [], "the outer one has not committed");
        assert!(db.connection().in_transaction());
        assert!(db.connection().commit().unwrap());
        assert_eq!(tasks(&ledger.snapshot().unwrap()).len(), 1);
    });
}

#[test]
fn an_inner_rollback_ends_the_outer_transaction_and_what_follows_commits_by_itself() {
    on_both(|ledger| {
        let mut db = db(ledger);
        db.connection().begin().unwrap();
        db.insert(&task("lost", 1)).unwrap();
        db.connection().begin().unwrap();
        db.connection().rollback();
        db.insert(&task("kept", 2)).unwrap();
        assert_eq!(tasks(&ledger.snapshot().unwrap()), [("kept".into(), 2)]);
        assert!(!db.connection().commit().unwrap(), "there is nothing left to commit");
    });
}

#[test]
fn uniqueness_holds_at_each_statement_and_a_refused_statement_changes_nothing() {
    on_both(|ledger| {
        let mut db = db(ledger);
        let group = SecurityGroup { id: 0, name: "default".into(), account_id: 6 };
        db.insert(&group).unwrap();
        let before = ledger.snapshot().unwrap();
        assert!(matches!(db.insert(&group), Err(LedgerError::Constraint { .. })));
        assert!(matches!(
            db.set::<Vm>(&by("name", "v2"), &[("name", "v1".into())]),
            Err(LedgerError::Constraint { .. })
        ));
        assert_eq!(before.diff(&ledger.snapshot().unwrap()), []);
        db.connection().begin().unwrap();
        assert!(db.insert(&group).is_err());
        db.insert(&SecurityGroup { name: "web".into(), ..group.clone() }).unwrap();
        assert!(db.connection().commit().unwrap(), "a refused statement does not end the transaction");
        assert_eq!(ledger.snapshot().unwrap().all::<SecurityGroup>().len(), 2);
    });
}

#[test]
fn nulls_are_not_equal_to_each_other() {
    on_both(|ledger| {
        let claims: Vec<_> = ledger.snapshot().unwrap().all::<vm_assignment::records::Nic>();
        assert!(claims.len() > 1 && claims.iter().all(|nic| nic.claim.is_none()));
    });
}

#[test]
fn references_hold_at_each_commit() {
    on_both(|ledger| {
        let before = ledger.snapshot().unwrap();
        let mut db = db(ledger);
        let nowhere = SecurityGroupMember { id: 0, security_group_id: 99, instance_id: 1 };
        assert!(matches!(db.insert(&nowhere), Err(LedgerError::Constraint { .. })));
        db.connection().begin().unwrap();
        db.insert(&nowhere).unwrap();
        assert!(matches!(db.connection().commit(), Err(LedgerError::Constraint { .. })));
        assert!(!db.connection().in_transaction(), "a commit that fails ends the transaction");
        assert!(matches!(db.delete::<Network>(&by("name", "isoA")), Err(LedgerError::Constraint { .. })));
        assert_eq!(before.diff(&ledger.snapshot().unwrap()), []);
    });
}

#[test]
fn a_sum_out_of_range_is_refused() {
    on_both(|ledger| {
        let mut db = db(ledger);
        let id = db.insert(&task("a", i64::MAX)).unwrap();
        let before = ledger.snapshot().unwrap();
        assert!(matches!(db.add::<CleanupTask>(&by("id", id), "resource_id", 1), Err(LedgerError::Constraint { .. })));
        assert_eq!(before.diff(&ledger.snapshot().unwrap()), []);
    });
}

#[test]
fn the_catalogue_is_not_written_by_statements() {
    on_both(|ledger| {
        let mut db = db(ledger);
        let zone = ledger.snapshot().unwrap().all::<vm_assignment::records::Zone>().remove(0);
        assert!(matches!(db.insert(&zone), Err(LedgerError::ReadOnlyTable { .. })));
        assert!(db.set::<vm_assignment::records::Zone>(&by("id", 1), &[("name", "x".into())]).is_err());
        assert!(db.delete::<vm_assignment::records::Zone>(&by("id", 1)).is_err());
    });
}

#[test]
fn a_sequence_is_drawn_from_rows_that_a_second_connection_sees() {
    on_both(|ledger| {
        let mut db = db(ledger);
        assert_eq!(db.draw::<NetworkSequence>(1, "mac_address_seq").unwrap(), Some(1));
        assert_eq!(db.draw::<NetworkSequence>(1, "mac_address_seq").unwrap(), Some(2));
        db.connection().begin().unwrap();
        db.connection().lock(NetworkSequence::TABLE, &by("id", 2)).unwrap();
        let network = ledger.snapshot().unwrap().named::<Network>("isoA").unwrap();
        let network_id = db.insert(&Network { name: "new".into(), ..network }).unwrap();
        let row = NetworkSequence { id: 0, network_id, mac_address_seq: 0 };
        let id = db.insert(&row).unwrap();
        assert_eq!(db.draw::<NetworkSequence>(id, "mac_address_seq").unwrap(), None, "not committed yet");
        db.connection().commit().unwrap();
        assert_eq!(db.draw::<NetworkSequence>(id, "mac_address_seq").unwrap(), Some(1));
    });
}

#[test]
fn a_checkpoint_takes_back_every_kind_of_write() {
    on_both(|ledger| {
        let mut db = db(ledger);
        db.insert(&task("stays", 1)).unwrap();
        let kept = db.insert(&task("changed", 1)).unwrap();
        let gone = db.insert(&task("deleted", 1)).unwrap();
        let before = tasks(&ledger.snapshot().unwrap());
        db.checkpoint();
        db.insert(&task("new", 2)).unwrap();
        db.set::<CleanupTask>(&by("id", kept), &[("what", "other".into())]).unwrap();
        db.add::<CleanupTask>(&by("id", kept), "resource_id", 5).unwrap();
        db.delete::<CleanupTask>(&by("id", gone)).unwrap();
        assert_ne!(tasks(&ledger.snapshot().unwrap()), before);
        db.undo_to_checkpoint().unwrap();
        assert_eq!(tasks(&ledger.snapshot().unwrap()), before);
    });
}

/// Two threads add to one number a hundred times each: whoever wants the row waits for it.
#[test]
fn a_locked_row_is_waited_for_and_no_update_is_lost() {
    on_both(|ledger| {
        let id = db(ledger).insert(&task("sum", 0)).unwrap();
        let read_and_write = || {
            let mut db = db(ledger);
            for _ in 0..100 {
                db.connection().begin().unwrap();
                let row = db.lock::<CleanupTask>(&by("id", id)).unwrap().remove(0);
                let sum = row.resource_id + 1;
                db.set::<CleanupTask>(&by("id", id), &[("resource_id", sum.into())]).unwrap();
                db.connection().commit().unwrap();
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(read_and_write);
            scope.spawn(read_and_write);
        });
        assert_eq!(tasks(&ledger.snapshot().unwrap()), [("sum".into(), 200)]);
    });
}

#[test]
fn a_named_lock_keeps_others_out_until_it_is_given_back() {
    on_both(|ledger| {
        let inside = std::sync::atomic::AtomicUsize::new(0);
        let enter = || {
            let mut db = db(ledger);
            for _ in 0..50 {
                db.connection().lock_name("gate").unwrap();
                assert_eq!(inside.fetch_add(1, std::sync::atomic::Ordering::SeqCst), 0);
                std::thread::yield_now();
                inside.fetch_sub(1, std::sync::atomic::Ordering::SeqCst);
                db.connection().unlock_name("gate");
            }
        };
        std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(enter))));
    });
}

/// Memory only: SQLite has one writer, so that no two transactions can hold what the other wants.
#[test]
fn the_one_who_closes_a_cycle_of_waits_is_rolled_back() {
    let contents = world::standard().finish();
    let ledger = vm_assignment::ledger::MemoryLedger::new(contents);
    let step = std::sync::Barrier::new(2);
    let work = |first: &'static str, second: &'static str| {
        let mut db = db(&ledger);
        db.connection().begin().unwrap();
        db.add::<Vm>(&by("name", first), "update_count", 1).unwrap();
        step.wait();
        let outcome = db.add::<Vm>(&by("name", second), "update_count", 1);
        if outcome.is_ok() {
            db.connection().commit().unwrap();
        } else {
            assert!(!db.connection().in_transaction());
        }
        outcome
    };
    let outcomes = std::thread::scope(|scope| {
        let one = scope.spawn(|| work("v1", "v2"));
        let two = scope.spawn(|| work("v2", "v1"));
        [one.join().unwrap(), two.join().unwrap()]
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().any(|outcome| matches!(outcome, Err(LedgerError::Deadlock { .. }))), "{outcomes:?}");
    let sum: i64 = ledger.snapshot().unwrap().all::<Vm>().iter().map(|vm| vm.update_count).sum();
    assert_eq!(sum, 2, "the victim's write is gone, the other's two are there");
}

#[test]
fn connections_are_objects() {
    fn takes(connection: &mut dyn Connection) -> bool {
        connection.in_transaction()
    }
    on_both(|ledger| assert!(!takes(&mut *ledger.connect().unwrap())));
}
